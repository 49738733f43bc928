// Offers articles under a search field while somebody types: a combobox with a list. Without an
// option chosen, Enter searches as ever.

import { getJson } from "../lib/http.js";
import { remember } from "../lib/recent-searches.js";
import { tellOpened, tellSearch } from "../lib/telling.js";

const PAUSE = 120;
const SHORTEST = 2;
const KINDS = { howto: "How-to", story: "Experience story", answer: "Answer" };

export function connect(form) {
  const isSearch = form.getAttribute("action") === "/search"; // and not in the archive
  new Suggestions(form, form.querySelector('input[type="search"]'), (url, chosen) => {
    if (isSearch) note(url, chosen);
    location.assign(url);
  });
}

// What is chosen here was looked for and found, without a page of results between.
function note(url, { typed, found, rank }) {
  tellSearch(typed, { found });
  tellOpened(typed, url, rank);
  remember(typed);
}

export class Suggestions {
  #field;
  #choose;
  #list;
  #status;
  #timer = null;
  #request = null;
  #active = -1;

  constructor(form, field, choose) {
    this.#field = field;
    this.#choose = choose;
    this.#list = this.#makeList(form);
    this.#status = this.#makeStatus(form);
    this.#describeField();
    this.#field.addEventListener("input", (event) => event.isComposing || this.#later());
    this.#field.addEventListener("compositionend", () => this.#later());
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", () => this.#close());
    form.addEventListener("focusout", (event) => {
      if (!form.contains(event.relatedTarget)) this.#close();
    });
  }

  #makeList(form) {
    const list = document.createElement("ul");
    list.id = `${this.#field.id}-suggestions`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Suggestions");
    list.hidden = true;
    // A press must not take the focus away before the click arrives.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    (this.#field.closest(".field") ?? form).append(list);
    return list;
  }

  #makeStatus(form) {
    const status = document.createElement("span");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    form.append(status);
    return status;
  }

  #describeField() {
    this.#field.setAttribute("role", "combobox");
    this.#field.setAttribute("aria-autocomplete", "list");
    this.#field.setAttribute("aria-expanded", "false");
    this.#field.setAttribute("aria-controls", this.#list.id);
  }

  #later() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    const typed = this.#field.value.trim();
    if (typed.length < SHORTEST) {
      this.#list.replaceChildren();
      return this.#close();
    }
    this.#timer = setTimeout(() => this.#ask(typed), PAUSE);
  }

  async #ask(typed) {
    this.#request = new AbortController();
    const { signal } = this.#request;
    const answer = await getJson(`/search/suggest?q=${encodeURIComponent(typed)}`, { signal });
    if (answer.ok && !signal.aborted && document.activeElement === this.#field) this.#show(answer.data.suggestions);
  }

  #show(suggestions) {
    this.#list.replaceChildren(...suggestions.map((suggestion, index) => this.#option(suggestion, index)));
    const count = suggestions.length;
    this.#open(count > 0);
    this.#activate(-1);
    this.#status.textContent = count ? `${count} ${count === 1 ? "suggestion" : "suggestions"}` : "";
  }

  #option({ title, url, kind, topic }, index) {
    const option = document.createElement("li");
    option.id = `${this.#list.id}-${index}`;
    option.className = "suggestions__option";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.url = url;
    const detail = document.createElement("span");
    detail.className = "suggestions__detail";
    detail.textContent = [KINDS[kind], topic].filter(Boolean).join(", ");
    const words = document.createElement("span");
    words.textContent = title;
    option.append(words, detail);
    option.addEventListener("click", () => this.#take(index));
    return option;
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && !this.#list.hidden) {
      event.preventDefault();
      this.#close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && this.#list.children.length) {
      event.preventDefault();
      this.#open(true);
      this.#move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !this.#list.hidden && this.#active >= 0) {
      event.preventDefault();
      this.#take(this.#active);
    }
  }

  #take(index) {
    const options = this.#list.children;
    const chosen = { typed: this.#field.value.trim(), found: options.length, rank: index + 1 };
    this.#choose(options[index].dataset.url, chosen);
  }

  // Before the first and after the last option stands the field itself.
  #move(step) {
    const places = this.#list.children.length + 1;
    this.#activate(((this.#active + 1 + step + places) % places) - 1);
  }

  #activate(index) {
    this.#active = index;
    [...this.#list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
    const option = this.#list.children[index];
    if (option) {
      this.#field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.#field.removeAttribute("aria-activedescendant");
    }
  }

  #open(isOpen) {
    if (this.#list.hidden === !isOpen) return;
    this.#list.hidden = !isOpen;
    this.#field.setAttribute("aria-expanded", String(isOpen));
    this.#activate(-1);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#status.textContent = "";
    this.#open(false);
  }
}
