/** Offers the zone of this device where it is not the one that pages are shown in. */

export function start() {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const offer of document.querySelectorAll("[data-zone-offer]")) {
    const choice = offer.closest("form")?.elements.namedItem("time_zone");
    if (!here || here === offer.dataset.zone) continue;
    const city = choice && [...choice.options].find((option) => option.value === here)?.text;
    if (choice && !city) continue;
    const name = offer.querySelector("[data-zone-name]");
    if (name) name.textContent = city || here.split("/").at(-1).replaceAll("_", " ");
    offer.hidden = false;
    offer.querySelector("button[data-zone-take]")?.addEventListener("click", () => {
      choice.value = here;
      choice.focus();
      offer.hidden = true;
    });
  }
}
