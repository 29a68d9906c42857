/** Forms: the error summary takes focus, one press sends once, a filter applies itself when changed. */

function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
}

function forget() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
}

export function start() {
  document.querySelector("[data-error-summary]:not([data-sample] *)")?.focus();
  document.querySelector("[data-open]")?.showPopover();
  document.addEventListener("submit", sendOnce);
  window.addEventListener("pageshow", forget);
  document.addEventListener("htmx:afterRequest", forget);
  document.addEventListener("change", (event) => {
    if (event.target.closest("form[data-auto]")) event.target.form.requestSubmit();
  });
}
