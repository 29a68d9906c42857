"""Two people with one order open at once, each in a browser of their own; and the order page by keyboard and phone."""

from playwright.sync_api import Page, expect

from tests.browser.looks import faults_of_access, faults_of_fit, shoot
from tests.browser.people import PATIENCE_MS, People

expect.set_options(timeout=PATIENCE_MS)


def cancel_one(page: Page, number: str, why: str) -> None:
    page.goto(f"/orders/{number}/cancel/")
    page.get_by_label("Reason").fill(why)
    page.locator("input[type=number]").first.fill("1")
    page.get_by_role("button", name="Cancel these units").click()


def test_whoever_comes_second_is_told_and_loses_nothing(people: People, number: str) -> None:
    first, second = people.window("clerk"), people.window("manager")
    page = second.page
    page.goto(f"/orders/{number}/cancel/")
    page.get_by_label("Reason").fill("Wait too long")
    page.locator("input[type=number]").first.fill("2")
    expect(page.locator("#preview")).to_contain_text("2 ×")

    cancel_one(first.page, number, "Customer changed their mind")
    expect(first.page.locator("h1")).to_have_text(number)
    page.get_by_role("button", name="Cancel these units").click()

    expect(page.locator("h1")).to_have_text("Somebody changed this while you had it open")
    expect(page.locator("main")).to_contain_text("Claire Morel cancelled 1 unit")
    expect(page.locator("main")).to_contain_text("Wait too long")
    assert faults_of_fit(page) + faults_of_access(page) == []
    shoot(page, "changed meanwhile")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_label("Reason")).to_have_value("Wait too long")
    expect(page.locator("input[type=number]").first).to_have_value("2")
    page.get_by_role("button", name="Cancel these units").click()
    expect(page.locator("main")).to_contain_text("Cancelled")
    assert first.complaints == []


def test_an_open_page_hears_of_it_without_being_asked(people: People, number: str) -> None:
    reader, other = people.window("manager"), people.window("clerk")
    reader.page.goto(f"/orders/{number}/")
    cancel_one(other.page, number, "Ordered twice")
    expect(other.page.locator("h1")).to_have_text(number)

    reader.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # back from another tab

    notice = reader.page.locator("#live")
    expect(notice).to_contain_text("Claire Morel cancelled 1 unit")
    shoot(reader.page, "order, told of a change")
    notice.get_by_role("link", name="Show").click()
    expect(reader.page.locator("#timeline")).to_contain_text("cancelled 1 unit")
    assert reader.complaints == []


def test_an_open_page_goes_to_the_sign_in_when_its_session_has_ended(people: People, number: str) -> None:
    window = people.window("manager")
    page = window.page
    page.goto(f"/orders/{number}/")
    page.context.clear_cookies(name="session")

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # asks by itself, as it does now and then

    page.wait_for_url(f"**/sign-in/?next=%2Forders%2F{number}%2F")
    expect(page.get_by_label("User name")).to_be_visible()
    assert window.complaints == []


def test_an_action_that_is_off_says_why_by_keyboard(people: People, number: str) -> None:
    window = people.window("clerk")
    page = window.page
    page.goto(f"/orders/{number}/")
    page.locator("summary", has_text="More").focus()
    page.keyboard.press("Enter")
    off = page.get_by_role("button", name="Take back…")
    expect(off).to_have_attribute("aria-disabled", "true")
    expect(off).to_contain_text("Nothing has left yet.")
    expect(page.get_by_role("button", name="Receive an announced return")).to_contain_text("No return is announced.")
    assert window.complaints == []


def test_notes_and_the_timeline_on_a_phone(people: People, number: str) -> None:
    window = people.phone("clerk")
    page = window.page
    page.goto(f"/orders/{number}/")
    page.get_by_role("button", name="Actions").click()
    page.locator("#order-actions").get_by_role("link", name="Add a note").click()
    expect(page.locator("#order-actions")).to_be_hidden()
    page.get_by_label("Note for colleagues").fill("Ring at the back door")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#timeline")).to_contain_text("Ring at the back door")
    page.locator("#timeline").get_by_role("link", name="Money").click()
    expect(page.locator("#timeline")).not_to_contain_text("Ring at the back door")
    page.get_by_label("Find in the timeline").fill("back door")
    page.locator("#timeline").get_by_role("link", name="People").click()
    expect(page.locator("#timeline")).to_contain_text("Ring at the back door")
    assert faults_of_fit(page) + window.complaints == []


def test_it_works_without_script(people: People, number: str) -> None:
    page = people.window("clerk", script=False).page
    cancel_one(page, number, "Ordered twice")
    expect(page.locator("body")).to_contain_text("1 unit is cancelled.")
    page.get_by_label("Note for colleagues").fill("Rang, nobody there")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#timeline")).to_contain_text("Rang, nobody there")
    page.get_by_label("Find in the timeline").fill("rang")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator("#timeline li")).to_have_count(1)
