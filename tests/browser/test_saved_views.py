"""A view is saved by keyboard alone, and without script; rows are ticked by key."""

from playwright.sync_api import expect

from tests.browser.people import People


def test_a_view_is_saved_by_keyboard(people: People) -> None:
    window = people.window("manager")
    page = window.page
    page.goto("/orders/?status=shipped")
    page.get_by_role("link", name="Save this as a view").focus()
    page.keyboard.press("Enter")
    name = page.get_by_label("Name of the view")
    expect(name).to_be_focused()
    page.keyboard.type("Gone by keyboard")
    page.keyboard.press("Enter")

    tab = page.get_by_role("navigation", name="Views").get_by_role("link", name="Gone by keyboard")
    expect(tab).to_have_attribute("aria-current", "page")
    assert not window.complaints
    window.close()


def test_a_view_is_saved_changed_and_deleted_without_script(people: People) -> None:
    page = people.window("clerk", script=False).page
    page.goto("/orders/?status=shipped&panel=save")
    page.get_by_label("Name of the view").fill("Gone without script")
    page.get_by_role("button", name="Save view").click()

    views = page.get_by_role("navigation", name="Views")
    expect(views.get_by_role("link", name="Gone without script")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Filter", exact=True).click()
    page.get_by_label("Late").check()
    page.get_by_role("region", name="Filters").get_by_role("button", name="Apply").click()
    expect(page.get_by_text("changed", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("changed", exact=True)).to_have_count(0)
    page.get_by_role("link", name="View", exact=True).click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete the view").click()
    expect(views.get_by_role("link", name="Gone without script")).to_have_count(0)


def test_x_ticks_the_row_that_j_has_come_to(people: People) -> None:
    window = people.window("manager")
    page = window.page
    page.goto("/orders/")
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")

    expect(bar).to_be_visible()
    expect(bar).to_contain_text("1 selected")
    assert not window.complaints
    window.close()
