// The form of a comment, brought to the lines that it is about and back to its place; what is typed stays in it.

export class LineForm {
  #difference;
  #home;
  #form;
  #from = null; // the button that opened it, to which the focus returns

  constructor(difference, home) {
    this.#difference = difference;
    this.#home = home;
    this.#form = home.querySelector("form");
    const { first, last, suggest } = this.#form.elements;
    this.#form.querySelector("[data-comment-close]").addEventListener("click", () => this.close());
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#isAway) this.close();
    });
    for (const field of [first, last]) field.addEventListener("input", () => this.#mark());
    suggest.addEventListener("change", () => this.#offer());
    difference.addEventListener("difference:changed", () => this.#changed());
    this.#mark();
  }

  open({ first, last }, from) {
    this.#from = from;
    this.#form.elements.first.value = first;
    this.#form.elements.last.value = last;
    this.#bringTo(last);
    this.#mark();
    this.#offer();
    this.#form.elements.text.focus({ preventScroll: true });
    this.#form.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.#goHome();
    this.#from?.focus({ preventScroll: true });
    this.#from?.scrollIntoView({ block: "nearest" });
  }

  get #isAway() {
    return !this.#home.contains(this.#form);
  }

  // Below the line, and below the threads that stand there.
  #bringTo(line) {
    const row = this.#cell(line)?.closest(".diff__row");
    if (!row) return this.#goHome();
    document.querySelector("[data-comment-slot]")?.remove();
    const slot = document.createElement("div");
    slot.className = "diff__notes";
    slot.dataset.commentSlot = "";
    const after = row.nextElementSibling?.matches(".diff__notes") ? row.nextElementSibling : row;
    after.after(slot);
    slot.append(this.#form);
    this.#closer.hidden = false;
  }

  #goHome() {
    this.#home.append(this.#form);
    this.#closer.hidden = true;
    document.querySelector("[data-comment-slot]")?.remove();
  }

  // The lines were drawn anew, perhaps with the form among them: it is not gone with them.
  #changed() {
    const wasAway = this.#isAway;
    this.#goHome();
    if (wasAway) this.#bringTo(Number(this.#form.elements.last.value));
    this.#mark();
  }

  get #closer() {
    return this.#form.querySelector("[data-comment-close]");
  }

  #mark() {
    const chosen = new Set(this.#chosen());
    for (const cell of this.#difference.querySelectorAll(".diff__cell--new[data-line]")) cell.classList.toggle("is-chosen", chosen.has(cell));
  }

  // What stands in the lines, for whoever wants to say it in other words.
  #offer() {
    const { suggest, suggestion } = this.#form.elements;
    const cells = this.#chosen();
    if (suggest.checked && !suggestion.value && cells.length) suggestion.value = cells.map(typed).join("\n");
  }

  #chosen() {
    const first = Number(this.#form.elements.first.value);
    const last = Math.max(first, Number(this.#form.elements.last.value));
    if (!first) return [];
    return Array.from({ length: Math.min(last - first, 2000) + 1 }, (_, step) => this.#cell(first + step)).filter(Boolean);
  }

  #cell(line) {
    return this.#difference.querySelector(`.diff__cell--new[data-line="${line}"]`);
  }
}

// The line as it was typed, without what the comparison adds for the eye and the ear.
function typed(cell) {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll(".visually-hidden, .diff__note, .quiet, button").forEach((extra) => extra.remove());
  const text = copy.textContent;
  return text === "\u00a0" ? "" : text;
}
