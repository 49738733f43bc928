// Changes how a comparison is looked at without leaving the page, and keeps the choice in this browser. Its links
// work without this; the address always says what is shown.

const KEYS = { view: "firsthand.difference.view", on: "firsthand.difference.on" };
const WIDE = 44; // rem: from here on the stylesheet shows two columns

export function connect(difference) {
  new Difference(difference);
}

class Difference {
  #element;

  constructor(element) {
    this.#element = element;
    element.addEventListener("click", (event) => this.#choose(event));
    new ResizeObserver(() => this.#tellLayout()).observe(element);
    this.#recall();
    this.#tellLayout();
  }

  #choose(event) {
    const link = event.target.closest("a[data-choice]");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const { choice, value } = link.dataset;
    if (KEYS[choice]) keep(KEYS[choice], value);
    event.preventDefault();
    if (choice === "view") this.#lay(value, link);
    else this.#fetch(link);
  }

  // What this reader chose before holds where the address leaves it open.
  #recall() {
    const said = new URLSearchParams(location.search);
    const view = kept(KEYS.view);
    if (!said.has("view") && this.#element.dataset.view === "auto" && this.#link("view", view)) this.#element.dataset.view = view;
    const on = kept(KEYS.on);
    const link = this.#link("on", on);
    if (!said.has("on") && on !== this.#element.dataset.on && link) this.#fetch(link, { quietly: true });
  }

  #lay(view, link) {
    this.#element.dataset.view = view;
    this.#tellLayout();
    this.#rememberAddress(link.href);
    for (const other of this.#element.querySelectorAll("a[data-choice]:not([data-choice='view'])")) {
      const address = new URL(other.href);
      address.searchParams.set("view", view);
      other.href = address.href;
    }
  }

  #tellLayout() {
    const { view } = this.#element.dataset;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const shown = view !== "auto" ? view : this.#element.clientWidth >= WIDE * rem ? "side" : "inline";
    for (const link of this.#element.querySelectorAll("a[data-choice='view']")) {
      if (link.dataset.value === shown) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  // The page again, of which only the comparison is taken: what is being typed beside it stays.
  async #fetch(link, { quietly = false } = {}) {
    this.#element.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(link.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const next = page.getElementById(this.#element.id);
      if (!response.ok || !next) throw new Error(`The comparison came with ${response.status}.`);
      this.#replace(next);
      if (!quietly) this.#rememberAddress(link.href);
    } catch (error) {
      if (quietly) console.error(error);
      else location.assign(link.href);
    } finally {
      this.#element.removeAttribute("aria-busy");
    }
  }

  #replace(next) {
    const choice = this.#element.contains(document.activeElement) ? document.activeElement.dataset : {};
    const { view } = this.#element.dataset;
    this.#element.dataset.on = next.dataset.on;
    this.#element.dataset.view = next.dataset.view === "auto" ? view : next.dataset.view;
    this.#element.replaceChildren(...next.childNodes);
    this.#tellLayout();
    if (choice.choice) this.#link(choice.choice, choice.value)?.focus();
    this.#element.dispatchEvent(new CustomEvent("content:added", { bubbles: true }));
    this.#element.dispatchEvent(new CustomEvent("difference:changed"));
  }

  #link(choice, value) {
    return [...this.#element.querySelectorAll(`a[data-choice="${choice}"]`)].find((link) => link.dataset.value === value);
  }

  // Only where this page is what the address would show: not on the answer to a form.
  #rememberAddress(href) {
    const address = new URL(href);
    if (address.pathname === location.pathname) history.replaceState(history.state, "", address.pathname + address.search + location.hash);
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage the choice holds for this page.
  }
}

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
