// Keeps what is looked for from any search field, once it is sent, and forgets all of it when the person signs out.

import { forgetAll, remember } from "../lib/recent-searches.js";

export function connect(root) {
  root.addEventListener("submit", ({ target: form }) => {
    // Not `form.action`: that is a button of the form, where one has this name.
    const path = new URL(form.getAttribute("action") ?? "", location).pathname;
    if (path === "/signout") forgetAll();
    if (path === "/search" && form.elements.q) remember(form.elements.q.value);
  });
}
