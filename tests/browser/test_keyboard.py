"""An order without touching the mouse: every stop is reached by Tab, seen by its focus ring, and left by typing."""

import re

from playwright.sync_api import Page, expect

from tests.browser.people import People

MOST_STOPS = 60


def test_an_order_is_placed_with_the_keyboard_alone(people: People) -> None:
    window = people.window("clerk")
    page = window.page
    page.goto("/orders/")
    _go_to(page, "New order")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/orders/new/"))
    expect(page.get_by_label("Add a product")).to_be_focused()
    page.keyboard.type("HOUS-03")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Quantity")).to_have_value("1")
    expect(page.get_by_label("Add a product")).to_be_focused()
    for label, text in {
        "Quantity": "2", "Last name": "Lambert", "Street and number": "9 quai Rambaud", "Postcode": "69002",
        "City": "Lyon",
    }.items():  # fmt: skip
        _go_to(page, label)
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    expect(page.locator("#quote")).to_contain_text("€310.00")
    _go_to(page, "Place order")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/orders/[A-Z]+-\d+/$"))
    assert window.complaints == []
    window.close()


def test_lists_are_walked_and_searched_by_keys(people: People) -> None:
    window = people.window("clerk")
    page = window.page
    page.goto("/orders/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("tr.at a.ref").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(second)
    page.keyboard.press("/")
    page.keyboard.type(second)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/orders/{second}/"))
    window.close()


def _go_to(page: Page, label: str) -> None:
    """Tab until the control with this name has the focus; its ring must show."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate(NAME_OF_FOCUS) == label:
            break
    assert page.evaluate(NAME_OF_FOCUS) == label
    assert page.evaluate(RING), f"no focus ring on {label}"


NAME_OF_FOCUS = """() => {
    const at = document.activeElement;
    const label = at.labels?.[0];
    return (label ?? at).innerText.trim() || at.getAttribute("aria-label") || "";
}"""
RING = """() => {
    const style = getComputedStyle(document.activeElement);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
}"""
