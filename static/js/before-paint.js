// Runs before the page is painted, so that a chosen appearance does not flash: the only blocking script.
(() => {
  const root = document.documentElement;
  root.classList.add("has-script");
  try {
    const theme = localStorage.getItem("firsthand.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the system's appearance is then the right one.
  }
})();
