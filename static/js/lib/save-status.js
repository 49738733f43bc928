// The words about saving: a short line that is always there, and an alert with a way on when something failed.

export class SaveStatus {
  #line;
  #problem;
  #retry;
  #fields;
  #last;

  constructor(form, retry) {
    this.#line = document.querySelector("[data-save-status]");
    this.#problem = document.querySelector("[data-save-problem]");
    this.#fields = form;
    this.#retry = retry;
    this.#last = this.#line.textContent.trim();
  }

  pending() {
    if (!this.#problem.hasChildNodes()) this.#say("pending", "Not saved yet");
  }

  saving() {
    this.#say("saving", "Saving…");
  }

  // Typed and taken back: what was last said is true again.
  settle() {
    if (!this.#problem.hasChildNodes()) this.#say("saved", this.#last);
  }

  saved(words, doubts = {}) {
    this.#last = words;
    this.#say("saved", words);
    this.#problem.replaceChildren();
    this.#markFields(doubts);
  }

  failed(status, data, wait) {
    this.#say("failed", "Not saved");
    if (status === 401) return this.#explainSignIn(data.signin);
    const reason = data.message.replace(/^Not saved: /, "");
    const again = wait ? ` Trying again in ${wait} seconds; what you type is kept in this browser.` : "";
    this.#explain(`Not saved: ${reason}${again}`, wait ? [this.#button("Try now", this.#retry)] : []);
    this.#markFields(data.fields ?? {});
  }

  conflict(by) {
    this.#say("failed", `Not saved: ${by} saved this text too`);
    this.#problem.replaceChildren();
  }

  reveal() {
    this.#problem.scrollIntoView({ block: "center" });
  }

  #say(state, words) {
    this.#line.dataset.state = state;
    if (this.#line.textContent !== words) this.#line.textContent = words;
  }

  #explain(sentence, actions) {
    const notice = document.createElement("div");
    notice.className = "notice notice--error";
    const body = document.createElement("div");
    body.className = "notice__body";
    const words = document.createElement("p");
    words.textContent = sentence;
    body.append(words, ...actions);
    notice.append(body);
    this.#problem.replaceChildren(notice);
  }

  #explainSignIn(address) {
    const link = document.createElement("a");
    Object.assign(link, { href: address ?? "/signin", target: "_blank", className: "button", textContent: "Sign in in a new tab" });
    this.#explain("Not saved: you have been signed out. Your text stays here; sign in in a new tab, then come back.", [link]);
  }

  #button(words, act) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button", textContent: words });
    button.addEventListener("click", act);
    return button;
  }

  // A sentence under each field that is refused, and none under the others.
  #markFields(errors) {
    for (const field of this.#fields.querySelectorAll(".control[id]")) {
      const error = errors[field.name];
      document.getElementById(`${field.id}-error`)?.remove();
      field.toggleAttribute("aria-invalid", false);
      const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== `${field.id}-error`);
      if (error) {
        const sentence = document.createElement("p");
        Object.assign(sentence, { id: `${field.id}-error`, className: "field__error", textContent: error });
        field.closest(".field").append(sentence);
        field.setAttribute("aria-invalid", "true");
        described.push(sentence.id);
      }
      if (described.length) field.setAttribute("aria-describedby", described.join(" "));
      else field.removeAttribute("aria-describedby");
    }
  }
}
