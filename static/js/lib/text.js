// Changing what stands in a text field the way a person would: it can be undone, and listeners hear of it.

export function replaceSelection(field, text) {
  field.focus();
  // The only way that keeps the browser's own undo; deprecated in name, supported everywhere.
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  announce(field);
}

export function replaceAll(field, text) {
  if (field.value === text) return;
  field.focus();
  field.select();
  replaceSelection(field, text);
}

// Elsewhere in the text, while somebody may be typing: their cursor stays where it is.
export function replaceOnce(field, old, text) {
  const at = field.value.indexOf(old);
  if (at < 0) return false;
  const { selectionStart, selectionEnd, selectionDirection } = field;
  // A cursor right behind the old text comes to stand behind the new one; "preserve" would select it.
  const moved = (place) => (place <= at ? place : Math.max(place - old.length, at) + text.length);
  field.setRangeText(text, at, at + old.length);
  field.setSelectionRange(moved(selectionStart), moved(selectionEnd), selectionDirection);
  announce(field);
  return true;
}

export function lineStart(field) {
  return field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
}

export function insideFence(field) {
  const before = field.value.slice(0, field.selectionStart);
  return (before.match(/^ {0,3}(```|~~~)/gm) ?? []).length % 2 === 1;
}

function announce(field) {
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
