"""What every page is held to: it opens, it fits, nothing complains, and it can be read by everybody."""

import os
import re
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

SHOTS = Path(__file__).parent / "shots"
GRAVE = ("serious", "critical")
SETTLED = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await Promise.allSettled(document.getAnimations().filter((each) => each.timeline === document.timeline).map((each) => each.finished));
    await frame();
}"""
NARROWEST: ViewportSize = {"width": 320, "height": 800}
"""A desk's window at 400 %."""
SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
THUMB = 44
SMALL = """(thumb) => [...document.querySelectorAll("main :is(a, button, summary, select, input:not([type=hidden]))")]
    .filter((each) => each.checkVisibility() && !each.closest("p, .sr-only, .skip, [popover]"))
    .map((each) => [each, (each.closest(".check") ?? each).getBoundingClientRect()])
    .filter(([, box]) => box.height > 0 && (box.height < thumb || box.width < thumb))
    .map(([each, box]) => `${each.tagName} "${each.innerText.trim() || each.name}" ${Math.round(box.width)} × ${Math.round(box.height)}`)"""
axe = Axe()
Theme = Literal["light", "dark"]


def turn(page: Page, theme: Theme) -> None:
    """Day or night, and not half-way from one to the other."""
    page.emulate_media(color_scheme=theme)
    page.evaluate(SETTLED)


def shoot(page: Page, name: str) -> None:
    """A picture of the whole page, for people to look at, when OMS_PICTURES asks for them."""
    if not os.environ.get("OMS_PICTURES"):
        return
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.png", full_page=True)


def faults_of_fit(page: Page) -> list[str]:
    """The page must not scroll sideways; names what sticks out."""
    wide = page.evaluate(
        """() => {
            const root = document.scrollingElement;
            if (root.scrollWidth <= root.clientWidth) return null;
            const scrolls = (e) => e && e !== document.body && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
            const out = [...document.querySelectorAll("body *")]
                .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !scrolls(e.parentElement))
                .slice(0, 3).map((e) => e.tagName + "." + e.className);
            return `${root.scrollWidth} px in a window of ${root.clientWidth}: ${out.join(" | ")}`;
        }"""
    )
    return [f"scrolls sideways: {wide}"] if wide else []


def faults_of_reflow(page: Page) -> list[str]:
    """At 400 % there is no sideways scroll either, nor when the reader sets letters and lines further apart."""
    before = page.viewport_size
    page.set_viewport_size(NARROWEST)
    faults = [f"at 320 px: {fault}" for fault in faults_of_fit(page)]
    page.set_viewport_size(before or NARROWEST)
    page.evaluate(SPACED)
    return faults + [f"with text spaced out: {fault}" for fault in faults_of_fit(page)]


def faults_of_thumbs(page: Page) -> list[str]:
    """What is too small for a thumb; for screens that are used standing, in one hand."""
    return [f"smaller than {THUMB} px: {found}" for found in page.evaluate(SMALL, THUMB)]


def faults_of_access(page: Page) -> list[str]:
    """What axe finds serious or critical."""
    found = axe.run(page).response["violations"]
    return [
        f"axe {fault['id']}: {fault['help']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for fault in found
        if fault["impact"] in GRAVE
        for node in fault["nodes"][:3]
    ]
