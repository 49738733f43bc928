// Says which result was followed and where it stood, so that the next one who asks finds it sooner.

export function connect(list) {
  list.addEventListener("click", (event) => tell(list, event));
  list.addEventListener("auxclick", (event) => event.button === 1 && tell(list, event)); // into a new tab
}

function tell(list, event) {
  const link = event.target.closest(".item__title a, .item__place");
  if (!link) return;
  const place = [...list.children].findIndex((item) => item.contains(link));
  const article = decodeURIComponent(link.pathname.split("/").pop());
  navigator.sendBeacon("/search/opened", new URLSearchParams({ q: list.dataset.query, article, rank: list.start + place }));
}
