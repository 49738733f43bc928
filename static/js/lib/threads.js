// Threads of comments at their lines while the source is shown, and in a list below while it is not. They are moved,
// never drawn anew, so an answer that somebody began stays in its field.

export class Threads {
  #difference;
  #list = document.querySelector("[data-comments-list]");
  #beside = document.querySelector("[data-comments-beside]");
  #all = new Map(); // by id, in the order of the text

  constructor(difference) {
    this.#difference = difference;
  }

  start() {
    const found = [...document.querySelectorAll("[data-thread]")];
    for (const thread of found.sort(byPlace)) this.#all.set(thread.id, thread);
    this.#difference.addEventListener("difference:changed", () => this.#place());
    document.addEventListener("click", (event) => this.#follow(event));
    this.#tell();
    this.#show(location.hash);
  }

  #place() {
    for (const [id, thread] of this.#all) {
      const drawn = this.#difference.querySelector(`#${id}`);
      if (drawn && drawn !== thread) drawn.replaceWith(thread);
      else if (!drawn) this.#list.append(thread);
    }
    this.#tell();
  }

  #tell() {
    if (this.#beside) this.#beside.hidden = this.#list.childElementCount === this.#all.size;
  }

  // A link to a line leads there also while the source is not shown: then it is shown first.
  #follow(event) {
    const link = event.target.closest("a[href]");
    const line = link?.dataset.lineLink ?? /^#L(\d+)$/.exec(link?.getAttribute("href") ?? "")?.[1];
    if (!line || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const hash = `#L${line}`;
    if (this.#difference.dataset.on === "source") return this.#show(hash);
    const source = this.#difference.querySelector('a[data-choice="on"][data-value="source"]');
    if (!source) return;
    this.#difference.addEventListener("difference:changed", () => this.#show(hash), { once: true });
    source.click();
  }

  #show(hash) {
    const target = /^#(L\d+|comment-\d+)$/.test(hash) ? document.querySelector(hash) : null;
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const settled = target.querySelector(":scope > .thread__settled");
    if (settled) settled.open = true;
    if (location.hash !== hash) history.replaceState(history.state, "", hash);
    target.scrollIntoView({ block: "center" });
    this.#light(target);
  }

  #light(target) {
    this.#difference.querySelectorAll(".is-looked-at").forEach((cell) => cell.classList.remove("is-looked-at"));
    if (!target.matches("[data-line]")) return;
    target.classList.add("is-looked-at");
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
}

function byPlace(one, other) {
  const place = (thread) => [Number(thread.dataset.last ?? Infinity), Number(thread.dataset.thread)];
  const [line, number] = place(one);
  const [otherLine, otherNumber] = place(other);
  return line === otherLine ? number - otherNumber : line - otherLine;
}
