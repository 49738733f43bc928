// Several items of a list at once: says how many are ticked, and ticks all small changes of the page with one click.

export function connect(form) {
  const boxes = [...form.querySelectorAll('input[name="id"]')];
  const bar = form.querySelector(".queue-bulk");
  const words = form.querySelector("[data-chosen-count]");
  const idle = words.textContent;

  const show = () => {
    const chosen = boxes.filter((box) => box.checked);
    bar.toggleAttribute("data-any", chosen.length > 0);
    const sentence = chosen.length ? `${chosen.length} chosen:` : idle;
    if (words.textContent !== sentence) words.textContent = sentence;
  };

  offerSmallOnes(form, boxes, words, show);
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show); // the browser may have kept the ticks
  show();
}

function offerSmallOnes(form, boxes, words, show) {
  const small = boxes.filter((box) => box.dataset.small !== undefined);
  if (small.length < 2) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--quiet";
  button.textContent = `Choose the ${small.length} small changes`;
  button.addEventListener("click", () => {
    for (const box of small) box.checked = true;
    show();
  });
  words.before(button);
}
