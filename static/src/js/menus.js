/** Menus of actions: one open at a time, closed by Escape and by a press elsewhere; the arrows walk them. */

function open() {
  return document.querySelector("details[data-menu][open]");
}

function close(menu, back) {
  menu.removeAttribute("open");
  if (back) menu.querySelector("summary").focus();
}

function step(menu, by) {
  const all = [...menu.querySelectorAll(".menu-box :is(a[href], button)")];
  const at = all.indexOf(document.activeElement);
  all.at(at < 0 ? (by > 0 ? 0 : -1) : (at + by) % all.length)?.focus();
}

function pressed(event) {
  const menu = open();
  if (!menu || event.defaultPrevented) return;
  if (event.key === "Escape") close(menu, true);
  else if (event.key === "ArrowDown" && menu.contains(event.target)) step(menu, 1);
  else if (event.key === "ArrowUp" && menu.contains(event.target)) step(menu, -1);
  else return;
  event.preventDefault();
}

function elsewhere(event) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) close(menu, false);
  }
}

export function start() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", elsewhere);
  document.addEventListener("focusin", elsewhere);
}
