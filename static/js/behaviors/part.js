// Brings a part of another page into this one: the element of the same id on the page that its link leads to.
// With data-when="seen" not before the reader comes near it.

const NEAR = "300px";

export function connect(element) {
  if (element.dataset.when !== "seen") return bring(element);
  const observer = new IntersectionObserver(
    ([entry]) => {
      if (!entry.isIntersecting) return;
      observer.disconnect();
      bring(element);
    },
    { rootMargin: NEAR },
  );
  observer.observe(element);
}

async function bring(element) {
  const link = element.querySelector("a[href]");
  try {
    const response = await fetch(link.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!response.ok) return; // the link stays
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const part = page.getElementById(element.id);
    if (!part) return;
    const hadFocus = element.contains(document.activeElement);
    element.replaceChildren(...part.childNodes);
    element.hidden = !element.firstElementChild; // there may be nothing to show
    if (hadFocus) element.querySelector("a[href]")?.focus(); // whoever goes by keyboard goes on from here
    element.dispatchEvent(new CustomEvent("content:added", { bubbles: true }));
  } catch {
    // Without a connection the link stays too.
  }
}
