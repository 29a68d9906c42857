"""Every page that a person opens, in both themes, wide and narrow."""

from dataclasses import dataclass
from itertools import product

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.looks import Theme, faults_of_access, faults_of_fit, faults_of_reflow, faults_of_thumbs, shoot, turn
from tests.browser.people import DESK, PHONE, People, Window
from tests.browser.running import System

THEMES: tuple[Theme, ...] = ("light", "dark")
SIZES = {"wide": DESK, "narrow": PHONE}
JUDGED: set[tuple[str, Theme]] = {("wide", "light"), ("narrow", "dark")}
"""Where axe looks each time: each width once, each theme once. The long run looks at all four, in French."""
ALL: set[tuple[str, Theme]] = set(product(SIZES, THEMES))
IN_ONE_HAND = {"work", "work-piece", "purchase-order-receive", "transfer-count", "count-floor", "count-bin"}
"""Routes of screens that are used standing: everything in them is large enough for a thumb."""


@dataclass(frozen=True)
class Leaf:
    """A page: the route it belongs to, who opens it, and its address (or the name of a place of the company)."""

    name: str
    route: str
    role: str
    address: str = ""
    status: int = 200
    proof: bool = False
    waits_for: str = "h1"
    ours: bool = True


LEAVES = [
    Leaf("sign-in", "sign-in", "", "/sign-in/"),
    Leaf("home of the clerk", "home", "clerk", "/"),
    Leaf("home of the store", "home", "store", "/"),
    Leaf("home of the manager", "home", "manager", "/"),
    Leaf("my jobs", "jobs", "clerk", "/jobs/"),
    Leaf("styleguide", "styleguide", "manager", "/styleguide/"),
    Leaf("home of the warehouse", "home", "warehouse", "/"),
    Leaf("home of finance", "home", "finance", "/"),
    Leaf("home of the administrator", "home", "admin", "/"),
    Leaf("preferences", "preferences", "clerk", "/preferences/"),
    Leaf("help", "help", "store", "/help/"),
    Leaf("help, found", "help", "clerk", "/help/?q=hold"),
    Leaf("help page", "help-page", "clerk", "/help/call-centre/"),
    Leaf("orders", "orders", "clerk", "/orders/"),
    Leaf("search", "search", "manager", "/search/"),
    Leaf("search, things found", "search", "clerk", "/search/?q=mar"),
    Leaf("search, nothing found", "search", "store", "/search/?q=nobody-is-called-this"),
    Leaf("orders, filters", "orders", "clerk", "/orders/?status=placed&channel=web&panel=filters"),
    Leaf("orders, columns", "orders", "clerk", "/orders/?panel=columns"),
    Leaf("orders, save a view", "orders", "manager", "/orders/?late=1&panel=save"),
    Leaf("exceptions", "exceptions", "manager", "/exceptions/"),
    Leaf("exception", "exception", "manager", "exception"),
    Leaf("payments", "payments", "finance", "/payments/"),
    Leaf("returns", "returns", "clerk", "/returns/"),
    Leaf("parcels", "parcels", "manager", "/parcels/"),
    Leaf("orders, none found", "orders", "clerk", "/orders/?q=nobody-is-called-this"),
    Leaf("order held", "order", "clerk", "order-held"),
    Leaf("order in work", "order", "clerk", "order-in-work"),
    Leaf("order under way", "order", "manager", "order-under-way"),
    Leaf("order returned", "order", "finance", "order-returned"),
    Leaf("order cancelled", "order", "clerk", "order-cancelled"),
    Leaf("order, what cancelling changes", "order-cancel", "clerk", "cancel-in-work"),
    Leaf("new order", "new-order", "clerk", "/orders/new/"),
    Leaf("order at the counter", "order-at-counter", "store", "/orders/at-the-counter/"),
    Leaf("customers", "customers", "clerk", "/customers/"),
    Leaf("customer", "customer", "clerk", "customer"),
    Leaf("customer, edit", "customer-edit", "clerk", "customer-edit"),
    Leaf("stock", "stock", "clerk", "/stock/"),
    Leaf("stock item", "stock-item", "warehouse", "stock-item"),
    Leaf("stock limits", "stock-limits", "manager", "stock-limits"),
    Leaf("kept stock", "kept-stock", "clerk", "/kept-stock/?state=kept"),
    Leaf("keeping rules", "keeping-rules", "manager", "/keeping-rules/"),
    Leaf("safety rules", "safety-rules", "manager", "/safety-rules/"),
    Leaf("stock changes", "stock-changes", "planner", "stock-changes"),
    Leaf("lost sales", "lost-sales", "planner", "/lost-sales/?state=lost"),
    Leaf("lost sales, none", "lost-sales", "manager", "/lost-sales/?state=sold"),
    Leaf("home of the planner", "home", "planner", "/"),
    Leaf("stock cost", "stock-cost", "finance", "stock-cost"),
    Leaf("stock item at a place", "stock-at", "warehouse", "stock-at"),
    Leaf("bins", "stock-bins", "warehouse", "/stock-bins/"),
    Leaf("bins, new", "stock-bin-new", "warehouse", "/stock-bins/new/"),
    Leaf("bin", "stock-bin", "warehouse", "stock-bin"),
    Leaf("lots", "stock-lots", "warehouse", "/stock-lots/"),
    Leaf("lot", "stock-lot", "manager", "stock-lot"),
    Leaf("recall", "recall", "manager", "recall"),
    Leaf("serial numbers", "serials", "warehouse", "/serials/"),
    Leaf("serial number", "serial", "warehouse", "serial"),
    Leaf("stock item, numbered", "stock-item", "manager", "stock-item-numbered"),
    Leaf("put away", "put-away", "warehouse", "/put-away/"),
    Leaf("put away, choice of place", "put-away", "manager", "/put-away/"),
    Leaf("purchase orders", "purchase-orders", "planner", "/purchase-orders/"),
    Leaf("purchase orders of the dock", "purchase-orders", "warehouse", "/purchase-orders/?status=sent"),
    Leaf("purchase order", "purchase-order", "planner", "purchase-order"),
    Leaf("purchase order, new", "purchase-order-new", "planner", "/purchase-orders/new/"),
    Leaf("purchase order, change", "purchase-order-change", "manager", "purchase-order-change"),
    Leaf("purchase order, receive", "purchase-order-receive", "manager", "purchase-order-receive"),
    Leaf("purchase order, compare", "purchase-order-receive-finish", "manager", "purchase-order-finish"),
    Leaf("vendors", "vendors", "planner", "/vendors/"),
    Leaf("vendor", "vendor", "planner", "vendor"),
    Leaf("vendor, new", "vendor-new", "planner", "/vendors/new/"),
    Leaf("to order", "to-order", "planner", "/to-order/"),
    Leaf("vendor terms", "vendor-terms", "planner", "vendor-terms"),
    Leaf("vendor terms, new", "vendor-terms-new", "planner", "vendor-terms-new"),
    Leaf("vendor, change", "vendor-change", "manager", "vendor-change"),
    Leaf("transfers", "transfers", "planner", "/transfers/"),
    Leaf("transfer", "transfer", "manager", "transfer"),
    Leaf("transfer, new", "transfer-new", "manager", "/transfers/new/"),
    Leaf("transfer, change", "transfer-change", "manager", "transfer-change"),
    Leaf("transfer, receive", "transfer-count", "manager", "transfer-count"),
    Leaf("transfer, compare", "transfer-finish", "manager", "transfer-finish"),
    Leaf("counts", "stock-counts", "manager", "/counts/"),
    Leaf("counts of the store", "stock-counts", "store", "/counts/"),
    Leaf("count", "count", "manager", "count"),
    Leaf("count, new", "count-new", "manager", "/counts/new/"),
    Leaf("count, choice of bin", "count-floor", "manager", "count-floor"),
    Leaf("count, a bin", "count-bin", "manager", "count-bin"),
    Leaf("count, rules", "count-rules", "manager", "/counts/rules/"),
    Leaf("differences", "count-differences", "manager", "/counts/differences/?status=approve"),
    Leaf("difference", "count-line", "manager", "count-line"),
    Leaf("inbound", "inbound", "manager", "/inbound/"),
    Leaf("supply, new", "supply-new", "manager", "/inbound/new/"),
    Leaf("supply, late", "supply", "manager", "supply-late"),
    Leaf("stock feeds", "stock-feeds", "manager", "/stock-feeds/"),
    Leaf("stock feed", "stock-feed", "manager", "stock-feed"),
    Leaf("stock feed, silent", "stock-feed", "warehouse", "stock-feed-silent"),
    Leaf("stock feed, new", "stock-feed-new", "admin", "/stock-feeds/new/"),
    Leaf("stock feed, change", "stock-feed-change", "manager", "stock-feed-change"),
    Leaf("stock message", "stock-message", "manager", "stock-message"),
    Leaf("work, choice of place", "work", "manager", "/work/"),
    Leaf("work to pick", "work", "warehouse", "/work/"),
    Leaf("work to hand over", "work", "warehouse", "/work/?tab=ship"),
    Leaf("work of the store", "work", "store", "/work/"),
    Leaf("work, accept", "work-piece", "manager", "work-accept"),
    Leaf("work, pick", "work-piece", "manager", "work-pick"),
    Leaf("work, numbers missing", "work-piece", "manager", "work-numbers"),
    Leaf("work, hand over", "work-piece", "manager", "work-ship"),
    Leaf("work, done", "work-piece", "manager", "work-done"),
    Leaf("parcel", "parcel", "manager", "parcel"),
    Leaf("ledger", "ledger", "finance", "/ledger/"),
    Leaf("trial balance", "trial-balance", "finance", "/ledger/trial-balance/"),
    Leaf("journal entry", "journal-entry", "finance", "journal-entry"),
    Leaf("insight", "insight", "manager", "/insight/"),
    Leaf("mail", "mail", "clerk", "/mail/"),
    Leaf("work queue", "work-queue", "manager", "/work-queue/"),
    Leaf("health", "health", "manager", "/health/"),
    Leaf("tracking", "tracking", "", "tracking"),
    Leaf("tracking, proved", "tracking", "", "tracking", proof=True),
    Leaf("tracking, wrong link", "tracking", "", "/t/nothing/", status=404),
    Leaf("api docs", "api-docs", "manager", "/api/docs", waits_for=".opblock", ours=False),  # drawn by Swagger UI
    Leaf("forbidden", "ledger", "store", "/ledger/", status=403),
    Leaf("not found", "order", "clerk", "/orders/NO-SUCH/", status=404),
]
IN_FRENCH = (
    "home of the manager",
    "home of the store",
    "preferences",
    "help page",
    "search",
    "search, nothing found",
    "orders",
    "orders, filters",
    "exceptions",
    "exception",
    "parcels",
    "order in work",
    "order, what cancelling changes",
    "customer",
    "new order",
    "work, pick",
    "insight",
    "stock item",
    "stock item at a place",
    "put away",
    "lot",
    "serial number",
    "work, numbers missing",
    "recall",
    "purchase orders",
    "purchase order",
    "purchase order, change",
    "purchase order, receive",
    "purchase order, compare",
    "vendor, new",
    "to order",
    "vendor terms",
    "transfer",
    "transfer, receive",
    "count",
    "count, new",
    "count, choice of bin",
    "count, a bin",
    "difference",
    "inbound",
    "supply, new",
    "supply, late",
    "stock feed, silent",
    "stock feed, new",
    "lost sales",
    "stock changes",
    "mail",
    "health",
)
NOT_OPENED = {
    "new-order-quote", "new-order-products",  # parts of the form
    "search-palette",  # test_palette.py
    "health-live", "sign-out", "set_language", "theme", "start", "order-hold", "order-release-hold", "order-take-back", "order-receive-return", "order-live", "order-note", "order-contact", "order-settle", "order-letter", "customer-note",
    "safety-rule-remove",
    "stock-find",  # part of a form
    "to-order-draft", "vendor-terms-remove", "purchase-order-send", "purchase-order-give-up", "purchase-order-receive-scan", "purchase-order-receive-rest",
    "purchase-order-receive-drop", "transfer-cancel", "transfer-write-off", "transfer-scan", "transfer-rest", "transfer-drop",
    "stock-feed-file", "stock-message-refused", "stock-message-progress",
    "stock-receive", "stock-adjust", "stock-condition", "stock-bin-change", "put-scan", "order-keep", "order-let-go", "keeping-rule-remove", "stock-lot-close", "stock-serials", "stock-serials-register", "serial-gone", "serial-found", "stock-track", "stock-lot-release", "parcel-event", "parcel-ask-label", "work-scan", "work-accept", "work-pick-all", "work-number-out", "work-pack",
    "count-start", "count-cancel", "count-assign", "count-find", "count-take", "count-scan", "count-done", "count-leave",
    "stock-pre-order", "supply-change", "supply-close", "supply-arrive",
    "work-ship",  # they do something and lead back
    "parcel-label", "parcel-slip", "mail-body",  # papers and a frame
    "stripe_webhook", "came_back", "tracking-pay", "order-pay-link",
    "work-queue-again", "work-queue-give-up", "exception-give", "exception-settle", "view-save", "view-change", "list-columns",
    "jobs-now", "bulk-new", "export-new", "job", "job-progress", "job-start", "job-stop", "job-resume", "job-again", "job-file", "job-result",  # test_jobs.py
    "sign-in-code", "forgotten", "one-time-link", "device", "device-pin", "account", "second-factor", "people", "invite", "person", "roles",
    "role", "role-new", "roles-compare", "devices", "device-new",  # test_signing_in.py
    "account-password", "account-pin", "account-pin-off", "second-factor-off", "recovery-codes", "account-end-sessions", "account-end-session",
    "person-edit", "person-give", "person-take", "person-close", "person-open", "person-link", "person-second-factor",
    "person-end-sessions", "person-end-session", "role-reset", "role-delete", "device-revoke",  # they do something and lead back
}  # fmt: skip
BY_LINK = {"mail-message"}


def test_every_route_is_walked_or_known_not_to_be_a_page() -> None:
    walked = {leaf.route for leaf in LEAVES} | BY_LINK
    assert set(_routes(get_resolver().url_patterns)) == walked | NOT_OPENED


def _routes(patterns: list[URLPattern | URLResolver]) -> list[str]:
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += [] if str(pattern.pattern) == "v1/" else _routes(pattern.url_patterns)
        elif pattern.name:
            found.append(pattern.name)
    return found


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name)
def test_a_page_opens_fits_and_reads_well(leaf: Leaf, people: People, system: System) -> None:
    window = people.window(leaf.role)
    faults = [fault for size in SIZES for fault in _walk(window, leaf, system, size)]
    window.close()
    assert not faults, "\n".join(faults)


def _walk(window: Window, leaf: Leaf, system: System, size: str) -> list[str]:
    """One width: opened once, seen by day and by night; on a phone also at 400 % and with letters spaced out."""
    faults = _seen(window, leaf, system, size, JUDGED)
    if size == "narrow" and leaf.ours:
        faults += faults_of_thumbs(window.page) if leaf.route in IN_ONE_HAND and leaf.status == 200 else []
        faults += faults_of_reflow(window.page)
    return [f"{size}: {fault}" for fault in faults]


def _seen(window: Window, leaf: Leaf, system: System, size: str, judged: set[tuple[str, Theme]]) -> list[str]:
    page = window.page
    page.set_viewport_size(SIZES[size])
    faults = []
    for theme in THEMES:
        turn(page, theme)
        faults += _open(window, leaf, system) + faults_of_fit(page) if theme == THEMES[0] else []
        faults += faults_of_access(page) if leaf.ours and (size, theme) in judged else []
        shoot(page, f"{leaf.name} {size} {theme}{' french' if window.french else ''}")
    return faults


def _open(window: Window, leaf: Leaf, system: System) -> list[str]:
    window.complaints.clear()
    address = system.company.places.get(leaf.address, leaf.address)
    told = "?lang=fr" if window.french and leaf.route == "tracking" else ""  # its language stands in the address
    answer = window.page.goto(f"{address}{told}")
    if leaf.proof and window.page.locator("[name=proof]").count():
        window.page.locator("[name=proof]").fill(system.company.places["postcode"])
        window.page.locator("[name=proof]").press("Enter")
    window.page.locator(leaf.waits_for).first.wait_for()
    status = answer.status if answer else 0
    return [f"answered {status}"] * (status != leaf.status) + window.complaints


@pytest.mark.parametrize("name", IN_FRENCH)
def test_a_page_is_french_for_the_french(name: str, people: People, system: System) -> None:
    leaf = next(each for each in LEAVES if each.name == name)
    window = people.window(leaf.role, size=PHONE, locale="fr-FR")
    faults = _open(window, leaf, system) + faults_of_fit(window.page)
    assert window.page.locator("html").get_attribute("lang") == "fr"
    shoot(window.page, f"{name} narrow french")
    window.page.set_viewport_size(DESK)
    shoot(window.page, f"{name} wide french")
    window.close()
    assert not faults, "\n".join(faults)


@pytest.mark.long
@pytest.mark.parametrize("leaf", [leaf for leaf in LEAVES if leaf.ours], ids=lambda leaf: leaf.name)
def test_a_page_reads_well_in_french_too_in_every_light_and_width(leaf: Leaf, people: People, system: System) -> None:
    window = people.window(leaf.role, locale="fr-FR")
    faults = [f"{size}: {fault}" for size in SIZES for fault in _seen(window, leaf, system, size, ALL)]
    window.close()
    assert not faults, "\n".join(faults)


def test_a_letter_reads_well(people: People) -> None:
    window = people.window("clerk")
    page = window.page
    page.goto("/mail/")
    page.locator("a.ref").first.click()
    page.frame_locator("iframe").locator("body").wait_for()
    for size, theme in product(SIZES, THEMES):
        page.set_viewport_size(SIZES[size])
        turn(page, theme)
        shoot(page, f"mail message {size} {theme}")
        assert faults_of_fit(page) + window.complaints == []
    assert faults_of_access(page) == []
    window.close()
