// Two people, or two windows, saved the same draft. Shows both texts where they differ; one choice settles it.

import { differing, fieldsOf, fill, setVersion } from "../lib/draft.js";
import { replaceAll } from "../lib/text.js";

const NAMES = { title: "Title", summary: "Summary", topic: "Topic", tags: "Tags", coauthors: "Written with", language: "Language", body: "Text" };

export function connect(place) {
  const form = document.getElementById("editor");
  form.addEventListener("draft:conflict", (event) => show(place, form, event.detail));
}

function show(place, form, { by, at, version, url, theirs }) {
  const panel = place.querySelector("template").content.cloneNode(true);
  const mine = fieldsOf(form);
  panel.querySelector("[data-by]").textContent = by;
  const time = panel.querySelector("time");
  time.dateTime = at;
  time.textContent = new Date(at).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" });
  const rows = panel.querySelector("[data-rows]");
  for (const name of differing(mine, theirs)) rows.append(row(NAMES[name], mine[name], theirs[name]));

  const settle = (act) => () => {
    setVersion(form, version);
    if (url) form.setAttribute("action", url);
    act();
    place.querySelector("[data-panel]").remove();
    form.elements.body.focus();
    form.dispatchEvent(new CustomEvent("draft:resolved"));
  };
  panel.querySelector('[data-keep="mine"]').addEventListener("click", settle(() => {}));
  panel.querySelector('[data-keep="theirs"]').addEventListener("click", settle(() => fill(form, theirs, replaceAll)));

  place.querySelector("[data-panel]")?.remove();
  place.append(panel);
  place.querySelector("h2").focus();
}

function row(name, mine, theirs) {
  const tr = document.createElement("tr");
  for (const [tag, words, label] of [["th", name], ["td", mine, "Yours"], ["td", theirs, "Theirs"]]) {
    const cell = document.createElement(tag);
    cell.textContent = words || "(empty)";
    if (label) cell.dataset.label = label;
    else cell.scope = "row";
    tr.append(cell);
  }
  return tr;
}
