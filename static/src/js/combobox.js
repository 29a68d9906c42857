/** A field that suggests from its datalist, with any part of a word and by keyboard: the pattern of a combobox. */

const MOST = 12;

function plain(text) {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
}

function enhance(box) {
  const input = box.querySelector("input");
  const source = document.getElementById(box.dataset.combobox);
  if (!input || !source || box.querySelector("[role=listbox]")) return;
  const list = Object.assign(document.createElement("div"), { id: `${input.id}_options`, className: "combo-list", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.parentElement.querySelector("label")?.textContent.trim() ?? "");
  box.append(list);
  input.removeAttribute("list");
  for (const [name, value] of Object.entries({ role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) input.setAttribute(name, value);

  let at = -1;
  const shown = () => [...list.children];
  const show = (yes) => {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
    if (!yes) input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    at = index;
    shown().forEach((each, i) => each.setAttribute("aria-selected", String(i === at)));
    if (shown()[at]) {
      input.setAttribute("aria-activedescendant", shown()[at].id);
      shown()[at].scrollIntoView({ block: "nearest" });
    }
  };
  const option = (from, index) => {
    const each = Object.assign(document.createElement("div"), { id: `${list.id}_${index}`, textContent: from.value });
    each.setAttribute("role", "option");
    each.dataset.value = from.value;
    if (from.label && from.label !== from.value) each.append(Object.assign(document.createElement("small"), { textContent: from.label }));
    return each;
  };
  const suggest = () => {
    const wanted = plain(input.value);
    const fitting = [...source.options].filter((each) => plain(`${each.value} ${each.label}`).includes(wanted));
    list.replaceChildren(...fitting.slice(0, MOST).map(option));
    mark(-1);
    show(fitting.length > 0);
  };
  const take = (chosen) => {
    input.value = chosen.dataset.value;
    show(false);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  input.addEventListener("input", suggest);
  input.addEventListener("blur", () => show(false));
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const chosen = event.target.closest("[role=option]");
    if (chosen) take(chosen);
  });
  input.addEventListener("keydown", (event) => {
    const count = shown().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) suggest();
      else mark((at + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
    } else if (event.key === "Enter" && !list.hidden && at >= 0) take(shown()[at]);
    else if (event.key === "Escape" && !list.hidden) show(false);
    else return;
    event.preventDefault();
  });
}

export function start() {
  document.querySelectorAll("[data-combobox]").forEach(enhance);
  document.addEventListener("htmx:load", (event) => event.target.querySelectorAll("[data-combobox]").forEach(enhance));
}
