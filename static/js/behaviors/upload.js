// Takes images by button, paste or drop: a placeholder stands in the text until the image is there.

import { postFile } from "../lib/http.js";
import { replaceOnce, replaceSelection } from "../lib/text.js";

export function connect(place) {
  const field = place.querySelector("textarea");
  const picker = place.querySelector('input[type="file"]');
  const problem = place.querySelector("[data-upload-problem]");
  const take = (files) => takeAll(field, problem, [...files]);

  place.querySelector("[data-pick-image]").addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    take(picker.files);
    picker.value = "";
  });
  field.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });
  field.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    field.dataset.dropping = "";
  });
  field.addEventListener("dragleave", () => delete field.dataset.dropping);
  field.addEventListener("drop", (event) => {
    delete field.dataset.dropping;
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
}

async function takeAll(field, problem, files) {
  problem.replaceChildren();
  const waiting = files.map((file, index) => ({ file, placeholder: placeholderFor(field, file, index) }));
  replaceSelection(field, waiting.map(({ placeholder }) => placeholder).join("\n\n"));
  for (const { file, placeholder } of waiting) {
    const answer = await postFile("/attachments", file);
    replaceOnce(field, placeholder, answer.ok ? answer.data.markdown : "");
    if (!answer.ok) explain(problem, file, answer);
  }
}

function placeholderFor(field, file, index) {
  const name = file.name.replaceAll(/[[\]\n]/g, " ");
  const placeholder = `![Uploading ${name}…]()`;
  return field.value.includes(placeholder) || index ? `![Uploading ${name} (${Date.now() % 100000}${index})…]()` : placeholder;
}

function explain(problem, file, { status, data }) {
  const sentence = document.createElement("p");
  sentence.className = "field__error";
  const reason = status === 401 ? "you have been signed out. Sign in in a new tab, then try again." : data.message;
  sentence.textContent = `${file.name} was not added: ${reason}`;
  problem.append(sentence);
}
