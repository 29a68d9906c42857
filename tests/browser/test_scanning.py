"""Scans that come quicker than answers: each is counted where it was meant, or the person is told."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import faults_of_access, faults_of_fit, shoot
from tests.browser.people import PATIENCE_MS, People
from tests.browser.running import System

expect.set_options(timeout=PATIENCE_MS)
SCAN = """codes => codes.forEach(code => [...code, "Enter"].forEach(
    key => document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}))))"""
BIN, SKU = re.compile(r"/bins/[0-9a-f-]{36}/"), "HOUS-03"


@pytest.fixture
def page(people: People, system: System) -> Iterator[Page]:
    """A phone on which somebody is before the bins of a new count of two of them."""
    window = people.phone("manager")
    page = window.page
    page.goto(system.company.places["stock-bin"])
    page.get_by_role("link", name="Have it counted").click()
    page.get_by_label("Bins or SKUs").fill("R-01\nR-02")
    page.get_by_role("button", name="Make the count").click()
    page.wait_for_url(re.compile(r"/counts/CN-\d+/$"))
    page.goto(f"{page.url}bins/")
    yield page
    assert window.complaints == []
    window.close()


def quickly(page: Page, *codes: str) -> None:
    """One scan after the other, sooner than any answer comes, whatever has the focus."""
    page.locator("h1").click()
    page.evaluate(SCAN, list(codes))


def test_a_scan_right_behind_that_of_a_bin_is_counted_in_that_bin(page: Page) -> None:
    quickly(page, "R-01")
    page.wait_for_url(BIN)
    before = page.url
    quickly(page, "R-02", SKU)
    expect(page.locator("h1")).to_have_text("R-02")
    expect(page.locator("[data-said]")).to_contain_text("1 counted")
    assert page.url != before and BIN.search(page.url)
    page.reload()
    expect(page.locator("h1")).to_have_text("R-02")
    expect(page.locator(".pick-card.is-done")).to_contain_text(SKU)


def test_scans_that_were_meant_for_a_page_that_is_gone_are_counted_by_nobody_and_it_is_said(page: Page) -> None:
    quickly(page, "R-01")
    page.wait_for_url(BIN)
    page.context.clear_cookies(name="session")
    quickly(page, SKU, f"{SKU}-X")
    expect(page.locator("[data-said]")).to_contain_text("the last scans were not counted")
    assert faults_of_fit(page) + faults_of_access(page) == []
    shoot(page, "scans that were not counted")
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_label("User name")).to_be_visible()
