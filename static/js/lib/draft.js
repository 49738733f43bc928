// What the editor's form holds, as the plain object that is sent, compared and kept.

const FIELDS = ["title", "summary", "topic", "tags", "coauthors", "language", "body"];

export function fieldsOf(form) {
  return Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value.replaceAll("\r\n", "\n")]));
}

// The same as the server sent them, whatever was typed before the scripts came.
export function sentFieldsOf(form) {
  return Object.fromEntries(FIELDS.map((name) => [name, sentValue(form.elements[name]).replaceAll("\r\n", "\n")]));
}

function sentValue(field) {
  if (field.tagName !== "SELECT") return field.defaultValue;
  const options = [...field.options];
  return (options.find((option) => option.defaultSelected) ?? options[0]).value;
}

export function allOf(form) {
  return { ...Object.fromEntries(new FormData(form)), ...fieldsOf(form) };
}

export function isSame(one, other) {
  return FIELDS.every((name) => (one[name] ?? "").trim() === (other[name] ?? "").trim());
}

export function differing(one, other) {
  return FIELDS.filter((name) => (one[name] ?? "").trim() !== (other[name] ?? "").trim());
}

export function fill(form, values, write) {
  for (const name of FIELDS) {
    const field = form.elements[name];
    if (field.tagName === "SELECT") field.value = values[name] ?? "";
    else write(field, values[name] ?? "");
  }
  form.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

// Every place on the page that carries the draft's version: this form, and the submission beside it.
export function setVersion(form, version) {
  form.elements.version.value = version;
  for (const input of document.querySelectorAll('[data-editor-after] input[name="version"]')) input.value = version;
}
