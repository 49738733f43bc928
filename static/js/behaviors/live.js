// Results while somebody types. The server renders the same page as ever; its parts with data-live take the place of those
// here. The field keeps the cursor, the address holds the query, and a slow answer never replaces a newer one.

import { getPage } from "../lib/http.js";
import { Places } from "../lib/places.js";
import { ResultKeys } from "../lib/result-keys.js";
import { Settling } from "../lib/settling.js";

const PAUSE = 150;
const ANNOUNCED_AFTER = 700;
const AGAIN_AFTER = 5000;

const NO_ANSWER = "Firsthand cannot be reached.";
const UNAVAILABLE = "Search is not available at the moment.";

export function connect(form) {
  new LiveSearch(form).start();
}

class LiveSearch {
  #form;
  #field;
  #found = document.getElementById("found");
  #status = document.querySelector("[data-search-status]");
  #trouble = document.querySelector("[data-search-trouble]");
  #settling = new Settling(this.#found);
  #keys;
  #places;
  #wanted; // the address that was typed, sent or returned to last
  #shown; // the address whose results stand here
  #request = null;
  #pause = null;
  #announcing = null;
  #retrying = null;
  #told; // the results of which the status spoke last

  constructor(form) {
    this.#form = form;
    this.#field = form.elements.q;
    this.#keys = new ResultKeys(this.#field, this.#found);
    this.#places = new Places({ isLookedAt: this.#hasResults || this.#isUnavailable });
  }

  start() {
    this.#wanted = this.#shown = withoutHash(location);
    this.#told = this.#results;
    this.#settling.knows(this.#field.value);
    this.#keys.start();
    this.#settling.start();
    this.#field.addEventListener("input", (event) => event.isComposing || this.#later());
    this.#field.addEventListener("compositionend", () => this.#later());
    this.#form.addEventListener("submit", (event) => this.#send(event));
    for (const name of ["click", "auxclick"]) {
      this.#found.addEventListener(name, ({ target }) => target.closest("a") && this.#places.keep());
    }
    window.addEventListener("popstate", () => this.#comeBack());
    window.addEventListener("online", () => this.#retrying && this.#look());
    if (this.#isUnavailable) this.#tryAgain();
    // Typed before this script came, or put back by the browser.
    else if (this.#field.value !== this.#field.defaultValue) this.#later();
  }

  #later() {
    clearTimeout(this.#pause);
    clearTimeout(this.#announcing);
    this.#request?.abort();
    this.#settling.wait();
    this.#pause = setTimeout(() => this.#type(), PAUSE);
  }

  #type() {
    const address = (this.#wanted = this.#address());
    this.#places.typed(address);
    if (address !== this.#shown || this.#retrying) this.#look();
    else this.#arrived();
  }

  async #send(event) {
    event.preventDefault();
    clearTimeout(this.#pause);
    if (matchMedia("(pointer: coarse)").matches) this.#field.blur(); // its keyboard hides the results
    const address = (this.#wanted = this.#address());
    this.#places.sent(address);
    if (address === this.#shown && !this.#retrying) this.#arrived();
    else if (!(await this.#look())) return;
    this.#settling.settle();
  }

  // The browser's buttons; a link within the page leads to the same address and changes nothing.
  async #comeBack() {
    const address = withoutHash(location);
    const top = this.#places.arrive();
    if (address === this.#wanted) return;
    clearTimeout(this.#pause);
    this.#request?.abort();
    this.#wanted = address;
    this.#field.value = new URLSearchParams(location.search).get("q") ?? "";
    this.#settling.knows(this.#field.value);
    if (address === this.#shown || (await this.#look())) window.scrollTo({ top, behavior: "instant" });
  }

  // Whether the results of this address stand here now.
  async #look() {
    const address = this.#wanted;
    clearTimeout(this.#retrying);
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const answer = await getPage(`${address}${address.includes("?") ? "&" : "?"}live=1`, { signal: request.signal });
    if (request.signal.aborted) return false;
    if (answer.page && answer.path !== "/search") return location.assign(address); // to sign in again
    if (!answer.ok && !(answer.status === 503 && !this.#hasResults)) return this.#fail(answer.status);
    this.#retrying = null;
    this.#trouble.replaceChildren();
    this.#show(answer.page);
    this.#shown = address;
    if (this.#isUnavailable) this.#tryAgain();
    this.#arrived();
    return true;
  }

  #show(page) {
    const place = this.#keys.place;
    for (const part of page.querySelectorAll("[data-live]")) {
      const here = document.getElementById(part.id);
      here.replaceChildren(...part.childNodes);
      here.dispatchEvent(new CustomEvent("content:added", { bubbles: true }));
    }
    document.title = page.title;
    this.#keys.return(place);
  }

  #arrived() {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => this.#announce(), ANNOUNCED_AFTER);
    this.#settling.rest(this.#field.value, this.#counted?.dataset);
  }

  // What became of the search. Not again where nothing changed; a new element is read out even with the same words.
  #announce() {
    if (this.#results === this.#told) return;
    this.#told = this.#results;
    this.#status.replaceChildren(Object.assign(document.createElement("span"), { textContent: this.#sentence }));
  }

  #fail(status) {
    const query = new URLSearchParams(this.#shown.split("?")[1]).get("q");
    const before = this.#hasResults && query ? ` These are still the results for “${query}”.` : "";
    const reason = status === 503 ? UNAVAILABLE : status ? `The search failed (${status}).` : NO_ANSWER;
    this.#say(`${reason}${before} It is tried again by itself.`);
    this.#tryAgain();
    return false;
  }

  #say(sentence) {
    if (this.#trouble.textContent === sentence) return; // said already
    const notice = document.createElement("div");
    notice.className = "notice notice--warning";
    const body = document.createElement("div");
    body.className = "notice__body";
    body.append(Object.assign(document.createElement("p"), { textContent: sentence }));
    notice.append(body);
    this.#trouble.replaceChildren(notice);
  }

  #tryAgain() {
    clearTimeout(this.#retrying);
    this.#retrying = setTimeout(() => this.#look(), AGAIN_AFTER);
  }

  get #counted() {
    return this.#found.querySelector("[data-total]");
  }

  get #sentence() {
    return this.#counted?.dataset.said ?? "";
  }

  // What stands here, as far as it can be told from other results.
  get #results() {
    const titles = this.#found.querySelectorAll(".item__title a");
    return [this.#sentence, ...Array.from(titles, (title) => title.pathname)].join("\n");
  }

  get #hasResults() {
    return this.#counted !== null;
  }

  get #isUnavailable() {
    return this.#found.querySelector("[data-unavailable]") !== null;
  }

  // Filters and order stay, as hidden fields of the form.
  #address() {
    const asked = new URLSearchParams(new FormData(this.#form));
    asked.set("q", this.#field.value.trim());
    return `${new URL(this.#form.action).pathname}?${asked}`;
  }
}

function withoutHash({ pathname, search }) {
  return pathname + search;
}
