// Comments where the lines are: a button at the line under the pointer or the cursor brings the form there, for one
// line or those selected, and threads stand at their lines while the source is shown. Without this, the form at the
// end takes line numbers.

import { Threads } from "../lib/threads.js";
import { LineForm } from "../lib/line-form.js";

export function connect(place) {
  const difference = place.querySelector(".difference");
  const threads = new Threads(difference);
  const home = document.querySelector("[data-comment-home]");
  if (home) new LineComments(difference, new LineForm(difference, home)).start();
  threads.start();
}

class LineComments {
  #difference;
  #form;
  #button = document.createElement("button");
  #lines = null; // those that the button speaks of
  #pressedLine = null; // from which Shift and a further press choose

  constructor(difference, form) {
    this.#difference = difference;
    this.#form = form;
    this.#button.type = "button";
    this.#button.className = "button line-button";
    this.#button.setAttribute("aria-keyshortcuts", "c ArrowUp ArrowDown Shift+ArrowUp Shift+ArrowDown");
  }

  start() {
    const difference = this.#difference;
    this.#button.addEventListener("click", () => this.#open());
    this.#button.addEventListener("keydown", (event) => this.#step(event));
    difference.addEventListener("pointerover", (event) => this.#pointed(event));
    difference.addEventListener("click", (event) => this.#pressed(event));
    difference.addEventListener("keydown", (event) => this.#key(event));
    difference.addEventListener("difference:changed", () => this.#settle());
    document.addEventListener("selectionchange", () => this.#selected());
    this.#settle();
  }

  // At the first line until somebody points elsewhere, so that Tab leads to it.
  #settle() {
    this.#lines = this.#pressedLine = null;
    const first = this.#difference.querySelector(".diff__cell--new[data-line]");
    if (first) this.#show(lineOf(first));
  }

  #show(first, last = first) {
    const cell = this.#cell(last);
    if (!cell) return;
    this.#lines = { first, last };
    this.#button.toggleAttribute("data-range", first !== last);
    this.#button.textContent = first === last ? `Comment on line ${first}` : `Comment on lines ${first} to ${last}`;
    if (this.#button.parentElement === cell) return;
    const hadFocus = document.activeElement === this.#button;
    cell.append(this.#button); // a button that is moved loses the focus
    if (hadFocus) this.#button.focus({ preventScroll: true });
    if (hadFocus) cell.scrollIntoView({ block: "nearest" });
  }

  #open() {
    if (this.#lines) this.#form.open(this.#lines, this.#button);
  }

  #pointed(event) {
    if (event.pointerType !== "mouse" || document.activeElement === this.#button || this.#isSelecting()) return;
    const cell = newCell(event.target);
    if (cell) this.#show(lineOf(cell));
  }

  // A press on the number opens the form there; with Shift, for all lines from the last one chosen. On a phone, where
  // nothing can be pointed at, a press on a line shows the button.
  #pressed(event) {
    if (event.target.closest("a, button, summary, form, .thread")) return;
    const cell = newCell(event.target);
    if (!cell) return;
    const line = lineOf(cell);
    const onNumber = isOnNumber(cell, event);
    if (onNumber && event.shiftKey && this.#pressedLine) {
      document.getSelection().removeAllRanges();
      this.#show(Math.min(this.#pressedLine, line), Math.max(this.#pressedLine, line));
      this.#open();
    } else if (!this.#isSelecting()) {
      this.#pressedLine = line;
      this.#show(line);
      if (onNumber) this.#open();
    }
  }

  #key(event) {
    if (event.key !== "c" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    const cell = newCell(event.target);
    if (cell && event.target !== this.#button) this.#show(lineOf(cell));
    event.preventDefault();
    this.#open();
  }

  #step(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !this.#lines) return;
    event.preventDefault();
    const { first, last } = this.#lines;
    const to = this.#next(last, step);
    if (to === null) return;
    if (!event.shiftKey) this.#show(to);
    else if (to >= first) this.#show(first, to);
  }

  // The line shown before or after this one; lines folded away are opened.
  #next(line, step) {
    const lines = [...this.#difference.querySelectorAll(".diff__cell--new[data-line]")];
    const at = lines.findIndex((cell) => lineOf(cell) === line);
    const cell = lines[at + step];
    if (!cell) return null;
    for (const fold of folds(cell)) fold.open = true;
    return lineOf(cell);
  }

  // Somebody marked text with the mouse or a finger: the lines it touches.
  #selected() {
    if (!this.#isSelecting()) return;
    const range = document.getSelection().getRangeAt(0);
    const cells = [...this.#difference.querySelectorAll(".diff__cell--new[data-line]")].filter((cell) => range.intersectsNode(cell));
    if (cells.length) this.#show(lineOf(cells[0]), lineOf(cells.at(-1)));
  }

  #isSelecting() {
    const selection = document.getSelection();
    return !selection.isCollapsed && this.#difference.contains(selection.anchorNode) && !selection.anchorNode.parentElement?.closest("form, .thread");
  }

  #cell(line) {
    return this.#difference.querySelector(`.diff__cell--new[data-line="${line}"]`);
  }
}

function newCell(element) {
  return element.closest(".diff__row")?.querySelector(".diff__cell--new[data-line]") ?? null;
}

function lineOf(cell) {
  return Number(cell.dataset.line);
}

function isOnNumber(cell, event) {
  const { left } = cell.getBoundingClientRect();
  const gutter = parseFloat(getComputedStyle(cell).paddingInlineStart);
  return event.clientX >= left && event.clientX < left + gutter;
}

function* folds(element) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) yield fold;
}
