// Deciding by keyboard: each control says its key in data-key. Nothing is decided by one press: Approve is focused
// first, and a reason comes before the other two. While somebody types, the keys only type.

import { postJson } from "../lib/http.js";
import { clockTime } from "./time.js";

const FIELDS = "input, textarea, select, [contenteditable]";

export function connect(page) {
  new Triage(page).start();
}

class Triage {
  #page;
  #form;
  #intended = null; // the button that Ctrl+Enter presses

  constructor(page) {
    this.#page = page;
    this.#form = page.querySelector("form#triage");
  }

  start() {
    document.addEventListener("keydown", (event) => this.#pressed(event));
    this.#button("?").addEventListener("click", () => this.#help());
    const { reason } = this.#form.elements;
    reason.addEventListener("input", () => this.#claim(), { once: true });
    this.#warnBeforeLosing();
    this.#repeatWhatWasSaid();
  }

  // Where the item is claimed already, the claim's own behaviour does so.
  #warnBeforeLosing() {
    if (this.#form.dataset.behavior) return;
    let sent = false;
    this.#form.addEventListener("submit", () => (sent = true));
    window.addEventListener("beforeunload", (event) => {
      if (!sent && this.#form.elements.reason.value.trim()) event.preventDefault();
    });
  }

  // A live region that is there from the beginning is not read out; what changes in one is.
  #repeatWhatWasSaid() {
    const said = document.querySelector(".flashes")?.textContent.trim();
    if (said) setTimeout(() => this.#say(said), 400);
  }

  #pressed(event) {
    if (document.querySelector("dialog[open]")) return;
    if (event.target.closest?.(FIELDS)) return this.#typed(event);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const control = this.#button(event.key.toLowerCase());
    if (!control) return;
    event.preventDefault();
    this.#use(event.key.toLowerCase(), control);
  }

  #typed(event) {
    if (event.key === "Escape") event.target.blur();
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (this.#intended) this.#intended.click();
    else this.#say("Press Escape, then R to request changes or D to decline.");
  }

  #use(key, control) {
    if (key === "a") return this.#approve(control);
    if (key === "r" || key === "d") return this.#explain(control);
    control.click();
  }

  #approve(button) {
    if (document.activeElement === button) return button.click();
    button.focus();
    this.#say("Press A again, or Enter, to approve.");
  }

  #explain(button) {
    this.#intended = button;
    this.#form.elements.reason.focus();
    this.#say(`${button.textContent.trim()}: write the reason, then press Ctrl and Enter.`);
  }

  #help() {
    const keys = this.#page.querySelector("[data-triage-keys]");
    keys.querySelector("button").onclick = () => keys.close();
    keys.showModal();
  }

  // Who begins to write a reason reads it: others see so from then on.
  async #claim() {
    if (!this.#button("c")) return;
    const answer = await postJson(this.#form.dataset.url, {});
    if (!answer.ok) return this.#say(answer.data.message);
    this.#form.elements.version.value = answer.data.version;
    const standing = this.#page.querySelector("[data-claim-standing]");
    standing.textContent = `You are reading this until ${clockTime(new Date(answer.data.claimed_until))}.`;
    this.#button("c").remove();
  }

  #button(key) {
    return key.length === 1 ? this.#page.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
  }

  #say(sentence) {
    this.#page.querySelector("[data-triage-says]").textContent = sentence;
  }
}
