// The addresses of a page that changes while somebody types. What is typed replaces the address; what is sent is an entry of
// its own, and the one before becomes again what was sent before. Each knows how far down it was read.

export class Places {
  #sent = location.pathname + location.search;
  #number = history.state?.place ?? 0;
  #tops = new Map();

  constructor() {
    history.replaceState({ ...history.state, place: this.#number }, "");
    addEventListener("scroll", () => this.#tops.set(this.#number, scrollY), { passive: true });
  }

  replace(address) {
    history.replaceState({ place: this.#number }, "", address);
  }

  push(address) {
    if (address === this.#sent) return this.replace(address);
    this.#tops.set(this.#number, scrollY); // what was scrolled a moment ago is not told yet
    history.replaceState({ place: this.#number }, "", this.#sent);
    this.#number += 1;
    history.pushState({ place: this.#number }, "", address);
    this.#sent = address;
  }

  // After going back or forth: how far down this entry was read.
  arrive() {
    this.#number = history.state?.place ?? 0;
    this.#sent = location.pathname + location.search;
    return this.#tops.get(this.#number) ?? 0;
  }
}
