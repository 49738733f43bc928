// What a page gains with the first save of a draft, such as submitting and deleting, and what every save may change:
// fetched from the draft's own page.

export function connect(place) {
  const form = document.getElementById("editor");
  form?.addEventListener("draft:saved", async (event) => {
    const part = place.querySelector("[data-after-each-save]");
    if (!event.detail.first && !part) return;
    const response = await fetch(event.detail.url).catch(() => null);
    if (!response?.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!event.detail.first) return part.replaceWith(page.querySelector("[data-after-each-save]") ?? "");
    const fresh = page.querySelector("[data-editor-after]");
    if (!fresh) return;
    place.replaceChildren(...fresh.childNodes);
    for (const input of place.querySelectorAll('input[name="version"]')) input.value = form.elements.version.value;
    place.dispatchEvent(new CustomEvent("content:added", { bubbles: true }));
  });
}
