// Puts a canned reason where the cursor is in the field of the same form, instead of asking the server to.

import { replaceSelection } from "../lib/text.js";

export function connect(part) {
  const choice = part.querySelector("select");
  if (!choice) return;
  const field = document.getElementById(part.dataset.field);
  let hasCursor = false; // until somebody was in the field, its cursor stands before what is there
  field.addEventListener("focus", () => (hasCursor = true), { once: true });
  part.querySelector("button").addEventListener("click", (event) => {
    event.preventDefault();
    const text = choice.selectedOptions[0]?.dataset.text;
    if (!text) return choice.focus();
    if (!hasCursor) field.setSelectionRange(field.value.length, field.value.length);
    insert(field, text);
    choice.value = "";
  });
}

// A paragraph of its own at the end of what was typed; in the middle of it, as it is.
function insert(field, text) {
  const before = field.value.slice(0, field.selectionStart);
  const isBehind = field.selectionEnd === field.value.length && before.trim();
  const gap = isBehind ? "\n\n".slice(/\n*$/.exec(before)[0].length) : "";
  replaceSelection(field, gap + text);
}
