"""Rows are ticked, looked at, confirmed and followed; a list becomes a file: with script and without, on any screen."""

import re
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import THUMB, faults_of_access, faults_of_fit, shoot, turn
from tests.browser.people import DESK, PHONE, People

ENDED = "#progress[data-job=done]"
PATIENCE = 60_000


def tick(page: Page, count: int, query: str = "") -> None:
    """So many rows of the orders' list."""
    page.goto(f"/orders/{query}")
    for n in range(count):
        page.locator("input[name=ids]").nth(n).check()


def until_ended(page: Page, script: bool = True) -> None:
    """Until the page says that the job has ended: by itself, or by looking again."""
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/"))
    if script:
        expect(page.locator(ENDED)).to_be_visible(timeout=PATIENCE)
        return
    for _ in range(60):
        if page.locator(ENDED).count():
            return
        with page.expect_navigation():
            page.get_by_role("link", name="Look again").click()
    raise AssertionError("it does not end")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_orders_are_held_in_bulk_and_let_go_again(people: People, script: bool) -> None:
    window = people.window("manager", script=script)
    page = window.page
    tick(page, 3, "?status=processing")
    page.get_by_role("button", name="Hold…", exact=True).click()
    expect(page.locator("h1")).to_have_text("Hold orders")
    page.get_by_label("What should be cleared up?").fill("counted wrong")
    page.get_by_role("button", name=re.compile(r"^Hold \d+ orders?$")).click()
    until_ended(page, script)
    expect(page.locator("main")).to_contain_text(re.compile(r"[1-3] done"))
    numbers = page.locator("tbody tr", has_text="Done").locator("a.ref").all_inner_texts()
    assert numbers
    page.goto(f"/orders/{numbers[0]}/")
    expect(page.locator("main")).to_contain_text("counted wrong")
    tick(page, len(numbers), "?status=on_hold&hold=manual")
    page.get_by_role("button", name="Release hold…").click()
    page.get_by_label("Held for").select_option("manual")
    page.get_by_role("button", name=re.compile("go on$")).click()
    until_ended(page, script)
    assert window.complaints == []
    window.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_rows_are_ticked_by_thumb(people: People, script: bool) -> None:
    window = people.phone("manager", script=script)
    page = window.page
    page.goto("/orders/?status=processing")
    boxes, bar = page.locator("input[name=ids]"), page.locator("#bulk")
    expect(boxes.first).to_be_hidden()
    page.locator(".list-select").tap()
    target = page.locator("td.pick label").first.bounding_box()
    assert target and min(target["width"], target["height"]) >= THUMB
    for n in range(2):
        page.locator("td.pick label").nth(n).tap()
    page.locator("tbody tr").last.scroll_into_view_if_needed()
    expect(bar).to_be_in_viewport()
    page.get_by_role("button", name="Hold…", exact=True).tap()
    expect(page.locator("h1")).to_have_text("Hold orders")
    expect(page.get_by_role("button", name="Hold 2 orders")).to_be_visible()
    assert window.complaints == []
    window.close()


def test_while_a_thumb_selects_a_card_is_ticked_and_not_opened(people: People) -> None:
    window = people.phone("manager")
    page = window.page
    page.goto("/orders/?status=processing")
    card, box = page.locator("tbody tr").nth(1), page.locator("input[name=ids]").nth(1)
    page.locator(".list-select").tap()
    card.tap(position={"x": 240, "y": 70})
    expect(box).to_be_checked()
    for theme in ("light", "dark"):
        turn(page, theme)
        shoot(page, f"orders ticked by thumb {theme}")
        assert faults_of_fit(page) + faults_of_access(page) == []
    page.locator(".menu-box a", has_text="Oldest first").evaluate("link => link.click()")
    expect(page).to_have_url(re.compile("sort="))
    expect(page.get_by_label("Select", exact=True)).to_be_checked()
    page.locator("td.pick label").first.tap()
    page.locator(".list-select").tap()
    expect(page.locator("#bulk")).to_be_hidden()
    expect(page.locator("input[name=ids]:checked")).to_have_count(0)
    card.tap(position={"x": 240, "y": 70})
    expect(page).to_have_url(re.compile(r"/orders/[A-Z]+-\d+/$"))
    assert window.complaints == []
    window.close()


def test_what_is_missing_is_said_and_what_was_typed_stays(people: People) -> None:
    window = people.window("manager")
    page = window.page
    tick(page, 2, "?status=processing")
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_label("Reason").fill("")
    page.locator("main form").last.evaluate("form => form.noValidate = true")
    button = page.get_by_role("button", name=re.compile(r"^Cancel \d+ orders?$"))
    button.click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    assert window.complaints == []
    window.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_list_is_fetched_as_a_file(people: People, script: bool, tmp_path: Path) -> None:
    window = people.window("manager", script=script)
    page = window.page
    for words, start in (("CSV", b"\xef\xbb\xbf"), ("XLSX", b"PK")):
        page.goto("/orders/")
        page.locator("form[action='/jobs/export/']").first.evaluate(
            "form => form.closest('details')?.setAttribute('open', '')"
        )
        page.locator(f"form[action='/jobs/export/'] [value={words.lower()}]").first.click()
        until_ended(page, script)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download", exact=True).click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        assert file.suffix == f".{words.lower()}"
        assert file.read_bytes().startswith(start)
    assert window.complaints == []
    window.close()


def test_the_shell_tells_of_a_job_that_ends_while_something_else_is_done(people: People) -> None:
    window = people.window("manager")
    page = window.page
    tick(page, 2, "?status=processing")
    page.get_by_role("button", name="Hold…", exact=True).click()
    page.get_by_role("button", name=re.compile(r"^Hold \d+ orders?$")).click()
    page.goto("/customers/")
    expect(page.locator(".jobs-now").first).to_be_visible()
    expect(page.locator(".jobs-now").first).to_contain_text("Ended", timeout=PATIENCE)
    assert window.complaints == []
    window.close()


LOOKS = list(product((DESK, PHONE), ("light", "dark")))
JUDGED = [(DESK, "light"), (PHONE, "dark")]
"""Where axe looks: each width once, each theme once."""


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_every_page_of_a_job_looks_well(people: People, locale: str) -> None:
    window = people.window("manager", locale=locale)
    page = window.page
    is_french = locale.startswith("fr")

    def judge(name: str) -> None:
        for size, theme in LOOKS:
            page.set_viewport_size(size)
            turn(page, theme)  # type: ignore[arg-type]
            shoot(page, f"jobs {name} {size['width']} {theme} {locale}")
            judged = (size, theme) in JUDGED
            assert faults_of_fit(page) + (faults_of_access(page) if judged else []) == [], name
        page.set_viewport_size(DESK)

    page.goto("/jobs/")
    judge("none or some")
    page.goto("/orders/?columns=number,total,status")
    for n in range(12):
        page.locator("input[name=ids]").nth(n).check()
    shoot(page, f"jobs ticked {locale}")
    page.locator("button[value='orders.cancel']").click()
    judge("preview")
    page.goto("/orders/")
    for n in range(25):
        page.locator("input[name=ids]").nth(n).check()
    page.locator("button[value='orders.hold']").click()
    page.locator("main form .btn-primary").click()
    until_ended(page)
    judge("results")
    page.goto("/orders/?columns=number,total,status")
    page.locator("input[name=ids]").first.check()
    page.locator("#bulk [name=all]").check()
    page.locator("button[value='orders.hold']").click()
    judge("preview of all")
    page.locator("[name=kind]").select_option("address")
    page.locator("main form .btn-primary").click()
    page.locator("#progress").wait_for()
    shoot(page, f"jobs running {locale}")
    page.goto("/customers/")
    shoot(page, f"jobs in the shell {locale}")
    page.go_back()
    until_ended(page)
    page.goto(page.url.split("?")[0] + "?state=refused")
    judge("refused")
    page.goto("/orders/")
    page.locator("form[action='/jobs/export/']").first.evaluate(
        "form => form.closest('details')?.setAttribute('open', '')"
    )
    page.locator("form[action='/jobs/export/'] [value=csv]").first.click()
    until_ended(page)
    judge("file")
    page.goto("/jobs/")
    judge("my jobs")
    assert page.locator("html").get_attribute("lang") == ("fr" if is_french else "en")
    assert window.complaints == []
    window.close()
