/** Whether somebody else is changing what this page shows: asked now and then, and never while nobody looks. */

const EVERY_MS = 10_000;

function watch(place) {
  const look = () => {
    if (document.visibilityState === "visible" && place.isConnected) window.htmx?.trigger(place, "look");
  };
  const timer = setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
  place.addEventListener("htmx:responseError", () => clearInterval(timer));
}

/** A link to a place of this page has led there: the menu or sheet that it stood in goes away. */
function leave(event) {
  const link = event.target.closest('a[href^="#"]');
  link?.closest("details[data-menu]")?.removeAttribute("open");
  link?.closest("[popover]:popover-open")?.hidePopover();
}

export function start() {
  document.addEventListener("click", leave);
  document.querySelectorAll("[data-live]").forEach(watch);
}
