// Pasting from Word, a browser or a spreadsheet gives Markdown; an address pasted over words links them.
// With Shift (Ctrl+Shift+V), and inside a code block, text is pasted as it is.

import { insideFence, replaceSelection } from "../lib/text.js";

const STRUCTURE = "table, h1, h2, h3, h4, h5, h6, ul, ol, a[href], strong, b, em, i, blockquote, pre";
const FROM_CODE_EDITOR = "vscode-editor-data";
const BAR = "\uE000"; // stands for a bar inside a cell, which the converter would not escape

export function connect(field) {
  let plain = false;
  field.addEventListener("keydown", (event) => (plain = event.shiftKey));
  field.addEventListener("paste", (event) => {
    const data = event.clipboardData;
    if (plain || data.files.length || insideFence(field) || data.types.includes(FROM_CODE_EDITOR)) return;
    const text = data.getData("text/plain");
    if (isAddress(text) && hasWords(field)) return link(event, field, text.trim());
    const page = parse(data.getData("text/html"));
    if (!isRich(page, text)) return;
    event.preventDefault();
    convert(page).then((markdown) => replaceSelection(field, markdown || text), () => replaceSelection(field, text));
  });
}

function isAddress(text) {
  return /^\s*https?:\/\/\S+\s*$/.test(text);
}

function hasWords(field) {
  const selected = field.value.slice(field.selectionStart, field.selectionEnd).trim();
  return selected !== "" && !selected.includes("\n") && !isAddress(selected);
}

function link(event, field, address) {
  event.preventDefault();
  replaceSelection(field, `[${field.value.slice(field.selectionStart, field.selectionEnd)}](${address})`);
}

// Styles are renamed before parsing: the page's Content-Security-Policy would complain of each.
function parse(html) {
  const unstyled = html.replace(/<style\b[\s\S]*?<\/style>/gi, "").replace(/\sstyle=/gi, " data-style=");
  return new DOMParser().parseFromString(unstyled, "text/html");
}

// A single link is better pasted as its address, and Markdown that somebody copied stays Markdown.
function isRich(page, text) {
  tidy(page);
  const found = page.body.querySelectorAll(STRUCTURE);
  return found.length > 0 && !isAddress(text) && !/^(#{1,6} |```|\| ?-)/m.test(text);
}

// Office programs wrap whole documents in <b>, and put paragraphs into every cell and list item.
function tidy(page) {
  page.querySelectorAll("script, meta, link, title, img").forEach((element) => element.remove());
  for (const element of page.querySelectorAll("b[data-style], strong[data-style]")) {
    if (/font-weight:\s*(normal|400)/.test(element.dataset.style)) element.replaceWith(...element.childNodes);
  }
  for (const paragraph of page.querySelectorAll("li > p:only-child")) paragraph.replaceWith(...paragraph.childNodes);
  for (const cell of page.querySelectorAll("td, th")) {
    for (const block of cell.querySelectorAll("p, div, br")) block.replaceWith(" ", ...block.childNodes);
    for (const text of textsOf(cell)) text.data = text.data.replaceAll("|", BAR);
  }
}

function textsOf(element) {
  const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  return texts;
}

// The converter is large and most people never need it, so it comes with the first rich paste.
async function convert(page) {
  const [{ default: Turndown }, gfm] = await Promise.all([
    import("../../vendor/turndown/lib/turndown.browser.es.js"),
    import("../../vendor/turndown-plugin-gfm/lib/turndown-plugin-gfm.browser.es.js"),
  ]);
  nameFirstRows(page);
  const turndown = new Turndown({ headingStyle: "atx", bulletListMarker: "-", codeBlockStyle: "fenced", emDelimiter: "*" });
  turndown.use([gfm.tables, gfm.strikethrough, gfm.taskListItems]);
  const markdown = turndown.turndown(page.body).replaceAll(BAR, "\\|");
  return markdown.replace(/^(\s*)(-|\d+\.) {2,3}/gm, "$1$2 ").trim();
}

// Spreadsheets know no header cells; Markdown's tables need a row of them.
function nameFirstRows(page) {
  for (const table of page.querySelectorAll("table")) {
    const first = table.rows[0];
    if (!first || first.querySelector("th")) continue;
    for (const cell of [...first.cells]) {
      const head = page.createElement("th");
      head.append(...cell.childNodes);
      cell.replaceWith(head);
    }
  }
}
