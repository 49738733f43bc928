// What this person looked for lately, newest first: kept in this browser alone, for each who signs in apart.

const MOST = 8;

export function recentSearches() {
  try {
    const kept = JSON.parse(localStorage.getItem(key()) ?? "[]");
    return Array.isArray(kept) ? kept.filter((query) => typeof query === "string").slice(0, MOST) : [];
  } catch {
    return []; // storage may be forbidden, or somebody else's words stand there
  }
}

export function remember(query) {
  const words = query.trim();
  if (words) keep([words, ...recentSearches().filter((other) => other !== words)]);
}

export function forget(query) {
  keep(recentSearches().filter((other) => other !== query));
}

export function forgetAll() {
  keep([]);
}

function keep(queries) {
  try {
    if (queries.length) localStorage.setItem(key(), JSON.stringify(queries.slice(0, MOST)));
    else localStorage.removeItem(key());
  } catch {
    // Then they are not kept.
  }
}

function key() {
  return `firsthand.searches.${document.body.dataset.reader ?? ""}`;
}
