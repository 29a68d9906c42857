/** Lists: rows are ticked by key, mouse and thumb, empty filters stay out of the address, columns are moved by buttons. */

function boxes() {
  return [...document.querySelectorAll('.pick input[name="ids"]')];
}

function tell() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  const page = document.querySelector("[data-page]");
  if (page) {
    page.hidden = false;
    page.checked = chosen > 0 && chosen === all.length;
    page.indeterminate = chosen > 0 && chosen < all.length;
  }
  const number = document.querySelector("[data-chosen]");
  if (!number) return;
  const everything = document.querySelector("[data-all]")?.checked;
  number.textContent = everything || !chosen ? "" : String(chosen);
  const word = document.querySelector("[data-chosen-word]");
  if (number.textContent) word.textContent = number.dataset.word;
}

function tick(event) {
  const at = document.querySelector("tr.at") ?? document.activeElement?.closest("tr[data-href]");
  const box = at?.querySelector('.pick input[name="ids"]');
  if (!box) return;
  event.preventDefault();
  box.checked = !box.checked;
  tell();
}

let last = null;
let selecting = false;

function toggle() {
  return document.querySelector("[data-select]");
}

function changed(event) {
  const target = event.target;
  if (target.matches("[data-select]")) {
    selecting = target.checked;
    if (!selecting) for (const box of [...boxes(), document.querySelector("[data-all]")]) box.checked = false;
  } else if (target.matches("[data-page]")) {
    for (const box of boxes()) box.checked = target.checked;
  } else if (target.matches('.pick input[name="ids"]')) {
    last = target;
  } else if (!target.matches("[data-all]")) return;
  tell();
}

/** With shift, every row between this one and the last one ticked. */
function between(event) {
  const box = event.target.closest?.('.pick input[name="ids"]');
  if (!box || !event.shiftKey || !last) return;
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (from < 0) return;
  for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  tell();
}

/** While a thumb selects, a press on a card ticks it; its links still open. */
function pressed(event) {
  const row = event.target.closest?.("tr[data-href]");
  const box = row?.querySelector('.pick input[name="ids"]');
  if (!box || !selecting || !toggle()?.parentElement.checkVisibility()) return;
  if (event.target.closest("a, button, input, label, select")) return;
  event.stopPropagation();
  box.click();
}

function lean(event) {
  if (!event.target.matches("form[data-lean], form[data-auto]")) return;
  for (const field of event.target.elements) {
    if (field.name && !field.value && field.type !== "hidden") field.disabled = true;
  }
  setTimeout(() => {
    for (const field of event.target.elements) field.disabled = false;
  });
}

function arrow(list, item, by, word) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-btn";
  button.title = word;
  button.setAttribute("aria-label", `${word}: ${item.querySelector("label").textContent.trim()}`);
  button.textContent = by < 0 ? "↑" : "↓";
  button.addEventListener("click", () => {
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other?.querySelector("button")) return;
    if (by < 0) other.before(item);
    else other.after(item);
    [...list.children].forEach((each, n) => {
      const place = each.querySelector("input[type=number]");
      if (place) place.value = n + 1;
    });
    limit(list);
    button.focus();
  });
  return button;
}

/** The first goes no further up, the last no further down. The button that has the focus keeps it, so none is taken away. */
function limit(list) {
  const items = [...list.children].filter((each) => each.querySelector("button"));
  items.forEach((each, n) => {
    const [up, down] = each.querySelectorAll("button");
    up.setAttribute("aria-disabled", n === 0);
    down.setAttribute("aria-disabled", n === items.length - 1);
  });
}

function movable(root) {
  const list = root.querySelector("[data-columns]");
  if (!list || list.dataset.live) return;
  list.dataset.live = "1";
  for (const item of list.children) {
    const place = item.querySelector("input[type=number]");
    if (!place) continue; // a column that stands first and stays
    place.hidden = true;
    const group = document.createElement("span");
    group.className = "inline-flex";
    group.append(arrow(list, item, -1, list.dataset.up), arrow(list, item, 1, list.dataset.down));
    item.append(group);
  }
  limit(list);
}

/** The tab and the page of a section that are open are seen, however many there are before them. */
function showTab() {
  for (const open of document.querySelectorAll(".list-box .tabs-x [aria-current], .section-nav [aria-current]")) bring(open);
}

function bring(tab) {
  const bar = tab.parentElement;
  const over = tab.offsetLeft + tab.offsetWidth - bar.offsetLeft - bar.clientWidth;
  if (over > bar.scrollLeft) bar.scrollLeft = over + 44; // clear of the edge that fades
}

function refresh() {
  if (selecting && toggle()) toggle().checked = true;
  tell();
  showTab();
  movable(document);
}

export function start() {
  refresh();
  document.addEventListener("change", changed);
  document.addEventListener("click", between);
  document.addEventListener("click", pressed, true);
  document.addEventListener("submit", lean, true);
  document.addEventListener("htmx:afterSettle", refresh);
  window.addEventListener("pageshow", tell);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    tick(event);
  });
}
