// Shows the text as readers will see it, beside the writing, a moment after the last key.

import { postJson } from "../lib/http.js";

const PAUSE = 600;
const WIDE = window.matchMedia("(width >= 62rem)");

export function connect(form) {
  new Preview(form).start();
}

class Preview {
  #form;
  #pane;
  #text;
  #body;
  #timer = null;
  #request = null;
  #shown = null;

  constructor(form) {
    this.#form = form;
    this.#body = form.elements.body;
    this.#pane = form.querySelector("[data-preview]");
    this.#text = this.#pane.querySelector(".prose");
  }

  start() {
    this.#showPane("write");
    this.#body.addEventListener("input", () => this.#soon());
    this.#body.addEventListener("scroll", () => this.#follow(), { passive: true });
    this.#form.addEventListener("submit", (event) => this.#asked(event));
    this.#form.querySelector("[data-write]").addEventListener("click", () => {
      this.#showPane("write");
      this.#body.focus();
    });
    WIDE.addEventListener("change", () => this.#refresh());
    if (WIDE.matches) this.#refresh();
  }

  #soon(pause = PAUSE) {
    if (!WIDE.matches) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), pause);
  }

  async #asked(event) {
    if (!event.submitter?.hasAttribute("data-preview-button")) return;
    event.preventDefault();
    this.#showPane("preview");
    await this.#refresh();
    this.#pane.focus();
  }

  #showPane(name) {
    this.#form.dataset.pane = name;
  }

  async #refresh() {
    const body = this.#body.value;
    if (body === this.#shown) return;
    this.#request?.abort();
    this.#request = new AbortController();
    const { draft } = this.#form.elements;
    const address = this.#form.dataset.preview ?? "/preview"; // which knows how this text is to be read
    const answer = await postJson(address, { body, draft: draft?.value }, { signal: this.#request.signal });
    if (answer.cancelled) return;
    if (answer.retryAfter) this.#soon(answer.retryAfter * 1000);
    if (!answer.ok) return this.#explain(answer.data.message);
    this.#shown = body;
    const position = this.#text.scrollTop;
    this.#text.innerHTML = answer.data.html; // made by core.markup, which lets nothing through that runs
    this.#text.scrollTop = position;
    this.#pane.dataset.state = "";
  }

  #explain(message) {
    this.#pane.dataset.state = "failed";
    this.#pane.querySelector("[data-preview-problem]").textContent = `No preview: ${message}`;
  }

  // The preview follows the writing, by share of the length.
  #follow() {
    const { scrollTop, scrollHeight, clientHeight } = this.#body;
    const share = scrollTop / Math.max(1, scrollHeight - clientHeight);
    this.#text.scrollTop = share * (this.#text.scrollHeight - this.#text.clientHeight);
  }
}
