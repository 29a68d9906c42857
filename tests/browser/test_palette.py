"""The palette and the keys: everything is found, opened and done without the mouse, and told to those who do not see it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.looks import faults_of_access, faults_of_fit, shoot, turn
from tests.browser.people import PHONE, People, Window
from tests.browser.running import System


@pytest.fixture
def window(people: People) -> Iterator[Window]:
    """A clerk before the list of orders."""
    window = people.window("clerk")
    window.page.goto("/orders/")
    yield window
    assert window.complaints == []
    window.close()


@pytest.fixture
def page(window: Window) -> Page:
    return window.page


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search and commands")


def options(page: Page) -> Locator:
    return page.get_by_role("dialog").get_by_role("option")


def chosen(page: Page) -> Locator:
    return page.get_by_role("option", selected=True)


def asked(page: Page, text: str) -> None:
    """Open the palette, type, and wait until the answer is for all of the text."""
    page.keyboard.press("Control+k")
    expect(box(page)).to_be_focused()
    page.keyboard.type(text)
    page.locator(f'#palette-found [data-for="{text}"]').wait_for()


def test_the_palette_opens_a_page_by_its_name(page: Page) -> None:
    asked(page, "custom")
    expect(chosen(page)).to_contain_text("Customers")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/customers/$"))


def test_arrows_move_through_all_options_and_around(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(options(page).filter(has_text="Customers")).to_be_visible()
    first = chosen(page).get_attribute("id")
    page.keyboard.press("ArrowDown")
    assert chosen(page).get_attribute("id") != first
    assert box(page).get_attribute("aria-activedescendant") == chosen(page).get_attribute("id")
    page.keyboard.press("Control+Home")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(chosen(page)).to_have_count(1)
    expect(options(page).last).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_be_focused()


def test_an_order_is_opened_by_its_number_and_by_the_name_on_it(page: Page) -> None:
    number = page.locator("a.ref").first.inner_text()
    asked(page, number)
    expect(chosen(page)).to_contain_text(number)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(number)


def test_a_scan_is_quicker_than_any_answer_and_still_opens_the_order(page: Page) -> None:
    number = page.locator("a.ref").first.inner_text()
    page.keyboard.press("Control+k")
    page.keyboard.insert_text(number)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/orders/{number}/$"))


def test_escape_closes_and_gives_the_focus_back(page: Page) -> None:
    opener = page.get_by_role("link", name="New order").first
    opener.focus()
    page.keyboard.press("Control+k")
    expect(box(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(box(page)).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_focus_does_not_leave_the_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(options(page).first).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('#palette')")


def test_an_action_of_the_shell_is_done_and_the_page_stays(page: Page) -> None:
    page.goto("/orders/?status=on_hold")
    asked(page, "dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    expect(page).to_have_url(re.compile(r"/orders/\?status=on_hold"))
    asked(page, "light")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "day")


def test_what_this_page_offers_is_pressed_by_name(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("new ord")
    option = options(page).filter(has_text="New order").first
    expect(option).to_be_visible()
    option.click()
    expect(page).to_have_url(re.compile("/orders/new/"))


def test_an_order_offers_what_may_be_done_with_it_now(people: People, system: System) -> None:
    window = people.window("manager")
    page = window.page
    page.goto(system.company.places["order-in-work"])
    page.keyboard.press("Control+k")
    page.keyboard.type("hold")
    option = page.get_by_role("group", name="On this page").get_by_role("option", name=re.compile("old"))
    option.first.click()
    expect(box(page)).to_be_hidden()
    expect(page.locator("[popover][role=dialog]:popover-open")).to_be_visible()
    window.close()


def test_what_was_opened_lately_comes_first(page: Page) -> None:
    page.goto("/stock/")
    page.goto("/customers/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("group", name="Opened lately").get_by_role("option").first).to_have_text(
        re.compile("Stock")
    )


def test_the_number_of_things_found_is_said(page: Page) -> None:
    asked(page, "mar")
    expect(page.locator("[data-palette-said]")).to_have_text(re.compile(r"^\d+ things? found$"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_palette_and_the_keys_can_be_read_by_everybody(people: People, theme: str) -> None:
    for size, window in (("wide", people.window("manager")), ("narrow", people.phone("manager"))):
        page = window.page
        page.goto("/orders/")
        turn(page, "dark" if theme == "dark" else "light")
        for text in ("", "mar", "nothing-like-this"):
            page.evaluate(
                "document.querySelector('#palette').open || document.querySelector('a[data-palette-open]').click()"
            )
            box(page).fill(text)
            page.locator(f'#palette-found [data-for="{text}"]').wait_for()
            shoot(page, f"palette {text or 'opened'} {size} {theme}")
            assert faults_of_access(page) + faults_of_fit(page) == [], text
        page.keyboard.press("Escape")
        expect(box(page)).to_be_hidden()
        if size == "wide":
            page.keyboard.press("?")
            expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
            shoot(page, f"keys {size} {theme}")
            assert faults_of_access(page) == []
        window.close()


def test_two_keys_jump_and_the_help_lists_them(page: Page) -> None:
    page.keyboard.press("?")
    help_box = page.get_by_role("dialog", name="Keys")
    expect(help_box.get_by_text("Next row")).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_box).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url(re.compile("/stock/$"))
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("/orders/$"))


def test_keys_wait_while_somebody_types(page: Page) -> None:
    page.goto("/orders/new/")
    field = page.get_by_label("Last name")
    field.fill("")
    field.focus()
    page.keyboard.type("go/?jk")
    expect(field).to_have_value("go/?jk")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page).to_have_url(re.compile("/orders/new/"))


def test_keys_wait_on_screens_for_scanning(people: People, system: System) -> None:
    window = people.window("manager")
    page = window.page
    page.goto(system.company.places["work-pick"])
    for key in ("?", "/", "g", "o"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile("/work/"))
    window.close()


def test_without_script_the_same_is_found_and_done(people: People) -> None:
    page = people.window("clerk", script=False).page
    page.goto("/orders/")
    number = page.locator("a.ref").first.inner_text()
    page.get_by_role("search", name="").first.get_by_role("searchbox").fill(number)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(number)
    page.get_by_role("link", name="Search and commands").click()
    expect(page).to_have_url(re.compile("/search/$"))
    page.get_by_role("searchbox", name="Search everything").last.fill("customers")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("main").get_by_role("link", name="Customers").first.click()
    expect(page).to_have_url(re.compile("/customers/$"))
    page.goto("/search/?q=dark")
    page.get_by_role("main").get_by_role("button", name="Dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    page.goto("/search/?q=light")
    page.get_by_role("main").get_by_role("button", name="Light theme").click()


def test_on_a_phone_the_palette_is_a_press_away(people: People) -> None:
    window = people.phone("clerk")
    page = window.page
    page.goto("/orders/")
    page.get_by_role("searchbox", name="Search everything").tap()
    expect(box(page)).to_be_focused()
    assert page.viewport_size == PHONE
    assert faults_of_fit(page) + window.complaints == []
    window.close()
