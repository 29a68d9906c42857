"""The core flows with script switched off: everything is a link or a form."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import PHONE, People, sign_in
from tests.browser.running import System


@pytest.fixture
def page(people: People) -> Page:
    """Somebody who has not signed in yet, in a browser without script."""
    return people.window(script=False).page


def test_an_order_is_placed_without_script(page: Page) -> None:
    sign_in(page, "clerk")
    page.goto("/orders/new/")
    page.get_by_label("Add a product").fill("vase")
    page.get_by_label("Add a product").press("Enter")
    page.locator("#found").get_by_role("button", name="Add").first.click()
    page.get_by_label("Quantity").fill("3")
    for label, value in {
        "Last name": "Roussel", "Street and number": "4 rue Mercière", "Postcode": "69002", "City": "Lyon",
    }.items():  # fmt: skip
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Place order").click()
    expect(page).to_have_url(re.compile(r"/orders/[A-Z]+-\d+/$"))
    expect(page.locator("main")).to_contain_text("Roussel")


def test_a_wrong_order_is_told_beside_its_field_without_script(page: Page) -> None:
    sign_in(page, "clerk")
    page.goto("/orders/new/")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_label("Postcode", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-error-summary]")).to_be_visible()


def test_work_is_picked_packed_and_handed_over_without_script(people: People, number: str) -> None:
    page = people.window("manager", size=PHONE, script=False).page
    page.goto(f"/orders/{number}/")
    page.locator("a[href^='/work/']:visible").first.click()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="All picked…").click()
    page.get_by_role("button", name="Yes, all picked").click()
    page.get_by_role("button", name="Close the box and label it").click()
    page.get_by_role("button", name=re.compile("^Hand over")).click()
    expect(page.locator("h1")).to_have_text("Handed over")


def test_a_customer_shows_the_proof_without_script(page: Page, system: System) -> None:
    page.goto(system.company.places["tracking"] + "?lang=en")
    page.locator("[name=proof]").fill(system.company.places["postcode"])
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator("address")).to_contain_text(system.company.places["postcode"])


def test_theme_and_language_change_without_script(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_role("button", name="FR", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.locator("[data-theme-switch] button").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", re.compile("day|night"))


def test_an_order_is_held_and_released_without_script(people: People, number: str) -> None:
    page = people.window("clerk", script=False).page
    page.goto(f"/orders/{number}/")
    page.get_by_role("button", name="Hold", exact=False).first.click()
    page.get_by_label("What should be cleared up?").fill("Asked for another colour")
    page.get_by_role("button", name="Hold the order").click()
    expect(page.locator(".page-head")).to_contain_text("On hold")
    page.get_by_role("button", name=re.compile("^Release|^Lift")).first.click()
    box = page.locator("[popover]:popover-open")
    if box.count():
        box.get_by_role("button").last.click()
    expect(page.locator(".page-head")).not_to_contain_text("On hold")


def test_goods_are_received_without_script(people: People, system: System) -> None:
    page = people.window("warehouse", script=False).page
    page.goto(system.company.places["stock-item"])
    page.get_by_role("button", name="Receive goods").click()
    box = page.locator("#receive-dialog")
    box.get_by_label("Units").fill("7")
    box.get_by_label("Delivery note").fill("LS-2044")
    box.get_by_role("button", name="Receive", exact=True).click()
    expect(page.locator("main")).to_contain_text("LS-2044")
    expect(page.locator("main")).to_contain_text("+7")


def test_a_list_is_narrowed_sorted_and_walked_without_script(people: People) -> None:
    page = people.window("clerk", script=False).page
    page.goto("/orders/")
    box = page.locator("main").get_by_role("searchbox").first
    box.fill("martin")
    box.press("Enter")
    expect(page).to_have_url(re.compile("q=martin"))
    expect(page.locator("tbody tr").first).to_contain_text("Martin")
    page.goto("/orders/")
    page.get_by_role("link", name="Older").click()
    expect(page).to_have_url(re.compile("cursor="))
    first = page.locator("a.ref").first
    number = first.inner_text()
    first.click()
    expect(page.locator("h1")).to_have_text(number)


def test_the_search_box_finds_without_script(people: People, system: System) -> None:
    page = people.window("clerk", script=False).page
    page.goto("/")
    number = system.company.places["order-held"].strip("/").rpartition("/")[2]
    page.locator(".top [name=q]").fill(number)
    page.locator(".top [name=q]").press("Enter")
    expect(page.locator("h1")).to_contain_text(number)


def test_menus_dialogs_and_drawers_open_without_script(people: People) -> None:
    page = people.window("manager", script=False).page
    page.goto("/styleguide/")
    page.locator("summary").filter(has_text="More").first.click()
    expect(page.get_by_role("link", name="Print packing slips")).to_be_visible()
    for button, box in (("Cancel…", "#sample-dialog"), ("Open the drawer", "#sample-drawer")):
        page.locator(".sample-stage").get_by_role("button", name=button, exact=True).last.click()
        expect(page.locator(box)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(box)).to_be_hidden()
    assert page.locator("#id_place").get_attribute("list"), "the browser suggests by itself"
    expect(page.locator("[data-copy]").first).to_be_hidden()
