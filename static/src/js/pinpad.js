/** The PIN pad of a shared tablet: its keys type into the field. Without script the field itself is typed into. */

export function start() {
  const form = document.querySelector("[data-pin-pad]");
  if (!form) return;
  const field = form.elements.pin;
  const keys = form.querySelector("[data-keys]");
  keys.hidden = false;
  form.querySelector("[data-plain]").hidden = true;
  field.setAttribute("inputmode", "none"); // the pad is the keyboard; one of hardware types all the same
  keys.addEventListener("click", (event) => {
    const key = event.target.closest("button[type=button]");
    if (!key) return;
    const digit = key.dataset.digit;
    field.value = digit === undefined ? field.value.slice(0, -1) : (field.value + digit).slice(0, field.maxLength);
  });
}
