"""A customer finishes a payment: their bank asks, or another card is taken on the provider's page. Wide and on a phone,
in English and in French; no script of ours is needed for any of it."""

import re
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page, expect

from core.ids import new_id
from tests.browser import orders
from tests.browser.looks import faults_of_access, faults_of_fit, shoot
from tests.browser.people import PATIENCE_MS, People, Window
from tests.browser.running import System

expect.set_options(timeout=PATIENCE_MS)
PRODUCT = "HOUS-01"
BODY = orders.BODY | {"lines": [{"sku": PRODUCT, "quantity": 1}]}


def order(system: System, token: str, language: str) -> tuple[str, str]:
    """An order paid with this card; its number, and the path of its customer's page."""
    customer = {"email": "odile@example.com", "first_name": "Odile", "last_name": "Garnier", "language": language}
    key = {"Authorization": f"Bearer {system.company.api_key}"}
    with httpx.Client(base_url=f"{system.url}/api/v1", headers=key) as api:
        total = api.post("/orders/quote", json=BODY | {"customer": customer}).json()["totals"]["total"]
        body = BODY | {"customer": customer, "payments": [{"tender": "card", "amount": total, "token": token}]}
        answer = api.post("/orders", json=body, headers={"Idempotency-Key": str(new_id())})
    assert answer.status_code == 201, answer.text
    return answer.json()["number"], urlsplit(answer.json()["tracking_url"]).path


def until(page: Page, words: str) -> None:
    """Look again until the page says so: what a person does while a worker works."""
    for _ in range(80):
        if page.get_by_text(words).first.is_visible():
            return
        page.wait_for_timeout(250)
        page.reload()
    expect(page.locator("main")).to_contain_text(words)


def judged(window: Window, name: str) -> None:
    """It fits, can be read, and is kept for people to look at."""
    assert faults_of_fit(window.page) + faults_of_access(window.page) == []
    shoot(window.page, f"paying-{name}")


def test_a_customer_confirms_with_the_bank_on_a_phone(people: People, system: System) -> None:
    _, path = order(system, "tok_threeDSecure2Required", "fr")
    window = people.phone(locale="fr-FR", script=True)
    page = window.page
    page.goto(path)
    until(page, "Votre paiement vous attend.")
    judged(window, "tracking-phone-fr")
    page.get_by_role("link", name="Confirmer auprès de votre banque").click()
    expect(page.locator("h1")).to_contain_text("€")
    judged(window, "bank-phone-fr")
    page.get_by_role("button", name="Autoriser").click()
    page.wait_for_url(re.compile(re.escape(path)))
    expect(page.locator("h1")).to_have_text("Nous préparons votre commande.")
    judged(window, "done-phone-fr")
    assert window.complaints == []


def test_a_customer_takes_another_card_after_a_decline(people: People, system: System) -> None:
    number, path = order(system, "tok_chargeDeclined", "en")
    window = people.window()
    page = window.page
    page.goto(path)
    until(page, "Your payment did not go through.")
    judged(window, "tracking-wide-en")
    page.get_by_role("button", name="Pay with another card").click()
    page.wait_for_url(re.compile(r"/c/pay/cs_"))
    judged(window, "page-wide-en")
    page.get_by_label(re.compile("0002")).check()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    judged(window, "declined-wide-en")
    page.get_by_label(re.compile("Mastercard")).check()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(re.compile(re.escape(path)))
    expect(page.locator("h1")).to_have_text("We are preparing your order.")
    clerk = people.window("clerk")
    clerk.page.goto(f"/orders/{number}/")
    expect(clerk.page.locator("main")).to_contain_text("Odile Garnier began to pay another way")
    shoot(clerk.page, "paying-order-wide-en")
    assert window.complaints == clerk.complaints == []


def test_a_clerk_sends_a_new_link(people: People, system: System) -> None:
    number, path = order(system, "tok_chargeDeclined", "fr")
    clerk = people.window("clerk")
    clerk.page.goto(f"/orders/{number}/")
    until(clerk.page, "Send a new payment link")
    judged(clerk, "clerk-declined-wide-en")
    clerk.page.get_by_role("button", name="Send a new payment link").click()
    expect(clerk.page.get_by_text("The customer gets a new link to pay by mail.")).to_be_visible()
    until(clerk.page, "Page where the customer pays")
    until(clerk.page, "told the customer: finish the payment")
    judged(clerk, "clerk-link-wide-en")
    customer = people.phone(locale="fr-FR", script=False)
    customer.page.goto(path)
    shoot(customer.page, "paying-link-phone-fr")
    customer.page.get_by_role("link", name="Aller à la page de paiement").click()
    shoot(customer.page, "paying-page-phone-fr")
    customer.page.get_by_role("button", name=re.compile("Payer")).click()
    customer.page.wait_for_url(re.compile(re.escape(path)))
    expect(customer.page.locator("h1")).to_have_text("Nous préparons votre commande.")
    clerk.page.goto("/mail/?q=odile@example.com")
    shoot(clerk.page, "paying-mail-wide-en")
    assert clerk.complaints == customer.complaints == []
