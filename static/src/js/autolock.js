/** A shared tablet locks itself when nobody has touched it for a while. The server ends the session all the same. */

export function start() {
  const form = document.querySelector("[data-lock-after]");
  if (!form) return;
  const wait = Number(form.dataset.lockAfter) * 1000;
  let last = Date.now();
  const touched = () => { last = Date.now(); };
  for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, touched, { passive: true, capture: true });
  setInterval(() => { if (Date.now() - last >= wait) form.requestSubmit(); }, 1000);
}
