// Saves the draft while it is written, and says the truth about it: what it shows as saved is on the server.
// Others hear of it by events on the form: draft:saved (detail: the answer, first), draft:conflict (detail: the answer).

import { allOf, fieldsOf, isSame, sentFieldsOf, setVersion } from "../lib/draft.js";
import { postJson } from "../lib/http.js";
import { clockTime } from "./time.js";
import { SaveStatus } from "../lib/save-status.js";

const PAUSE = 1500;
const RETRIES = [3, 10, 30, 60];
const FROM_WHAT_IS_SAVED = /\/(submission|acceptance|resolution|tasks\/\d+)$/;

export function connect(form) {
  new Autosave(form).start();
}

class Autosave {
  #form;
  #status;
  #kept; // the fields as the server has them
  #sending = null;
  #timer = null;
  #failures = 0;
  #stopped = false;

  constructor(form) {
    this.#form = form;
    this.#status = new SaveStatus(form, () => this.#save());
    this.#kept = sentFieldsOf(form);
  }

  start() {
    const form = this.#form;
    form.addEventListener("input", () => this.#changed());
    form.addEventListener("change", () => this.#changed());
    form.addEventListener("submit", (event) => this.#submitted(event));
    form.addEventListener("draft:resolved", () => this.#resume());
    document.addEventListener("keydown", (event) => this.#shortcut(event));
    document.addEventListener("submit", (event) => this.#before(event), { capture: true });
    document.addEventListener("visibilitychange", () => this.#seen());
    window.addEventListener("online", () => this.#retryNow());
    window.addEventListener("beforeunload", (event) => this.#leaving(event));
    if (form.dataset.typed !== undefined) this.#kept = {}; // came back from the server unsaved
    else if (this.#dirty) this.#changed(); // typed before this script came
  }

  get #dirty() {
    return !isSame(this.#kept, fieldsOf(this.#form));
  }

  #changed() {
    if (this.#stopped) return;
    if (!this.#dirty) return this.#status.settle();
    this.#status.pending();
    this.#schedule(PAUSE);
  }

  #schedule(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), milliseconds);
  }

  // One request at a time; what is typed meanwhile goes with the next.
  #save() {
    clearTimeout(this.#timer);
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #send() {
    const sent = fieldsOf(this.#form);
    this.#status.saving();
    const answer = await postJson(this.#form.getAttribute("action"), allOf(this.#form));
    if (answer.ok) this.#saved(answer.data, sent);
    else this.#failed(answer);
    return answer.ok;
  }

  #saved(data, sent) {
    const first = !this.#form.elements.draft.value;
    this.#kept = sent;
    this.#failures = 0;
    this.#form.elements.draft.value = data.id;
    this.#form.setAttribute("action", data.url);
    setVersion(this.#form, data.version);
    if (first) history.replaceState(null, "", data.url);
    this.#status.saved(`Saved at ${clockTime(new Date(data.saved_at))}`, data.fields);
    this.#form.dispatchEvent(new CustomEvent("draft:saved", { detail: { ...data, first } }));
    if (this.#dirty) this.#changed();
  }

  #failed({ status, data, retryAfter }) {
    if (status === 409 && data.theirs) return this.#conflict(data);
    const transient = status === 0 || status === 429 || status >= 500;
    const wait = transient ? retryAfter || RETRIES[Math.min(this.#failures++, RETRIES.length - 1)] : 0;
    this.#status.failed(status, data, wait);
    this.#stopped = status === 403 || status === 404 || status === 409;
    if (transient) this.#schedule(wait * 1000);
  }

  #conflict(data) {
    this.#stopped = true;
    this.#status.conflict(data.by);
    this.#form.dispatchEvent(new CustomEvent("draft:conflict", { detail: data }));
  }

  #resume() {
    this.#stopped = false;
    this.#kept = {};
    this.#save();
  }

  #submitted(event) {
    if (event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    if (!this.#stopped) this.#save();
  }

  // Handing it in, or taking a suggestion into it, begins with what the server has: what was typed last goes there first.
  async #before(event) {
    const form = event.target;
    const address = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
    if (!FROM_WHAT_IS_SAVED.test(address ?? "") || !(this.#dirty || this.#sending)) return;
    event.preventDefault();
    event.stopPropagation();
    await this.#sending;
    if (!this.#dirty || (await this.#save())) form.requestSubmit(event.submitter);
    else this.#status.reveal();
  }

  #shortcut(event) {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!this.#stopped) this.#save();
  }

  #retryNow() {
    if (this.#dirty && !this.#stopped) this.#save();
  }

  // Back from signing in in another tab, or leaving for one: either is the moment to save.
  #seen() {
    if (this.#dirty && !this.#stopped) this.#save();
  }

  #leaving(event) {
    if (this.#dirty || this.#sending) event.preventDefault();
  }
}
