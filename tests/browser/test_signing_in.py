"""Signing in with a second factor, and switching people on a shared tablet, in a real browser."""

import re
from base64 import b32decode
from itertools import product

import pytest
from playwright.sync_api import Page

from core.people.second_factor import hotp
from tests.browser.company import PASSWORD
from tests.browser.looks import Theme, faults_of_access, faults_of_fit, shoot, turn
from tests.browser.people import DESK, PHONE, People, Window, sign_in

THEMES: tuple[Theme, ...] = ("light", "dark")
PIN = "482915"
WITH_A_CODE = "operations"
"""Nobody else's window is signed in as them: a second factor ends what was open elsewhere."""


def code_of(secret: str, page: Page) -> str:
    """What the person's app shows now."""
    seconds = int(page.evaluate("Date.now()")) // 1000
    return hotp(b32decode(secret + "=" * (-len(secret) % 8)), seconds // 30)


def look(window: Window, name: str) -> list[str]:
    """The page in both widths and both themes: pictures, and what is wrong with it."""
    faults = []
    for size, theme in product((DESK, PHONE), THEMES):
        window.page.set_viewport_size(size)
        turn(window.page, theme)
        width = "wide" if size == DESK else "narrow"
        shoot(window.page, f"{name} {width} {theme}")
        faults += [f"{name} {width} {theme}: {fault}" for fault in faults_of_fit(window.page)]
    return faults + [f"{name}: {fault}" for fault in faults_of_access(window.page) + window.complaints]


def test_a_second_factor_is_set_up_asked_for_and_taken_away(people: People) -> None:
    window = people.window()
    page = window.page
    sign_in(page, WITH_A_CODE)
    page.goto("/account/second-factor/")
    faults = look(window, "second factor")
    secret = page.locator("span.select-all").inner_text().replace(" ", "")
    page.get_by_label("Code shown by the app").fill(code_of(secret, page))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("heading", name="Keep these recovery codes").wait_for()
    recovery = page.locator("li.select-all").all_inner_texts()
    faults += look(window, "recovery codes")
    page.context.clear_cookies()

    _to_the_code(page)
    faults += look(window, "sign-in code")
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("That code is wrong").first.wait_for()
    page.get_by_label("Code", exact=True).fill(recovery[0])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/sign-in/" not in address)

    page.goto("/account/")
    page.locator("#factor-code").fill(recovery[1])
    page.get_by_role("button", name="Take it away").click()
    page.get_by_role("link", name="Set it up").wait_for()
    window.close()
    assert not faults, "\n".join(faults)


def _to_the_code(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(WITH_A_CODE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="One more step").wait_for()


PAGES = {
    "people": "/people/",
    "invite": "/people/invite/",
    "person": "",
    "roles": "/people/roles/",
    "role": "/people/roles/store/",
    "new role": "/people/roles/new/?like=clerk",
    "roles compared": "/people/roles/compare/?one=store&other=manager",
    "tablets": "/people/tablets/",
    "register tablet": "/people/tablets/new/",
    "account": "/account/",
}
"""The pages about people, by the names of their pictures; the person is the first of the list."""


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
def test_the_pages_about_people_fit_and_read_well(people: People, language: str) -> None:
    window = people.window("admin", locale=language)
    faults = []
    for name, address in PAGES.items():
        if address:
            window.page.goto(address)
        else:
            window.page.goto("/people/")
            window.page.locator("a.ref").first.click()
        window.page.locator("h1").wait_for()
        faults += look(window, f"{name}{' french' if language == 'fr-FR' else ''}")
    window.close()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
def test_the_ways_in_fit_and_read_well(people: People, language: str) -> None:
    window = people.window(locale=language)
    faults = []
    for name, address in {"forgotten": "/sign-in/forgotten/", "link gone": "/sign-in/link/nothing/"}.items():
        window.page.goto(address)
        faults += look(window, f"{name}{' french' if language == 'fr-FR' else ''}")
    window.close()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_people_switch_on_a_shared_tablet(people: People, script: bool) -> None:
    own = people.window()
    sign_in(own.page, "store")
    own.page.goto("/account/")
    own.page.get_by_label("PIN", exact=True).fill(PIN)
    own.page.locator("#id_password").last.fill(PASSWORD)
    own.page.get_by_role("button", name=re.compile("the PIN$")).first.click()
    own.page.get_by_text("Your PIN is set").first.wait_for()
    own.close()

    window = people.window(size=PHONE, script=script)
    page, faults = window.page, []
    sign_in(page, "manager")
    page.goto("/people/tablets/new/")
    page.get_by_label("Name of the tablet").fill(f"Counter {'A' if script else 'B'}")
    page.get_by_label("Place").select_option(index=1)
    page.get_by_label("Place").select_option(label=_place(page))
    page.get_by_role("button", name="Register").click()
    page.get_by_role("heading", name="Who are you?").wait_for()
    faults += look(window, "tablet names") if script else []
    page.set_viewport_size(PHONE)
    page.get_by_role("link", name="Samir Benali").click()
    faults += look(window, "tablet pin") if script else []
    page.set_viewport_size(PHONE)
    assert min(_sizes(page)) >= 44
    _enter(page, "111112", script)
    page.get_by_text("That PIN is wrong").first.wait_for()
    _enter(page, PIN, script)
    page.wait_for_url(re.compile("/work/"))
    assert page.goto("/ledger/").status == 403  # type: ignore[union-attr]
    page.goto("/work/")
    faults += look(window, "tablet work") if script else []
    page.set_viewport_size(DESK)
    page.get_by_role("button", name="Lock").first.click()
    page.get_by_role("heading", name="Who are you?").wait_for()
    window.close()
    assert not faults, "\n".join(faults)


def _place(page: Page) -> str:
    """The store where Samir works."""
    return next(text for text in page.get_by_label("Place").locator("option").all_inner_texts() if "Paris" in text)


def _sizes(page: Page) -> list[float]:
    """The shorter side of everything that is tapped."""
    boxes = [each.bounding_box() for each in page.locator(".pin-key:visible, .btn-big:visible").all()]
    return [min(box["width"], box["height"]) for box in boxes if box]


def _enter(page: Page, pin: str, script: bool) -> None:
    if script:
        for digit in pin:
            page.locator(f"[data-digit='{digit}']").click()
        page.locator(".pin-pad").get_by_role("button", name="Sign in").click()
    else:
        page.get_by_label("PIN", exact=True).fill(pin)
        page.keyboard.press("Enter")
