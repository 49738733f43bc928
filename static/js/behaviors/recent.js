// Recent searches under a search field that has the cursor and is empty, or at a place of the page that waits for them.

import { forget, forgetAll, recentSearches, remember } from "../lib/recent-searches.js";

export function connect(form) {
  new Recent(form, form.querySelector('input[type="search"]')).start();
}

class Recent {
  #form;
  #field;
  #panel;
  #status;

  constructor(form, field) {
    this.#form = form;
    this.#field = field;
    this.#panel = element("div", { className: "recent" }, { role: "group", "aria-label": "Recent searches" });
    this.#status = element("span", { className: "visually-hidden" }, { role: "status" });
  }

  start() {
    this.#form.append(this.#status);
    this.#field.addEventListener("focus", () => this.#offer());
    this.#field.addEventListener("click", () => this.#offer());
    this.#field.addEventListener("input", () => this.#offer());
    this.#form.addEventListener("keydown", (event) => this.#key(event));
    this.#form.addEventListener("submit", () => this.#close());
    this.#form.addEventListener("focusout", (event) => {
      if (!this.#form.contains(event.relatedTarget)) this.#close();
    });
    // A press must not take the focus away before the click arrives.
    this.#panel.addEventListener("mousedown", (event) => event.preventDefault());
    this.#panel.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("content:added", () => this.#settle());
    this.#settle();
    if (document.activeElement === this.#field) this.#offer();
  }

  get #place() {
    return document.querySelector(`[data-recent-for="${this.#field.id}"]`);
  }

  // A place of the page shows them as long as it is there.
  #settle() {
    if (!this.#place) return;
    this.#draw();
    this.#place.replaceChildren(...(recentSearches().length ? [this.#panel] : []));
  }

  #offer() {
    if (this.#place) return;
    if (this.#field.value || !recentSearches().length) return this.#close();
    this.#draw();
    this.#panel.classList.add("recent--floating");
    this.#form.append(this.#panel);
    this.#status.textContent = "Recent searches: press arrow down.";
  }

  #close() {
    this.#status.textContent = "";
    if (this.#form.contains(this.#panel)) this.#panel.remove();
  }

  #draw() {
    const list = element("ul", {}, { role: "list" });
    list.append(...recentSearches().map(line));
    const head = element("p", { className: "recent__head" });
    head.append(element("span", { textContent: "Recent searches" }), button("Remove all", "all"));
    this.#panel.classList.remove("recent--floating");
    this.#panel.replaceChildren(head, list);
  }

  #click({ target }) {
    const link = target.closest("a");
    if (link) return remember(link.textContent);
    const pressed = target.closest("button");
    if (!pressed) return;
    if (pressed.dataset.remove === "all") forgetAll();
    else forget(pressed.closest("li").querySelector("a").textContent);
    this.#field.focus();
    if (this.#place) this.#settle();
    else this.#offer();
  }

  #key(event) {
    if (event.isComposing || !this.#form.contains(this.#panel)) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.#field.focus();
      this.#close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.#move(event.key === "ArrowDown" ? 1 : -1);
    }
  }

  // Before the first and after the last stands the field itself.
  #move(step) {
    const places = [this.#field, ...this.#panel.querySelectorAll("a")];
    const line = document.activeElement.closest("li")?.querySelector("a") ?? this.#field;
    places[(places.indexOf(line) + step + places.length) % places.length].focus();
  }
}

function line(query) {
  const item = element("li", { className: "recent__line" });
  const address = `/search?${new URLSearchParams({ q: query })}`;
  const remove = button("Remove", "one");
  remove.setAttribute("aria-label", `Remove ${query}`);
  item.append(element("a", { href: address, textContent: query }), remove);
  return item;
}

function button(words, remove) {
  const made = element("button", { type: "button", className: "recent__remove", textContent: words });
  made.dataset.remove = remove;
  return made;
}

function element(name, properties = {}, attributes = {}) {
  const made = Object.assign(document.createElement(name), properties);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}
