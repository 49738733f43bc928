// Gives each heading of a text a link to itself, in the margin.

export function connect(text) {
  for (const heading of text.querySelectorAll("h1[id], h2[id], h3[id], h4[id], h5[id], h6[id]")) {
    const link = document.createElement("a");
    link.className = "anchor";
    link.href = `#${heading.id}`;
    link.textContent = "#";
    link.setAttribute("aria-label", `Link to the section ${heading.textContent}`);
    heading.prepend(link);
  }
}
