"""The frame of every page by keyboard: the skip link, menus, dialogs and drawers; and on paper."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import shoot
from tests.browser.people import PHONE, People
from tests.browser.running import System
from tests.browser.test_keyboard import NAME_OF_FOCUS

INSIDE = "(id) => document.getElementById(id).contains(document.activeElement)"
MORE_THAN_ALL = 12
"""More presses of Tab than a box has stops."""


@pytest.fixture
def guide(people: People) -> Page:
    """The style guide, which has one of everything."""
    page = people.window("manager").page
    page.goto("/styleguide/")
    return page


def test_the_first_stop_skips_to_the_content(people: People) -> None:
    page = people.window("clerk").page
    page.goto("/orders/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_every_entry_of_the_navigation_is_a_stop(people: People) -> None:
    page = people.window("manager").page
    page.goto("/orders/")
    wanted = page.locator(".side .nav a").all_inner_texts()
    reached = []
    for _ in range(len(wanted) + 4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(NAME_OF_FOCUS))
    assert [name for name in wanted if name.strip() not in reached] == []


@pytest.mark.parametrize(("button", "box"), [("Cancel…", "sample-dialog"), ("Open the drawer", "sample-drawer")])
def test_a_box_keeps_the_focus_and_gives_it_back(guide: Page, button: str, box: str) -> None:
    opener = guide.locator(".sample-stage").get_by_role("button", name=button, exact=True).last
    opener.focus()
    guide.keyboard.press("Enter")
    expect(guide.locator(f"#{box}")).to_be_visible()
    guide.wait_for_function(INSIDE, arg=box)
    for key in ["Tab"] * MORE_THAN_ALL + ["Shift+Tab"] * MORE_THAN_ALL:
        assert guide.evaluate(INSIDE, box)
        guide.keyboard.press(key)
    guide.keyboard.press("Escape")
    expect(guide.locator(f"#{box}")).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_menu_is_walked_by_arrows_and_closed_by_escape(guide: Page) -> None:
    menu = guide.locator("details[data-menu]").filter(has_text="Print packing slips")
    menu.locator("summary").focus()
    guide.keyboard.press("Enter")
    guide.keyboard.press("ArrowDown")
    assert guide.evaluate(NAME_OF_FOCUS) == "Print packing slips"
    guide.keyboard.press("ArrowDown")
    assert guide.evaluate(NAME_OF_FOCUS) == "Message customers"
    guide.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    guide.keyboard.press("Enter")
    guide.locator("h1").first.click()
    expect(menu).not_to_have_attribute("open", "")


def test_a_field_suggests_and_takes_what_was_chosen(guide: Page) -> None:
    field = guide.get_by_role("combobox", name="Place")
    field.fill("geneve")  # found without its accents
    expect(guide.locator(".combo").get_by_role("option")).to_have_count(1)
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("Genève Rive")
    expect(guide.locator(".combo").get_by_role("listbox")).to_be_hidden()


def test_the_menu_of_a_phone_holds_every_page_and_gives_the_focus_back(people: People) -> None:
    page = people.window("manager", size=PHONE).page
    page.goto("/")
    opener = page.get_by_role("button", name="Menu", exact=True)
    opener.click()
    expect(page.locator("#menu").get_by_role("link", name="Insight")).to_be_visible()
    shoot(page, "menu narrow light")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


@pytest.mark.parametrize("leaf", ["order-under-way", "/orders/"])
def test_paper_shows_the_content_alone(people: People, system: System, leaf: str) -> None:
    page = people.window("manager").page
    page.goto(system.company.places.get(leaf, leaf))
    page.emulate_media(media="print", color_scheme="dark")
    for gone in (".side", ".top", ".page-head .btn"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator("body")).to_have_css("background-color", re.compile(r"^(rgb\(255, 255, 255\)|oklch\(1 0 0\))$"))
    shoot(page, f"print {leaf.strip('/')}")


def test_states_keep_their_words_when_the_system_forces_its_colours(people: People) -> None:
    page = people.window("clerk").page
    page.emulate_media(forced_colors="active")
    page.goto("/orders/")
    expect(page.locator(".state").first).not_to_be_empty()
    shoot(page, "orders wide forced colours")
