// Keeps what is typed into the forms of a page over a load of it: sending one of them, or going back to the page,
// loses nothing of the others. Kept in this window only, until it is sent.

const PAUSE = 300;

export function connect(place) {
  new Kept(place).start();
}

class Kept {
  #place;
  #key;
  #timer = null;

  constructor(place) {
    this.#place = place;
    this.#key = `firsthand.typed.${place.dataset.keep}`;
  }

  start() {
    // What came back from the server is the last that was typed; what was kept before it is older.
    if (this.#place.dataset.fresh === undefined) this.#restore();
    else write(this.#key, {});
    this.#place.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#keep(), PAUSE);
    });
    // What is sent is the server's from now on; what it refuses comes back with the page.
    document.addEventListener("submit", (event) => this.#sent(event));
    window.addEventListener("pagehide", () => this.#timer && this.#keep());
  }

  #restore() {
    const kept = read(this.#key);
    for (const field of this.#fields()) {
      if (!(field.id in kept) || isTyped(field)) continue;
      fill(field, kept[field.id]);
      open(field);
    }
  }

  #keep(without = null) {
    clearTimeout(this.#timer);
    this.#timer = null;
    const kept = read(this.#key); // of fields that the page does not have at the moment, too
    for (const field of this.#fields()) {
      if (field.form !== without && isTyped(field)) kept[field.id] = isTick(field) ? field.checked : field.value;
      else delete kept[field.id];
    }
    write(this.#key, kept);
  }

  #sent(event) {
    if (!event.defaultPrevented) this.#keep(event.target);
  }

  #fields() {
    return [...this.#place.querySelectorAll("textarea[id], input[id]:not([type=hidden]), select[id]")].filter((field) => !field.readOnly && field.type !== "file");
  }
}

function isTick(field) {
  return field.type === "checkbox" || field.type === "radio";
}

// Whether it holds something else than what the server sent.
function isTyped(field) {
  if (isTick(field)) return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected) && field.value !== "";
  return field.value !== field.defaultValue;
}

function fill(field, value) {
  if (isTick(field)) field.checked = value;
  else field.value = value;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

function open(field) {
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

function write(key, kept) {
  try {
    if (Object.keys(kept).length) sessionStorage.setItem(key, JSON.stringify(kept));
    else sessionStorage.removeItem(key);
  } catch {
    // Full or forbidden: then the page alone has it.
  }
}
