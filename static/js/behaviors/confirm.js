// Asks before a form is sent: its data-question, with the words of its own button.

export function connect(form) {
  let confirmed = false;
  form.addEventListener("submit", async (event) => {
    if (confirmed) return;
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    if (!(await ask(form.dataset.question, button))) return button.focus();
    confirmed = true;
    form.requestSubmit(button);
  });
}

function ask(question, button) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "question");
  dialog.innerHTML = `
    <p id="question"></p>
    <form class="buttons" method="dialog">
      <button class="button" value="no" autofocus>Cancel</button>
      <button class="button button--danger" value="yes"></button>
    </form>`;
  dialog.querySelector("p").textContent = question;
  dialog.querySelector("[value=yes]").textContent = button.textContent.trim();
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}
