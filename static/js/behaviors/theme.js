// The choice of light, dark or the system's appearance, kept in this browser. before-paint.js applies it on the next page.

const KEY = "firsthand.theme";

export function connect(choice) {
  const buttons = [...choice.querySelectorAll("button")];
  const show = (theme) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.value === theme)));

  show(document.documentElement.dataset.theme ?? "auto");
  choice.addEventListener("click", (event) => {
    const theme = event.target.closest("button")?.value;
    if (!theme) return;
    apply(theme);
    show(theme);
  });
}

function apply(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice holds for this page.
  }
}
