// Buttons that write Markdown, and their shortcuts. The writing itself is done by GitHub's toolbar element.

import "../../vendor/@github/markdown-toolbar-element/dist/index.js";
import { lineStart, replaceSelection } from "../lib/text.js";

const SHORTCUTS = { b: "bold", i: "italic", k: "link" };
const TABLE = "| Column | Column |\n| --- | --- |\n| Cell | Cell |\n";

export function connect(toolbar) {
  const field = document.getElementById(toolbar.dataset.for);
  toolbar.querySelector("[data-insert-table]")?.addEventListener("click", () => insertTable(field));
  field.addEventListener("keydown", (event) => {
    const style = SHORTCUTS[event.key.toLowerCase()];
    if (!style || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    toolbar.querySelector(`[data-md-button="${style}"]`).click();
  });
}

function insertTable(field) {
  const before = field.value.slice(0, field.selectionEnd);
  field.setSelectionRange(field.selectionEnd, field.selectionEnd);
  const gap = !before || before.endsWith("\n\n") ? "" : lineStart(field) === before.length ? "\n" : "\n\n";
  replaceSelection(field, gap + TABLE);
}
