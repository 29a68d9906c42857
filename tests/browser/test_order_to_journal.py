"""The whole way of one order, by the people who walk it: clerk, store, customer, finance."""

import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from core.ids import new_id
from tests.browser.people import PATIENCE_MS, People
from tests.browser.running import System

expect.set_options(timeout=PATIENCE_MS)
PRODUCT = "HOUS-01"
"""Kept in stores only, so that the store nearest to the customer prepares it."""
BARCODE = "2000000000015"
STREET, POSTCODE, TOWN = "27 rue des Tournelles", "75004", "Paris"
EMAIL = "odile.garnier@example.com"


def test_an_order_goes_from_the_clerks_form_to_the_journal(people: People, system: System) -> None:
    clerk, store = people.window("clerk"), people.phone("store")
    number = _take_the_order(clerk.page)
    _until(clerk.page, "In preparation")
    expect(clerk.page.locator("main")).to_contain_text("released the hold: payment")
    _pick_pack_and_ship(store.page, number)
    _say_what_the_carrier_says(system, number)
    _follow_the_link_of_the_letter(people, _link_in_the_letter(clerk.page, number), number)
    finance = people.window("finance")
    _read_the_books(finance.page, number, "Captured")
    _take_one_back(clerk.page, number)
    _find_the_refund(finance.page, number)
    for window in (clerk, store, finance):
        assert window.complaints == []
        window.close()
    checked = system.manage("check_invariants")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _until(page: Page, words: str) -> None:
    """Look again until the page says so: what a person does while a worker works."""
    for _ in range(80):
        if page.locator("main").get_by_text(words).first.is_visible():
            return
        page.wait_for_timeout(250)
        page.reload()
    expect(page.locator("main")).to_contain_text(words)


# The clerk


def _take_the_order(page: Page) -> str:
    page.goto("/")
    page.get_by_role("link", name="New order").first.click()
    page.get_by_label("Add a product").press_sequentially("duvet cover, 140")
    expect(page.locator("#found")).to_contain_text(PRODUCT)
    page.locator("#found li", has_text=PRODUCT).get_by_role("button", name="Add").click()
    page.get_by_label("Quantity").fill("2")
    for label, value in {
        "E-mail": EMAIL, "First name": "Odile", "Last name": "Garnier", "Street and number": STREET,
        "Postcode": POSTCODE, "City": TOWN,
    }.items():  # fmt: skip
        page.get_by_label(label, exact=True).fill(value)
    expect(page.get_by_label("Card token")).to_be_hidden()
    page.get_by_label("Payment", exact=True).select_option("card")
    page.get_by_label("Card token").fill("tok_visa")
    quote = page.locator("#quote")
    expect(quote).to_contain_text("€220.00")
    expect(quote).to_contain_text("Arrives")
    expect(quote).to_contain_text("Paris Marais")
    page.get_by_role("button", name="Place order").click()
    page.wait_for_url(re.compile(r"/orders/[A-Z]+-\d+/"))
    return page.locator("h1").inner_text()


# The store


def _pick_pack_and_ship(page: Page, number: str) -> None:
    page.goto("/work/")
    page.get_by_role("link", name=number).click()
    _scan(page, "2000000000022")
    expect(page.get_by_role("status").first).to_contain_text("is not in this order")
    _scan(page, BARCODE)
    expect(page.locator("h1")).to_have_text("1 of 2 picked")
    page.get_by_label("Barcode or SKU").fill(PRODUCT)
    page.get_by_label("Barcode or SKU").press("Enter")
    page.get_by_role("button", name="Close the box and label it").click()
    label = page.get_by_role("link", name="Label").get_attribute("href") or ""
    tracking = page.get_by_label("Tracking number").input_value()
    paper = page.request.get(label).body()
    assert paper.startswith(b"%PDF")
    assert tracking in PdfReader(io.BytesIO(paper)).pages[0].extract_text().replace(" ", "")
    page.get_by_role("button", name=re.compile("^Hand over")).click()
    expect(page.locator("h1")).to_have_text("Handed over")


def _scan(page: Page, code: str) -> None:
    """As a scanner does it: quick keys and Enter, whatever has the focus."""
    page.locator("h1").click()
    page.keyboard.type(code)
    page.keyboard.press("Enter")


# The carrier


def _say_what_the_carrier_says(system: System, number: str) -> None:
    with httpx.Client(base_url=f"{system.url}/api/v1", headers=_key(system)) as carrier:
        shipment = carrier.get(f"/orders/{number}").json()["shipments"][0]["id"]
        for status in ("InTransit", "OutForDelivery", "Delivered"):
            event = {"status": status, "at": datetime.now(UTC).isoformat(), "location": TOWN}
            answer = carrier.post(
                f"/shipments/{shipment}/events", json=event, headers={"Idempotency-Key": str(new_id())}
            )
            assert answer.is_success, answer.text


def _key(system: System) -> dict[str, str]:
    return {"Authorization": f"Bearer {system.company.api_key}"}


# The customer


def _link_in_the_letter(page: Page, number: str) -> str:
    """The clerk reads in the mail box what the customer was told."""
    page.goto(f"/mail/?q={EMAIL}&kind=delivered")
    _until(page, number)
    page.locator("a.ref").first.click()
    letter = page.frame_locator("iframe")
    expect(letter.locator("body")).to_contain_text(number)
    return letter.locator("a[href*='/t/']").first.get_attribute("href") or ""


def _follow_the_link_of_the_letter(people: People, link: str, number: str) -> None:
    customer = people.phone()
    page = customer.page
    page.goto(urlsplit(link).path + "?lang=en")
    expect(page.locator("main")).to_contain_text(number)
    for secret in (STREET, "Garnier", "duvet", EMAIL):
        assert secret not in page.content()
    page.locator("[name=proof]").fill("69001")
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator("main")).to_contain_text("does not fit the order")
    page.locator("[name=proof]").fill(POSTCODE)
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator("main")).to_contain_text(STREET)
    expect(page.locator("main")).to_contain_text("Delivered")
    assert customer.complaints == []
    customer.close()


# Finance, and the way back


def _read_the_books(page: Page, number: str, state: str) -> None:
    page.goto(f"/orders/{number}/")
    _until(page, state)
    page.get_by_role("link", name=re.compile("journal entr")).click()
    expect(page.locator("#list li").nth(1)).to_be_visible()
    for address in [link.get_attribute("href") or "" for link in page.locator("#list li a.font-medium").all()]:
        page.goto(address)
        assert _balances(page), address
    page.goto("/ledger/trial-balance/")
    expect(page.locator("main")).to_contain_text("Debits equal credits")


def _balances(page: Page) -> bool:
    """Whether debits and credits of the entry on the page are the same, and not nothing."""
    lines = page.locator("#content .panel div.grid:has(> a)")
    debit, credit = (sum(map(_money, lines.locator(f"> :nth-child({n})").all_inner_texts())) for n in (4, 5))
    return debit == credit > 0


def _money(text: str) -> Decimal:
    return Decimal(re.sub(r"[^0-9.]", "", text) or 0)


def _take_one_back(page: Page, number: str) -> None:
    page.goto(f"/orders/{number}/")
    page.get_by_role("button", name="Take back…").click()
    page.locator("#return-dialog input[type=number]").fill("1")
    page.get_by_label("Reason", exact=True).last.fill("Does not please")
    page.get_by_role("button", name="Take back and credit").click()
    expect(page.locator("[data-toasts]")).to_contain_text("1 unit is taken back and credited")


def _find_the_refund(page: Page, number: str) -> None:
    _read_the_books(page, number, "€110.00 refunded")
