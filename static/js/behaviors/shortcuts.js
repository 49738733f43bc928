// "/" goes to the search field, unless somebody is typing.

export function connect(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    const field = root.querySelector('[role="search"] input');
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}
