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

export function start() {
  document.querySelectorAll("[data-live]").forEach(watch);
}
