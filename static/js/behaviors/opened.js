// Says which result was followed and where it stood, so that the next one who asks finds it sooner; and remembers what was
// looked for.

import { remember } from "../lib/recent-searches.js";
import { tellOpened } from "../lib/telling.js";

export function connect(list) {
  list.addEventListener("click", (event) => follow(list, event));
  list.addEventListener("auxclick", (event) => event.button === 1 && follow(list, event)); // into a new tab
}

function follow(list, event) {
  const link = event.target.closest(".item__title a, .item__place");
  if (!link) return;
  const place = [...list.children].findIndex((item) => item.contains(link));
  tellOpened(list.dataset.query, link.href, list.start + place);
  remember(list.dataset.query);
}
