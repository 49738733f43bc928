// Shows what is already written about the title being typed, so that nobody writes it twice.

import { getJson } from "../lib/http.js";

const PAUSE = 400;
const SHORTEST = 4;
const KINDS = { howto: "How-to", story: "Experience story", answer: "Answer" };

export function connect(field) {
  const place = document.querySelector("[data-similar]");
  let timer = null;
  let request = null;

  const look = async () => {
    request?.abort();
    const title = field.value.trim();
    if (title.length < SHORTEST) return show(place, []);
    request = new AbortController();
    const answer = await getJson(`/search/similar?title=${encodeURIComponent(title)}`, { signal: request.signal });
    if (answer.ok) show(place, answer.data.articles.filter((article) => article.url !== place.dataset.own));
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
}

function show(place, articles) {
  place.hidden = !articles.length;
  place.querySelector("ul").replaceChildren(...articles.slice(0, 4).map(item));
}

function item({ title, url, summary, kind }) {
  const li = document.createElement("li");
  const link = document.createElement("a");
  Object.assign(link, { href: url, target: "_blank", textContent: title });
  const rest = document.createElement("span");
  rest.className = "quiet";
  rest.textContent = ` ${[KINDS[kind], summary].filter(Boolean).join(": ")} (opens in a new tab)`;
  li.append(link, rest);
  return li;
}
