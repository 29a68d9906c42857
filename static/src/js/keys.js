/**
 * Keyboard: `/` searches, `?` shows the keys, `g` and a letter open a page, `j` and `k` walk the rows of a list, `Enter` opens
 * the one marked. What has `data-key` is pressed by that key. None of this while somebody types, behind a dialog, or on
 * screens for scanning, where a scanner types.
 */

import { open as palette } from "./palette.js";

const TOGETHER_MS = 1500; // between `g` and its letter

let leader = 0;

function busy(target) {
  const typing = target.closest?.("input, textarea, select, [contenteditable]");
  const covered = document.querySelector("dialog[open], [role=dialog]:popover-open");
  return Boolean(typing || covered || document.querySelector("[data-scan]"));
}

function rows() {
  return [...document.querySelectorAll("tr[data-href]")];
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("at"));
  const next = Math.min(Math.max(at + by, 0), all.length - 1);
  all[at]?.classList.remove("at");
  all[next].classList.add("at");
  all[next].scrollIntoView({ block: "nearest" });
  all[next].querySelector("a")?.focus({ preventScroll: true });
}

function own() {
  return [...document.querySelectorAll("[data-key]")].filter((each) => each.checkVisibility());
}

function help() {
  const box = document.querySelector("dialog#keys");
  if (!box) return;
  box.querySelector("[data-keys-list]").hidden = !rows().length;
  const page = box.querySelector("[data-keys-page]");
  page.hidden = !own().length;
  page.querySelector("dl").replaceChildren(
    ...own().map((each) => {
      const line = document.createElement("div");
      const what = document.createElement("dt");
      const by = document.createElement("dd");
      const key = document.createElement("kbd");
      what.textContent = each.dataset.keyLabel || each.textContent.trim() || each.getAttribute("aria-label");
      key.className = "kbd-s";
      key.textContent = each.dataset.key;
      by.append(key);
      line.append(what, by);
      return line;
    }),
  );
  box.showModal();
}

function jump(key) {
  const page = document.querySelector(`[data-jump="${CSS.escape(key)}"]`);
  if (page) location.assign(page.href);
  return Boolean(page);
}

const actions = { "/": () => palette(), "?": help, j: () => step(1), k: () => step(-1) };

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || busy(event.target)) return;
  const together = event.timeStamp - leader < TOGETHER_MS;
  leader = 0;
  if (together && jump(event.key)) event.preventDefault();
  else if (event.key === "g") leader = event.timeStamp;
  else if (actions[event.key]) {
    event.preventDefault();
    actions[event.key]();
  } else {
    const named = own().find((each) => each.dataset.key === event.key);
    if (!named) return;
    event.preventDefault();
    named.click();
  }
}

export function start() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, label, select") || getSelection().toString()) return;
    location.assign(row.dataset.href);
  });
  const help = document.querySelector("dialog#keys");
  help?.addEventListener("click", (event) => {
    if (event.target === help || event.target.closest("[data-keys-close]")) help.close();
  });
}
