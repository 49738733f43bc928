// Offers articles while somebody types which one they mean; choosing one opens this page with it.

import { Suggestions } from "./suggest.js";

export function connect(form) {
  const field = form.elements.target;
  new Suggestions(form, field, (url) => {
    field.value = decodeURIComponent(new URL(url, location).pathname.split("/").pop());
    form.requestSubmit();
  });
}
