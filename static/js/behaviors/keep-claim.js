// Keeps a claim while its holder is at work on the page, and warns before a reason that was typed gets lost.

import { postJson } from "../lib/http.js";
import { release } from "./forms.js";
import { clockTime } from "./time.js";

const PAUSE = 5 * 60 * 1000; // at most one renewal in that time
const SIGNS_OF_LIFE = ["input", "keydown", "pointerdown", "scroll"];

export function connect(form) {
  new Claim(form).start();
  warnBeforeLosing(form);
}

class Claim {
  #form;
  #renewed; // when it was last made to last longer
  #asking = false;

  constructor(form) {
    this.#form = form;
    this.#renewed = new Date(form.dataset.until) - Number(form.dataset.minutes) * 60 * 1000;
  }

  start() {
    for (const sign of SIGNS_OF_LIFE) document.addEventListener(sign, () => this.#alive(), { passive: true, capture: true });
  }

  async #alive() {
    if (this.#asking || Date.now() - this.#renewed < PAUSE) return;
    this.#asking = true;
    const answer = await postJson(this.#form.dataset.url, {});
    this.#asking = false;
    this.#renewed = Date.now(); // after a failure, too: the next try comes with the next pause
    if (answer.ok) this.#kept(answer.data);
    else this.#explain(`Your claim was not renewed: ${answer.data.message}`);
  }

  // One step of the version is the claim itself, made again after it ran out; more is somebody else's doing.
  #kept({ claimed_until: until, version }) {
    const { version: known } = this.#form.elements;
    if (version > Number(known.value) + 1) {
      return this.#explain("Somebody has acted on this since you opened it. Copy your reason, then load the page again.");
    }
    known.value = version;
    this.#explain("");
    const time = document.querySelector("[data-claim-standing] time");
    time.dateTime = until;
    time.textContent = clockTime(new Date(until));
  }

  #explain(sentence) {
    const place = this.#form.querySelector("[data-claim-problem]");
    if (place.textContent !== sentence) place.textContent = sentence;
  }
}

function warnBeforeLosing(form) {
  const { reason } = form.elements;
  const before = form.dataset.typed === undefined ? reason.defaultValue : ""; // came back from the server undecided
  let sent = false;
  // Another form of the page keeps what is typed here (see keep-typed), as does this one when it is refused.
  document.addEventListener("submit", (event) => (sent = !event.defaultPrevented));
  window.addEventListener("pageshow", () => (sent = false));
  window.addEventListener("beforeunload", (event) => {
    if (sent || reason.value.trim() === before.trim()) return;
    event.preventDefault();
    setTimeout(() => document.querySelectorAll("form[data-sending]").forEach(release)); // whoever stays can go on
  });
}
