// Marks, in the contents of a page, the heading that is being read.

export function connect(contents) {
  const links = new Map();
  for (const link of contents.querySelectorAll('a[href^="#"]')) {
    const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (heading) links.set(heading, link);
  }
  const headings = [...links.keys()];
  const observer = new IntersectionObserver(() => mark(headings, links), { rootMargin: "0px 0px -70% 0px", threshold: [0, 1] });
  headings.forEach((heading) => observer.observe(heading));
}

function mark(headings, links) {
  const passed = headings.filter((heading) => heading.getBoundingClientRect().top < window.innerHeight * 0.3);
  const current = passed.at(-1) ?? headings[0];
  for (const [heading, link] of links) {
    if (heading === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
