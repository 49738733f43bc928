// Starts the behaviours that a page names: <form data-behavior="editor busy"> loads ./behaviors/editor.js and
// ./behaviors/busy.js, and calls their connect(element) once. Pages work before, and without, any of this.

import { connect as connectForms } from "./behaviors/forms.js";
import { connect as connectRemembering } from "./behaviors/remember.js";
import { connect as connectShortcuts } from "./behaviors/shortcuts.js";
import { connect as connectTimes } from "./behaviors/time.js";

const connected = new WeakMap();

export function start(root = document) {
  connectTimes(root);
  for (const element of root.querySelectorAll("[data-behavior]")) {
    for (const name of element.dataset.behavior.split(/\s+/).filter(Boolean)) connect(element, name);
  }
}

async function connect(element, name) {
  const names = connected.get(element) ?? new Set();
  if (names.has(name)) return;
  connected.set(element, names.add(name));
  try {
    const behavior = await import(`./behaviors/${name}.js`);
    behavior.connect(element);
  } catch (error) {
    console.error(`The behaviour "${name}" did not start.`, error);
  }
}

connectForms(document);
connectRemembering(document);
connectShortcuts(document);
document.addEventListener("content:added", (event) => start(event.target));
start();
