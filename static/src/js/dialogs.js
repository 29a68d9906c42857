/**
 * Dialogs, drawers and sheets are popovers, so they open, close and return the focus without script. With it the focus goes
 * to the first thing to do in them and stays inside until they are closed.
 */

const REACHABLE = 'a[href], button:not([disabled]), input:not([type="hidden"], [disabled]), select, textarea, summary';

function reachable(box) {
  return [...box.querySelectorAll(REACHABLE)].filter((each) => each.checkVisibility());
}

function first(box) {
  const all = reachable(box);
  return box.querySelector("[autofocus]") ?? all.find((each) => each.matches("input, select, textarea")) ?? all[0];
}

function turned(event) {
  const box = event.target;
  if (event.newState !== "open" || box.getAttribute("role") !== "dialog") return;
  box.setAttribute("aria-modal", "true");
  first(box)?.focus();
}

function stay(event) {
  const box = event.key === "Tab" && event.target.closest("[popover][role=dialog]:popover-open");
  if (!box) return;
  const all = reachable(box);
  const end = event.shiftKey ? all[0] : all.at(-1);
  if (document.activeElement !== end) return;
  event.preventDefault();
  (event.shiftKey ? all.at(-1) : all[0]).focus();
}

export function start() {
  document.addEventListener("toggle", turned, true);
  document.addEventListener("keydown", stay);
}
