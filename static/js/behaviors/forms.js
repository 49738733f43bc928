// Every form is sent once: a second click does nothing, and the button says that it is at work.

const BUSY = "data-sending";

export function connect(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.hasAttribute(BUSY)) event.preventDefault();
    else if (form.method === "post") setTimeout(() => markBusy(form, event.submitter));
  });
  window.addEventListener("pageshow", () => root.querySelectorAll(`[${BUSY}]`).forEach(release));
}

// Marked after the submission has taken its values: a disabled button would not be sent.
function markBusy(form, button) {
  form.setAttribute(BUSY, "");
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  const label = button.querySelector("span") ?? button;
  if (button.dataset.busy) [button.dataset.idle, label.textContent] = [label.textContent, button.dataset.busy];
}

export function release(form) {
  form.removeAttribute(BUSY);
  for (const button of form.querySelectorAll("[aria-busy]")) {
    button.removeAttribute("aria-busy");
    const label = button.querySelector("span") ?? button;
    if (button.dataset.idle) label.textContent = button.dataset.idle;
  }
}
