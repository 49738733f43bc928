// Tells the server what somebody looked for and opened, from a page that may be left at once. Told twice, it is the same.

export function tellSearch(q, { found, topic = "" }) {
  navigator.sendBeacon("/search/settled", new URLSearchParams({ q, found, topic }));
}

// The article at this address stood at this rank, counted from 1.
export function tellOpened(q, address, rank) {
  const article = decodeURIComponent(new URL(address, location).pathname.split("/").pop());
  navigator.sendBeacon("/search/opened", new URLSearchParams({ q, article, rank }));
}
