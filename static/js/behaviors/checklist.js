// Keeps each answer to the checklist as it is given. Without this, a button below sends them all.

import { postJson } from "../lib/http.js";

export function connect(list) {
  const standing = list.querySelector("[data-checklist-standing]");
  list.querySelector("[data-checklist-button]").hidden = true;
  let waiting = Promise.resolve(); // one after the other, in the order of the clicks
  list.addEventListener("change", (event) => {
    const item = event.target.closest("[data-checklist-item]");
    if (item) waiting = waiting.then(() => save(list, item, standing));
  });
  list.addEventListener("keydown", (event) => {
    // Enter in a line of text keeps it; it must not press whatever button comes first.
    if (event.key !== "Enter" || !event.target.matches("input.control")) return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

async function save(list, item, standing) {
  const key = item.dataset.checklistItem;
  const chosen = item.querySelector("[type=radio]:checked");
  const values = { version: version(list), [`verdict-${key}`]: chosen?.value ?? "" };
  for (const field of item.querySelectorAll("input.control")) values[field.name] = field.value;
  const answer = await postJson(address(list), values);
  item.toggleAttribute("data-unsaved", !answer.ok);
  standing.textContent = answer.ok ? "Saved." : `Not saved: ${answer.data.message}`;
}

function address(list) {
  return list.querySelector("[formaction]").getAttribute("formaction");
}

// A claim that was renewed has moved the version on; the form of the decision knows it.
function version(list) {
  const decision = document.querySelector("form[data-behavior~=keep-claim]");
  return (decision?.elements.version ?? list.querySelector("[name=version]")).value;
}
