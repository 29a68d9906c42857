/** Short messages: those of the page leave by themselves, those with an error stay until closed. */

const STAY_MS = 7000;

function arm(note) {
  note.querySelector("[data-close]")?.addEventListener("click", () => note.remove());
  if (!note.hasAttribute("data-stay")) setTimeout(() => note.remove(), STAY_MS);
}

export function show(text, tone = "green") {
  const note = document.createElement("p");
  note.className = `note is-${tone} toast-x`;
  note.textContent = text;
  document.querySelector("[data-toasts]")?.append(note);
  arm(note);
}

export function start() {
  document.querySelectorAll("[data-toasts] > *").forEach(arm);
  document.body.addEventListener("toast", (event) => show(event.detail.value ?? event.detail.text, event.detail.tone));
  document.body.addEventListener("htmx:sendError", () => show(document.body.dataset.offline, "red"));
}
