/** A part that is asked for after the session has ended must not come as a sign-in page in the middle of this one. */

export function start() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const came = event.detail.xhr.responseURL;
    if (!came || !new URL(came).pathname.startsWith("/sign-in/")) return;
    event.preventDefault();
    location.reload();
  });
}
