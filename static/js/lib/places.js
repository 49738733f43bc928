// The addresses of a page that changes while somebody types. What was looked at keeps its entry: it was loaded, sent, gone back
// to, or led to something. Typing on begins one new entry, and replaces it with each further word. Each knows how far down it
// was read.

export class Places {
  #isLookedAt;
  #number = history.state?.place ?? 0;
  #tops = new Map();

  constructor({ isLookedAt }) {
    this.#isLookedAt = isLookedAt;
    this.#stamp();
    addEventListener("scroll", () => this.#tops.set(this.#number, scrollY), { passive: true });
    addEventListener("pageshow", (event) => event.persisted && this.keep());
  }

  typed(address) {
    if (address === location.pathname + location.search) return;
    if (!this.#isLookedAt) return history.replaceState({ place: this.#number }, "", address);
    this.#tops.set(this.#number, scrollY); // what was scrolled a moment ago is not told yet
    this.#number += 1;
    this.#tops.delete(this.#number);
    history.pushState({ place: this.#number }, "", address);
    this.#isLookedAt = false;
  }

  sent(address) {
    this.typed(address);
    this.keep();
  }

  keep() {
    this.#isLookedAt = true;
  }

  // After going back or forth, or to a place within the page: how far down this entry was read.
  arrive() {
    this.#number = history.state?.place ?? this.#number;
    this.#stamp();
    this.keep();
    return this.#tops.get(this.#number) ?? 0;
  }

  #stamp() {
    history.replaceState({ ...history.state, place: this.#number }, "");
  }
}
