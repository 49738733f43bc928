// Goes from change to change of a comparison: buttons, the keys n and p, and which of how many this is.

export function connect(difference) {
  new Changes(difference);
}

class Changes {
  #difference;
  #current = -1;

  constructor(difference) {
    this.#difference = difference;
    difference.addEventListener("click", (event) => {
      const step = event.target.closest("[data-step]")?.dataset.step;
      if (step) this.#go(Number(step));
    });
    difference.addEventListener("difference:changed", () => this.#begin());
    document.addEventListener("keydown", (event) => this.#press(event));
    this.#begin();
  }

  get #changes() {
    return [...this.#difference.querySelectorAll("[data-change]")];
  }

  #begin() {
    this.#current = -1;
    const steps = this.#difference.querySelector(".difference__steps");
    if (!steps) return;
    steps.hidden = false;
    this.#tell();
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#difference.isConnected) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    const step = { n: 1, p: -1 }[event.key];
    if (!step || this.#changes.length === 0) return;
    event.preventDefault();
    this.#go(step);
  }

  #go(step) {
    const changes = this.#changes;
    if (changes.length === 0) return;
    const at = this.#current < 0 ? this.#beside(changes, step) : this.#current + step;
    this.#current = (at + changes.length) % changes.length;
    changes.forEach((change, number) => change.classList.toggle("is-current", number === this.#current));
    const change = changes[this.#current];
    change.tabIndex = -1;
    change.focus({ preventScroll: true });
    change.scrollIntoView({ block: "center" });
    this.#tell();
  }

  // From where the reader is: the first change below the top of the window, or the last one above it.
  #beside(changes, step) {
    const below = changes.findIndex((change) => change.getBoundingClientRect().top > 0);
    if (step > 0) return below < 0 ? 0 : below;
    return below < 0 ? changes.length - 1 : below - 1;
  }

  #tell() {
    const count = this.#difference.querySelector(".difference__count");
    const all = this.#changes.length;
    if (!count) return;
    count.textContent = this.#current < 0 ? `${all} ${all === 1 ? "change" : "changes"}` : `Change ${this.#current + 1} of ${all}`;
  }
}
