// Says how many characters are left, once a field is nearly full.

const NEAR = 0.8;

export function connect(field) {
  const limit = Number(field.dataset.limit ?? field.maxLength);
  if (!(limit > 0)) return;
  const count = document.createElement("p");
  count.className = "field__count";
  field.closest(".field").append(count);
  const show = () => {
    const left = limit - field.value.length;
    count.hidden = field.value.length < limit * NEAR;
    count.toggleAttribute("data-over", left < 0);
    count.textContent = left < 0 ? `${-left} too many` : `${left} left`;
  };
  field.addEventListener("input", show);
  show();
}
