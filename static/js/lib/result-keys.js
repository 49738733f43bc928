// Going through results by arrow keys: from the field down to the first, up again, and by Escape back at once.

const LINKS = ".item__title a, [data-recent-for] a";

export class ResultKeys {
  #field;
  #found;

  constructor(field, found) {
    this.#field = field;
    this.#found = found;
  }

  start() {
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#found.addEventListener("keydown", (event) => this.#key(event));
  }

  // Where the focus stands among the results; -1 where it is elsewhere.
  get place() {
    return this.#links.indexOf(document.activeElement);
  }

  // After the results have changed under it.
  return(place) {
    if (place >= 0) (this.#links[Math.min(place, this.#links.length - 1)] ?? this.#field).focus({ preventScroll: true });
  }

  get #links() {
    return [...this.#found.querySelectorAll(LINKS)];
  }

  #key(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const place = this.place;
    if (event.target !== this.#field && place < 0) return;
    if (event.key === "Escape" && place >= 0) {
      event.preventDefault();
      this.#field.focus();
    } else if (event.key === "ArrowDown" || (event.key === "ArrowUp" && place >= 0)) {
      const next = place + (event.key === "ArrowDown" ? 1 : -1);
      const target = next < 0 ? this.#field : this.#links[next];
      if (!target) return;
      event.preventDefault();
      target.focus();
    }
  }
}
