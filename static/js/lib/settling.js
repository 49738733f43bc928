// Tells the server what somebody looked for while typing: once the words rest, are sent, or lead to something.

import { tellSearch } from "./telling.js";

const RESTS_AFTER = 2000;

export class Settling {
  #found;
  #known = ""; // what the server knows already
  #resting = null; // what would be told, and when
  #timer = null;

  constructor(found) {
    this.#found = found;
  }

  start() {
    // Before what was opened is told, which belongs to a search.
    for (const name of ["click", "auxclick", "submit"]) {
      this.#found.addEventListener(name, (event) => this.#leadsOn(event) && this.settle(), { capture: true });
    }
  }

  knows(query) {
    this.wait();
    this.#known = query.trim();
  }

  // Typing goes on.
  wait() {
    clearTimeout(this.#timer);
    this.#resting = null;
  }

  rest(query, results) {
    this.wait();
    const q = query.trim();
    if (!results || !q || q === this.#known || new URLSearchParams(location.search).has("explain")) return;
    this.#resting = { q, found: results.total, topic: results.topic };
    this.#timer = setTimeout(() => this.settle(), RESTS_AFTER);
  }

  settle() {
    const resting = this.#resting;
    this.wait();
    if (!resting) return;
    this.#known = resting.q;
    tellSearch(resting.q, resting);
  }

  #leadsOn(event) {
    return event.type === "submit" || event.target.closest("a") !== null;
  }
}
