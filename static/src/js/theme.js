/** Switches day and night at once; the form behind the button does the same with a reload. */

const dark = matchMedia("(prefers-color-scheme: dark)");

export function current() {
  return document.documentElement.dataset.theme || (dark.matches ? "night" : "day");
}

export function start() {
  for (const form of document.querySelectorAll("form[data-theme-switch]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const theme = current() === "night" ? "day" : "night";
      document.documentElement.dataset.theme = theme;
      const data = new FormData(form);
      data.set("theme", theme);
      fetch(form.action, { method: "POST", body: data, redirect: "manual" });
    });
  }
}
