// Keeps what is typed in this browser until the server has it, and offers it back after a crash or a closed window.

import { fieldsOf, fill, isSame } from "../lib/draft.js";
import { replaceAll } from "../lib/text.js";
import { inWords } from "./time.js";

const PAUSE = 400;
const OLDEST = 14 * 24 * 3600 * 1000;

export function connect(form) {
  let timer = null;
  const name = () => `firsthand.text.${form.dataset.person}.${new URL(form.getAttribute("action"), location).pathname}`
    + (form.elements.draft.value ? "" : `.${form.elements.kind.value}.${form.elements.article.value}`);
  let key = name();

  const before = read(key);
  if (before && !isSame(before.fields, fieldsOf(form))) offer(form, before, () => remove(key));

  const keep = () => write(key, { fields: fieldsOf(form), at: Date.now() });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  });
  form.addEventListener("draft:saved", () => {
    clearTimeout(timer);
    remove(key);
    key = name();
  });
}

function offer(form, copy, discard) {
  const place = document.querySelector("[data-safety-copy]");
  place.hidden = false;
  place.querySelector("[data-when]").textContent = inWords(new Date(copy.at));
  place.addEventListener("click", (event) => {
    const choice = event.target.closest("button")?.value;
    if (!choice) return;
    if (choice === "use") fill(form, copy.fields, replaceAll);
    else discard();
    place.hidden = true;
    form.elements.body.focus();
  });
}

function read(key) {
  try {
    const copy = JSON.parse(localStorage.getItem(key));
    return copy && Date.now() - copy.at < OLDEST ? copy : null;
  } catch {
    return null;
  }
}

function write(key, copy) {
  try {
    localStorage.setItem(key, JSON.stringify(copy));
  } catch {
    // Full or forbidden: the server's copy is then the only one, as the status line says.
  }
}

function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
