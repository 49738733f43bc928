// Brings a part of another page into this one: the element of the same id on the page that its link leads to.

export async function connect(element) {
  const link = element.querySelector("a[href]");
  try {
    const response = await fetch(link.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!response.ok) return; // the link stays
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const part = page.getElementById(element.id);
    if (!part) return;
    element.replaceChildren(...part.childNodes);
    element.dispatchEvent(new CustomEvent("content:added", { bubbles: true }));
  } catch {
    // Without a connection the link stays too.
  }
}
