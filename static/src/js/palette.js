/**
 * The palette: one box for pages, actions and things. The server answers what is typed; what this page offers and what was
 * opened lately is added here. Focus stays in the box: the arrows move the option that Enter opens.
 */

const KEPT = "lately";
const MOST_KEPT = 8;
const MOST_SHOWN = 5;
const ACTIONS = ".page-head :is(a.btn, button.btn, .menu-box a, .menu-box button), [data-palette-action]";

let box;
let input;
let active = "";

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

function fits(label, text) {
  const said = fold(label).split(/[^\p{L}\p{N}]+/u);
  const typed = fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return typed.every((each) => said.some((word) => word.startsWith(each)));
}

// What was opened in this session, in this tab

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

function keep() {
  if (!box) sessionStorage.removeItem(KEPT); // signed out: nothing is left behind on a shared device
  const label = document.title.split(" · ")[0].trim();
  if (!box || !label || location.pathname.startsWith("/search/")) return;
  const url = location.pathname + location.search;
  const rest = kept().filter((each) => each.url !== url && each.url.split("?")[0] !== location.pathname);
  sessionStorage.setItem(KEPT, JSON.stringify([{ url, label }, ...rest].slice(0, MOST_KEPT)));
}

// Options made here

function option(id, label, icon, note) {
  const made = document.createElement("a");
  made.className = "hit";
  made.id = id;
  made.tabIndex = -1;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  const sign = document.querySelector(".palette-box svg").cloneNode(true);
  const use = sign.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
  const words = document.createElement("span");
  words.className = "hit-text";
  for (const [name, text] of [["hit-title", label], ["hit-note", note]]) {
    if (!text) continue;
    const part = document.createElement("span");
    part.className = name;
    part.textContent = text;
    words.append(part, " ");
  }
  made.append(sign, words);
  return made;
}

function group(label, options) {
  if (!options.length) return [];
  const made = document.createElement("div");
  const head = document.createElement("p");
  head.className = "hit-head";
  head.id = `h-${options[0].id}`;
  head.textContent = label;
  made.setAttribute("role", "group");
  made.setAttribute("aria-labelledby", head.id);
  made.append(head, ...options);
  return [made];
}

function nameOf(action) {
  const menu = action.closest("details")?.querySelector("summary").textContent.trim();
  const label = action.dataset.paletteAction || action.getAttribute("aria-label") || action.textContent;
  return [menu, label.trim().replace(/\s+/g, " ")].filter(Boolean).join(": ");
}

/** What can be done on this page now, each once. */
function offered() {
  const able = [...document.querySelectorAll(ACTIONS)].filter(
    (each) =>
      !each.disabled &&
      each.getAttribute("aria-disabled") !== "true" &&
      !each.closest("[popover]") &&
      (each.closest("details") ?? each).checkVisibility(),
  );
  return [...new Map(able.map((each) => [nameOf(each), each]))].filter(([label]) => label);
}

function here(text) {
  const acts = offered().filter(([label]) => fits(label, text)).slice(0, MOST_SHOWN);
  const own = acts.map(([label, action], n) => {
    const made = option(`here-${n}`, label, box.dataset.hereIcon);
    made.addEventListener("click", (event) => {
      event.preventDefault();
      box.close();
      reveal(action);
    });
    return made;
  });
  const url = location.pathname + location.search;
  const pages = kept().filter((each) => each.url !== url && fits(each.label, text));
  const lately = pages.slice(0, MOST_SHOWN).map((each, n) => {
    const made = option(`lately-${n}`, each.label, box.dataset.recentIcon);
    made.href = each.url;
    return made;
  });
  return [...group(box.dataset.recent, lately), ...group(box.dataset.onPage, own)];
}

/** An action of the page is pressed as if by hand: what hides in a menu is opened first. */
function reveal(action) {
  action.closest("details")?.setAttribute("open", "");
  action.focus();
  action.click();
}

// The active option

function options() {
  return [...box.querySelectorAll('[role="option"]')];
}

function mark(next, scroll = true) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === next));
  active = next?.id ?? "";
  if (next) input.setAttribute("aria-activedescendant", active);
  else input.removeAttribute("aria-activedescendant");
  if (next && scroll) next.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const all = options();
  if (!all.length) return;
  const at = all.findIndex((each) => each.id === active);
  mark(all[(at + by + all.length) % all.length]);
}

function first() {
  const found = document.getElementById("palette-found");
  const exact = found.querySelector("[data-exact]");
  if (exact) return found.querySelector('[role="option"]');
  // With nothing typed Enter may open something, and never do something.
  return box.querySelector(input.value.trim() ? '[role="option"]' : 'a[href][role="option"]');
}

// Showing

function isAnswered() {
  return document.querySelector("#palette-found [data-for]")?.dataset.for === input.value.trim().replace(/\s+/g, " ");
}

function show() {
  const before = input.value.trim() ? "" : active; // with nothing typed, what came later does not move the choice
  document.getElementById("palette-here").replaceChildren(...here(input.value.trim()));
  mark((before && document.getElementById(before)) || first(), false);
}

function answered() {
  show();
  document.querySelector(".palette-list").scrollTop = 0;
  const said = document.querySelector("#palette-found [data-said]")?.dataset.said ?? "";
  box.querySelector("[data-palette-said]").textContent = said;
}

export function open(text = "") {
  if (!box) return;
  if (!box.open) {
    document.querySelectorAll("[popover]:popover-open").forEach((each) => each.hidePopover());
    box.showModal();
  }
  input.value = text;
  active = "";
  input.focus();
  show();
  window.htmx?.trigger(input, "ask");
}

function act(chosen, inNewTab) {
  if (inNewTab && chosen.href) window.open(chosen.href, "_blank", "noopener");
  else chosen.click();
}

function pressed(event) {
  const moves = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in moves) {
    event.preventDefault();
    move(moves[event.key]);
  } else if (event.key === "Home" && event.ctrlKey) mark(options()[0]);
  else if (event.key === "End" && event.ctrlKey) mark(options().at(-1));
  else if (event.key === "Enter" && !event.isComposing) {
    // A scanner is quicker than any answer: then the whole text goes to the search page, which opens what it names.
    const chosen = isAnswered() && document.getElementById(active);
    if (!chosen) return;
    event.preventDefault();
    act(chosen, event.ctrlKey || event.metaKey);
  }
}

export function start() {
  box = document.querySelector("dialog#palette");
  keep();
  if (!box) return;
  input = box.querySelector('[role="combobox"]');
  input.addEventListener("keydown", pressed);
  input.addEventListener("input", () => window.htmx?.trigger(input, "look"));
  input.form.addEventListener("submit", (event) => {
    if (!input.value.trim()) event.preventDefault();
  });
  box.addEventListener("htmx:afterSwap", answered);
  box.addEventListener("pointermove", (event) => {
    const under = event.target.closest('[role="option"]');
    if (under && under.id !== active) mark(under, false);
  });
  box.addEventListener("click", (event) => {
    if (event.target === box || event.target.closest("[data-palette-close]")) box.close();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-palette-open]");
    if (!opener || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open(opener.value ?? "");
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (box.open) box.close();
    else open();
  });
}
