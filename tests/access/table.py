"""The access table: every address and every API call, who may use it, and how to try it.

One row a route, one a call. `test_access.py` walks them all, for every role and for nobody, at one's own place and from
another one, and expects what stands here and nothing else. Whoever adds a route or a call adds its row:

    Row("stock-item", "stock.view", "/stock/{sku}/")
    Row("work-pack", "fulfillment.work", "/work/{work}/pack/", POST, ok=302, elsewhere=404)

Words in braces name things of the small company of `world.py`. All of them belong to the warehouse at Lyon; people of
the shop at Paris are those from elsewhere.
"""

from dataclasses import dataclass, field
from typing import Any

GET, POST = "GET", "POST"
PUBLIC = "public"
SIGNED_IN = "signed in"
"""Guards beside the names of permissions: for anybody, and for everybody who has signed in."""


@dataclass(frozen=True)
class Row:
    """One route of the site.

    `guard` is PUBLIC, SIGNED_IN or the permission that the view names. `ok` is what those who may are answered;
    `elsewhere` what people are answered whose permission holds only at another place than the thing's (0: the
    page is not limited by location); `without`: what people who lack the permission are answered; `inside`: what those
    who have signed in are answered by a public page, where that is something else; `whole`: the permission must hold
    everywhere; `tablet`: what is answered on a shared tablet, where that is something else.
    """

    route: str
    guard: str
    path: str
    method: str = GET
    ok: int = 200
    elsewhere: int = 0
    without: int = 403
    inside: int = 0
    whole: bool = False
    tablet: int = 0
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One call of the API. `body` is what is sent; its words in braces are filled in too. Keys know no location."""

    method: str
    pattern: str
    scope: str
    path: str
    ok: int = 200
    body: Any = None


DONE = 302
"""It was done (or refused in words) and leads to a page."""

ROWS = [
    # The shell
    Row("home", SIGNED_IN, "/"),
    Row("start", SIGNED_IN, "/start/", ok=DONE),
    Row("preferences", SIGNED_IN, "/preferences/"),
    Row("help", SIGNED_IN, "/help/"),
    Row("help-page", SIGNED_IN, "/help/store/"),
    Row("styleguide", SIGNED_IN, "/styleguide/"),
    Row("health", PUBLIC, "/health/"),
    Row("health-live", PUBLIC, "/health/live/"),
    Row("sign-in", PUBLIC, "/sign-in/?next=/", inside=DONE),
    Row("sign-out", PUBLIC, "/sign-out/", POST, ok=DONE),
    Row("set_language", PUBLIC, "/language/", POST, ok=DONE, data={"language": "fr"}),
    Row("theme", PUBLIC, "/theme/", POST, ok=DONE, data={"theme": "night"}),
    Row("search", SIGNED_IN, "/search/?q=nothing"),
    Row("search-palette", SIGNED_IN, "/search/palette/?q=nothing"),
    Row("work-queue", "queue.manage", "/work-queue/"),
    Row("work-queue-again", "queue.manage", "/work-queue/again/", POST, ok=DONE),
    Row("work-queue-give-up", "queue.manage", "/work-queue/give-up/", POST, ok=DONE, data={"reason": "old"}),
    # Orders
    Row("orders", "orders.view", "/orders/"),
    Row("exceptions", "incidents.view", "/exceptions/?state=open"),
    Row("exception", "incidents.resolve", "/exceptions/{incident}/", elsewhere=404),
    Row("exception-give", "incidents.resolve", "/exceptions/{incident}/give/", POST, ok=DONE, elsewhere=404, data={"to": "me"}),
    Row("exception-settle", "incidents.resolve", "/exceptions/{incident}/settle/", POST, ok=DONE, elsewhere=404, data={"resolution": "Found"}),
    Row("payments", "payments.view", "/payments/"),
    Row("returns", "orders.view", "/returns/"),
    Row("parcels", "fulfillment.view", "/parcels/"),
    Row("view-save", SIGNED_IN, "/lists/nothing/views/", POST, ok=404, data={"name": "x"}),
    Row("view-change", SIGNED_IN, "/lists/nothing/views/00000000-0000-7000-8000-000000000000/", POST, ok=404, data={"do": "save"}),
    Row("list-columns", SIGNED_IN, "/lists/nothing/columns/", POST, ok=404),
    Row("order", "orders.view", "/orders/{order}/", elsewhere=404),
    Row("order-at-counter", "orders.view", "/orders/at-the-counter/"),
    Row("order-hold", "orders.hold", "/orders/{order}/hold/", POST, ok=DONE, elsewhere=404, data={"kind": "manual"}),
    Row("order-release-hold", "orders.release_hold", "/orders/{held}/release-hold/", POST, ok=DONE, elsewhere=404, data={"hold": "{hold}"}),
    Row("order-keep", "orders.keep", "/orders/{held}/keep/", POST, ok=409, elsewhere=404, data={"until": "2030-01-01T10:00", "reason": "x"}),
    Row("order-let-go", "orders.keep", "/orders/{held}/let-go/", POST, ok=409, elsewhere=404, data={"reason": "x"}),
    Row("order-cancel", "orders.cancel", "/orders/{order}/cancel/", POST, ok=422, elsewhere=404, data={"reason": "x"}),
    Row("order-take-back", "returns.receive", "/orders/{sent}/take-back/", POST, ok=422, elsewhere=404),
    Row("order-receive-return", "returns.receive", "/orders/{sent}/receive-return/", POST, ok=422, elsewhere=404, data={"return": "{return}"}),
    Row("order-pay-link", "payments.collect", "/orders/{order}/pay-link/", POST, ok=409, elsewhere=404, data={"payment": "{payment}"}),
    Row("order-live", "orders.view", "/orders/{order}/live/", ok=204, elsewhere=404),
    Row("order-note", "orders.note", "/orders/{order}/note/", POST, ok=DONE, elsewhere=404, data={"text": "Ring twice"}),
    Row("order-contact", "customers.edit", "/orders/{order}/contact/", POST, ok=DONE, elsewhere=404, data={"email": "a@example.com"}),
    Row("order-settle", "incidents.resolve", "/orders/{order}/settle/", POST, ok=404, elsewhere=404),
    Row("order-letter", "mail.send", "/orders/{order}/letter/", POST, ok=404, elsewhere=404, data={"letter": "{message}"}),
    Row("new-order", "orders.place", "/orders/new/"),
    Row("new-order-quote", "orders.place", "/orders/new/quote/", POST),
    Row("new-order-products", "orders.place", "/orders/new/products/?find=mug"),
    # Jobs: what may be started is asked by list and action, and each is its owner's alone
    Row("jobs", SIGNED_IN, "/jobs/"),
    Row("jobs-now", SIGNED_IN, "/jobs/now/"),
    Row("bulk-new", SIGNED_IN, "/jobs/bulk/", POST, ok=404, data={"list": "nothing", "action": "orders.hold"}),
    Row("export-new", SIGNED_IN, "/jobs/export/", POST, ok=404, data={"list": "nothing", "format": "csv"}),
    Row("job", SIGNED_IN, "/jobs/{job}/", ok=404),
    Row("job-progress", SIGNED_IN, "/jobs/{job}/progress/", ok=404),
    Row("job-start", SIGNED_IN, "/jobs/{job}/start/", POST, ok=404),
    Row("job-stop", SIGNED_IN, "/jobs/{job}/stop/", POST, ok=404),
    Row("job-resume", SIGNED_IN, "/jobs/{job}/resume/", POST, ok=404),
    Row("job-again", SIGNED_IN, "/jobs/{job}/again/", POST, ok=404),
    Row("job-file", SIGNED_IN, "/jobs/{job}/file/", ok=404),
    Row("job-result", SIGNED_IN, "/jobs/{job}/result.csv", ok=404),
    # Customers, stock, work, books, figures, letters
    Row("customers", "customers.view", "/customers/"),
    Row("customer", "customers.view", "/customers/{customer}/"),
    Row("customer-edit", "customers.edit", "/customers/{customer}/edit/"),
    Row("customer-note", "customers.edit", "/customers/{customer}/note/", POST, ok=DONE, data={"text": "Speaks Breton"}),
    Row("stock", "stock.view", "/stock/"),
    Row("stock-item", "stock.view", "/stock/{sku}/"),
    Row("stock-receive", "stock.receive", "/stock/{sku}/receive/", POST, ok=DONE, elsewhere=422, data={"location": "{place}", "quantity": "1", "condition": "sellable"}),
    Row("stock-adjust", "stock.adjust", "/stock/{sku}/adjust/", POST, ok=DONE, elsewhere=422, data={"location": "{place}", "quantity": "-1", "reason": "damaged"}),
    Row("stock-limits", "stock.limits", "/stock-limits/{sku}/", whole=True),
    Row("kept-stock", "orders.keep", "/kept-stock/?state=kept"),
    Row("keeping-rules", "orders.keep_rules", "/keeping-rules/", whole=True),
    Row("keeping-rule-remove", "orders.keep_rules", "/keeping-rules/00000000-0000-0000-0000-000000000000/remove/", POST, ok=302, whole=True),
    Row("safety-rules", "stock.limits", "/safety-rules/", whole=True),
    Row("safety-rule-remove", "stock.limits", "/safety-rules/00000000-0000-0000-0000-000000000000/remove/", POST, ok=302, whole=True),
    Row("stock-cost", "ledger.view", "/stock/{sku}/cost/"),
    Row("stock-at", "stock.view", "/stock/{sku}/at/{place}/"),
    Row("stock-condition", "stock.adjust", "/stock/{sku}/at/{place}/condition/", POST, ok=DONE, elsewhere=403, data={"spot": "sellable//", "quantity": "1", "to": "damaged", "reason": "damaged"}),
    Row("stock-bins", "stock.view", "/stock-bins/"),
    Row("stock-bin-new", "bins.manage", "/stock-bins/new/"),
    Row("stock-bin", "stock.view", "/stock-bins/{bin}/"),
    Row("stock-bin-change", "bins.manage", "/stock-bins/{bin}/change/", POST, ok=DONE, elsewhere=403, data={"kind": "reserve", "walk": "5", "is_active": "on"}),
    Row("stock-track", "lots.manage", "/stock/{sku}/lots/", POST, ok=DONE, whole=True, data={"shelf_days": "5", "expiry": "on"}),
    Row("stock-serials", "lots.manage", "/stock/{sku}/serials/", POST, ok=DONE, whole=True, data={}),
    Row("stock-serials-register", "stock.receive", "/stock/{numbered_sku}/serials/register/", POST, ok=DONE, elsewhere=422, data={"location": "{place}", "serials": "NEW-1 NEW-2"}),
    Row("serials", "stock.view", "/serials/"),
    Row("serial", "stock.view", "/serials/{serial}/"),
    Row("serial-gone", "stock.adjust", "/serials/{serial}/gone/", POST, ok=DONE, elsewhere=403, data={"reason": "stolen"}),
    Row("serial-found", "stock.adjust", "/serials/{gone_serial}/found/", POST, ok=DONE, elsewhere=422, data={"location": "{place}", "reason": "it lay there"}),
    Row("stock-lots", "stock.view", "/stock-lots/"),
    Row("stock-lot", "stock.view", "/stock-lots/{lot}/"),
    Row("stock-lot-close", "lots.manage", "/stock-lots/{lot}/set-apart/", POST, ok=DONE, whole=True, data={"reason": "A smell"}),
    Row("stock-lot-release", "lots.manage", "/stock-lots/{lot}/release/", POST, ok=DONE, whole=True, data={"reason": "Clean"}),
    Row("recall", "customers.view", "/recall/?lot_id={lot}"),
    Row("put-away", "stock.receive", "/put-away/"),
    Row("put-scan", "stock.receive", "/put-away/{place}/scan/", POST, elsewhere=403, data={"code": "{bin_code}"}),
    Row("stock-find", "stock.view", "/stock-find/?find=mug"),
    Row("purchase-orders", "purchasing.view", "/purchase-orders/"),
    Row("purchase-order-new", "purchasing.manage", "/purchase-orders/new/"),
    Row("purchase-order", "purchasing.view", "/purchase-orders/{po}/", elsewhere=404),
    Row("purchase-order-change", "purchasing.manage", "/purchase-orders/{po}/change/", elsewhere=404),
    Row("purchase-order-send", "purchasing.manage", "/purchase-orders/{po}/send/", POST, ok=DONE, elsewhere=404),
    Row("purchase-order-give-up", "purchasing.manage", "/purchase-orders/{po}/give-up/", POST, ok=DONE, elsewhere=404),
    Row("purchase-order-receive", "stock.receive", "/purchase-orders/{po}/receive/", elsewhere=404),
    Row("purchase-order-receive-scan", "stock.receive", "/purchase-orders/{po}/receive/scan/", POST, ok=DONE, elsewhere=404),
    Row("purchase-order-receive-rest", "stock.receive", "/purchase-orders/{po}/receive/rest/", POST, ok=DONE, elsewhere=404),
    Row("purchase-order-receive-drop", "stock.receive", "/purchase-orders/{po}/receive/anew/", POST, ok=DONE, elsewhere=404),
    Row("purchase-order-receive-finish", "stock.receive", "/purchase-orders/{po}/receive/finish/", ok=DONE, elsewhere=404),
    Row("vendors", "purchasing.view", "/vendors/"),
    Row("vendor-new", "purchasing.manage", "/vendors/new/", whole=True),
    Row("vendor", "purchasing.view", "/vendors/ACME/"),
    Row("to-order", "purchasing.view", "/to-order/"),
    Row("to-order-draft", "purchasing.manage", "/to-order/ACME/{place_code}/", POST, ok=DONE, elsewhere=403),
    Row("vendor-terms-new", "purchasing.manage", "/vendors/ACME/terms/new/"),
    Row("vendor-terms", "purchasing.manage", "/vendors/ACME/terms/{terms}/", elsewhere=403),
    Row("vendor-terms-remove", "purchasing.manage", "/vendors/ACME/terms/{terms}/remove/", POST, ok=DONE, elsewhere=403),
    Row("vendor-change", "purchasing.manage", "/vendors/ACME/change/", whole=True),
    Row("stock-counts", "counts.count", "/counts/"),
    Row("count-new", "counts.manage", "/counts/new/"),
    Row("count-rules", "counts.manage", "/counts/rules/?place={place_code}"),
    Row("count-differences", "counts.approve", "/counts/differences/?status=approve"),
    Row("count-line", "counts.approve", "/counts/differences/{count_line}/", elsewhere=404),
    Row("count", "counts.count", "/counts/{count}/", elsewhere=404),
    Row("count-start", "counts.manage", "/counts/{count}/start/", POST, ok=DONE, elsewhere=404),
    Row("count-cancel", "counts.manage", "/counts/{count}/cancel/", POST, ok=DONE, elsewhere=404),
    Row("count-assign", "counts.manage", "/counts/{count}/assign/", POST, ok=DONE, elsewhere=404),
    Row("count-floor", "counts.count", "/counts/{count}/bins/", elsewhere=404),
    Row("count-find", "counts.count", "/counts/{count}/bins/find/", POST, ok=DONE, elsewhere=404, data={"code": "{bin_code}"}),
    Row("count-bin", "counts.count", "/counts/{count}/bins/{count_bin}/", ok=DONE, elsewhere=404),
    Row("count-take", "counts.count", "/counts/{count}/bins/{count_bin}/take/", POST, ok=DONE, elsewhere=404),
    Row("count-scan", "counts.count", "/counts/{count}/bins/{count_bin}/scan/", POST, ok=422, elsewhere=404),
    Row("count-done", "counts.count", "/counts/{count}/bins/{count_bin}/done/", POST, ok=DONE, elsewhere=404),
    Row("count-leave", "counts.count", "/counts/{count}/bins/{count_bin}/leave/", POST, ok=DONE, elsewhere=404),
    Row("transfers", "stock.transfer", "/transfers/"),
    Row("transfer-new", "stock.transfer", "/transfers/new/"),
    Row("transfer", "stock.transfer", "/transfers/{transfer}/", elsewhere=404),
    Row("transfer-change", "stock.transfer", "/transfers/{transfer}/change/", elsewhere=404),
    Row("transfer-cancel", "stock.transfer", "/transfers/{transfer}/cancel/", POST, ok=DONE, elsewhere=404),
    Row("transfer-write-off", "stock.adjust", "/transfers/{coming}/write-off/", POST, ok=DONE, elsewhere=404),
    Row("transfer-count", "stock.transfer", "/transfers/{coming}/receive/count/", elsewhere=404),
    Row("transfer-scan", "stock.transfer", "/transfers/{transfer}/send/scan/", POST, ok=DONE, elsewhere=404),
    Row("transfer-rest", "stock.transfer", "/transfers/{coming}/receive/rest/", POST, ok=DONE, elsewhere=404),
    Row("transfer-drop", "stock.transfer", "/transfers/{coming}/receive/anew/", POST, ok=DONE, elsewhere=404),
    Row("transfer-finish", "stock.transfer", "/transfers/{coming}/receive/finish/", ok=DONE, elsewhere=404),
    Row("stock-pre-order", "supply.manage", "/stock/{sku}/pre-order/", POST, ok=DONE, whole=True, data={"may": "on"}),
    Row("inbound", "stock.view", "/inbound/"),
    Row("supply-new", "supply.manage", "/inbound/new/"),
    Row("supply", "stock.view", "/inbound/{supply}/"),
    Row("supply-change", "supply.manage", "/inbound/{supply}/change/", POST, ok=DONE, elsewhere=403, data={"due": "{today}", "quantity": "9"}),
    Row("supply-arrive", "stock.receive", "/inbound/{supply}/arrive/", POST, ok=DONE, elsewhere=403, data={"quantity": "1"}),
    Row("supply-close", "supply.manage", "/inbound/{supply}/close/", POST, ok=DONE, elsewhere=403, data={"reason": "sold out"}),
    Row("stock-feeds", "stock.view", "/stock-feeds/"),
    Row("stock-changes", "stock.view", "/stock-changes/?product={variant}"),
    Row("lost-sales", "insight.view", "/lost-sales/?state=lost"),
    Row("stock-feed", "stock.view", "/stock-feeds/{feed}/"),
    Row("stock-feed-new", "feeds.manage", "/stock-feeds/new/", whole=True),
    Row("stock-feed-change", "feeds.manage", "/stock-feeds/{feed}/change/", whole=True),
    Row("stock-feed-file", "feeds.manage", "/stock-feeds/{feed}/file/", POST, ok=422, whole=True),
    Row("stock-message", "stock.view", "/stock-feeds/messages/{feed_message}/"),
    Row("stock-message-progress", "stock.view", "/stock-feeds/messages/{feed_message}/progress/"),
    Row("stock-message-refused", "stock.view", "/stock-feeds/messages/{feed_message}/refused.csv"),
    Row("work", "fulfillment.work", "/work/"),
    Row("work-piece", "fulfillment.work", "/work/{work}/", elsewhere=404),
    Row("work-scan", "fulfillment.work", "/work/{work}/scan/", POST, ok=DONE, elsewhere=404, data={"code": "{sku}"}),
    Row("work-accept", "fulfillment.work", "/work/{work}/accept/", POST, ok=DONE, elsewhere=404),
    Row("work-pick-all", "fulfillment.work", "/work/{work}/pick-all/", POST, ok=DONE, elsewhere=404),
    Row("work-number-out", "fulfillment.work", "/work/{numbered_work}/serials/{picked_serial}/out/", POST, ok=DONE, elsewhere=404),
    Row("work-pack", "fulfillment.work", "/work/{work}/pack/", POST, ok=DONE, elsewhere=404),
    Row("work-ship", "fulfillment.work", "/work/{work}/ship/", POST, ok=DONE, elsewhere=404),
    Row("parcel", "fulfillment.work", "/work/parcels/{parcel}/", elsewhere=404),
    Row("parcel-event", "fulfillment.work", "/work/parcels/{parcel}/events/", POST, ok=422, elsewhere=404),
    Row("parcel-label", "fulfillment.work", "/work/parcels/{parcel}/label.pdf", elsewhere=404),
    Row("parcel-ask-label", "fulfillment.work", "/work/parcels/{parcel}/ask-label/", POST, ok=DONE, elsewhere=404),
    Row("parcel-slip", "fulfillment.work", "/work/parcels/{parcel}/slip.pdf", elsewhere=404),
    Row("ledger", "ledger.view", "/ledger/"),
    Row("trial-balance", "ledger.view", "/ledger/trial-balance/"),
    Row("journal-entry", "ledger.view", "/ledger/{entry}/"),
    Row("insight", "insight.view", "/insight/"),
    Row("mail", "mail.view", "/mail/"),
    Row("mail-message", "mail.view", "/mail/{message}/"),
    Row("mail-body", "mail.view", "/mail/{message}/body/"),
    # Signing in, one's own account, shared tablets
    Row("sign-in-code", PUBLIC, "/sign-in/code/", ok=DONE),
    Row("forgotten", PUBLIC, "/sign-in/forgotten/"),
    Row("one-time-link", PUBLIC, "/sign-in/link/nothing/", ok=404),
    Row("device", PUBLIC, "/device/", ok=DONE),
    Row("device-pin", PUBLIC, "/device/{person}/", ok=DONE),
    Row("account", SIGNED_IN, "/account/"),
    Row("account-password", SIGNED_IN, "/account/password/", POST, ok=422),
    Row("account-pin", SIGNED_IN, "/account/pin/", POST, ok=422),
    Row("account-pin-off", SIGNED_IN, "/account/pin/off/", POST, ok=DONE),
    Row("second-factor", SIGNED_IN, "/account/second-factor/", tablet=403),
    Row("second-factor-off", SIGNED_IN, "/account/second-factor/off/", POST, ok=DONE, tablet=403),
    Row("recovery-codes", SIGNED_IN, "/account/recovery-codes/", POST, ok=DONE, tablet=403),
    Row("account-end-sessions", SIGNED_IN, "/account/sessions/end/", POST, ok=DONE),
    Row("account-end-session", SIGNED_IN, "/account/sessions/{session}/end/", POST, ok=DONE),
    Row("devices", "devices.manage", "/people/tablets/"),
    Row("device-new", "devices.manage", "/people/tablets/new/"),
    Row("device-revoke", "devices.manage", "/people/tablets/{tablet}/revoke/", POST, ok=DONE, elsewhere=403),
    # People and roles
    Row("people", "people.manage", "/people/?state=open", whole=True),
    Row("invite", "people.manage", "/people/invite/", whole=True),
    Row("roles", "people.manage", "/people/roles/", whole=True),
    Row("role-new", "people.manage", "/people/roles/new/", whole=True),
    Row("roles-compare", "people.manage", "/people/roles/compare/", whole=True),
    Row("role", "people.manage", "/people/roles/store/", whole=True),
    Row("role-reset", "people.manage", "/people/roles/store/reset/", POST, ok=DONE, whole=True),
    Row("role-delete", "people.manage", "/people/roles/store/delete/", POST, ok=DONE, whole=True),
    Row("person", "people.manage", "/people/{person}/", whole=True),
    Row("person-edit", "people.manage", "/people/{person}/edit/", POST, ok=DONE, whole=True, data={"username": "anna", "email": "s@example.com"}),
    Row("person-give", "people.manage", "/people/{person}/give/", POST, ok=DONE, whole=True, data={"role": "store", "place": "everywhere"}),
    Row("person-take", "people.manage", "/people/{person}/take/{grant}/", POST, ok=DONE, whole=True),
    Row("person-close", "people.manage", "/people/{person}/close/", POST, ok=DONE, whole=True),
    Row("person-open", "people.manage", "/people/{person}/open/", POST, ok=DONE, whole=True),
    Row("person-link", "people.manage", "/people/{person}/link/", POST, ok=DONE, whole=True),
    Row("person-second-factor", "people.manage", "/people/{person}/second-factor/", POST, ok=DONE, whole=True),
    Row("person-end-sessions", "people.manage", "/people/{person}/sessions/end/", POST, ok=DONE, whole=True),
    Row("person-end-session", "people.manage", "/people/{person}/sessions/{session}/end/", POST, ok=DONE, whole=True),
    # The customer's pages, guarded by a token; those for machines, guarded by a key or a signature
    Row("tracking", PUBLIC, "/t/{token}/"),
    Row("tracking-pay", PUBLIC, "/t/{token}/pay/", POST, ok=303),
    Row("payments:came_back", PUBLIC, "/paid/nothing/", ok=404),
    Row("payments:stripe_webhook", PUBLIC, "/api/v1/webhooks/payments/stripe", POST, ok=400),
    Row("api-docs", PUBLIC, "/api/docs"),
    Row("oms.metrics.show", PUBLIC, "/metrics", ok=401),
    Row("oms.api.views.unknown", PUBLIC, "/api/nothing", ok=404),
    Row("api:openapi-json", PUBLIC, "/api/v1/openapi.json"),
    Row("api:api-root", PUBLIC, "/api/v1/", ok=404),
]  # fmt: skip

CALLS = [
    Call(POST, "/orders", "orders.place", "/orders", 201, {"channel": "web", "customer": {"email": "b@example.com"}, "shipping_address": "{address}", "lines": [{"sku": "{sku}", "quantity": 1}]}),
    Call(POST, "/orders/batch", "orders.place", "/orders/batch", 207, {"orders": [{}]}),
    Call(POST, "/orders/quote", "orders.place", "/orders/quote", 200, {"channel": "web", "shipping_address": "{address}", "lines": [{"sku": "{sku}", "quantity": 1}]}),
    Call(GET, "/orders", "orders.view", "/orders"),
    Call(GET, "/orders/{number}", "orders.view", "/orders/{order}"),
    Call(POST, "/orders/{number}/cancel", "orders.cancel", "/orders/{order}/cancel", 200, {"reason": "x"}),
    Call(POST, "/orders/{number}/holds", "orders.hold", "/orders/{order}/holds", 201, {"kind": "manual"}),
    Call(POST, "/holds/{hold_id}/release", "orders.release_hold", "/holds/{hold}/release"),
    Call(GET, "/availability", "stock.view", "/availability?sku={sku}&channel=web"),
    Call(GET, "/inventory", "stock.view", "/inventory"),
    Call(POST, "/inventory/adjustments", "stock.adjust", "/inventory/adjustments", 201, {"location": "{place_code}", "sku": "{sku}", "quantity": -1, "reason": "damaged"}),
    Call("PUT", "/inventory", "stock.adjust", "/inventory", 200, {"levels": [{"location": "{place_code}", "sku": "{sku}", "on_hand": 9, "as_of": "{now}"}]}),
    Call(GET, "/inbound-supply", "stock.view", "/inbound-supply"),
    Call(POST, "/inbound-supply", "supply.manage", "/inbound-supply", 201, {"lines": [{"sku": "{sku}", "location": "{place_code}", "due": "{today}", "quantity": 3, "reference": "PO-9"}]}),
    Call(POST, "/inventory/receipts", "stock.receive", "/inventory/receipts", 201, {"location": "{place_code}", "lines": [{"sku": "{sku}", "quantity": 2}]}),
    Call(GET, "/serials", "stock.view", "/serials"),
    Call(GET, "/lots", "stock.view", "/lots"),
    Call(GET, "/lots/{lot_id}/orders", "customers.view", "/lots/{lot}/orders"),
    Call(GET, "/transfers", "stock.transfer", "/transfers"),
    Call(POST, "/transfers/{number}/send", "stock.transfer", "/transfers/{transfer}/send", 200, {"lines": [{"sku": "{sku}", "quantity": 1}]}),
    Call(GET, "/counts", "counts.count", "/counts"),
    Call(GET, "/counts/{number}", "counts.count", "/counts/{count}"),
    Call(POST, "/counts", "counts.manage", "/counts", 201, {"location": "{place_code}", "scope": "articles", "codes": ["{sku}"]}),
    Call(POST, "/counts/{number}/counted", "counts.count", "/counts/{count}/counted", 200, {"bin": "A-01", "lines": []}),
    Call(POST, "/counts/{number}/hand-in", "counts.count", "/counts/{count}/hand-in", 200, {"bin": "A-01", "rest_is_none": True}),
    Call(POST, "/transfers/{number}/receive", "stock.transfer", "/transfers/{coming}/receive", 200, {"lines": [{"sku": "{sku}", "quantity": 1}]}),
    Call(GET, "/stock-feeds", "stock.view", "/stock-feeds"),
    Call(POST, "/stock-feeds/{code}/levels", "stock.adjust", "/stock-feeds/{feed}/levels", 200, {"levels": []}),
    Call(GET, "/fulfillment-orders", "fulfillment.view", "/fulfillment-orders"),
    Call(GET, "/fulfillment-orders/{work_id}", "fulfillment.view", "/fulfillment-orders/{work}"),
    Call(POST, "/fulfillment-orders/{work_id}/accept", "fulfillment.work", "/fulfillment-orders/{work}/accept"),
    Call(POST, "/fulfillment-orders/{work_id}/pick", "fulfillment.work", "/fulfillment-orders/{work}/pick"),
    Call(POST, "/fulfillment-orders/{work_id}/serials", "fulfillment.work", "/fulfillment-orders/{unnumbered_work}/serials", 200, {"lines": [{"id": "{unnumbered_line}", "serials": ["NEW-3"]}]}),
    Call(POST, "/fulfillment-orders/{work_id}/pack", "fulfillment.work", "/fulfillment-orders/{picked}/pack"),
    Call(POST, "/fulfillment-orders/{work_id}/ship", "fulfillment.work", "/fulfillment-orders/{packed}/ship"),
    Call(POST, "/shipments/{shipment_id}/label", "fulfillment.work", "/shipments/{packed_parcel}/label", 409, {"carrier": "postal", "tracking_number": "BY-HAND-1"}),
    Call(POST, "/shipments/{shipment_id}/events", "fulfillment.work", "/shipments/{parcel}/events", 201, {"status": "InTransit", "at": "{now}"}),
    Call(GET, "/returns", "orders.view", "/returns"),
    Call(GET, "/returns/{rma}", "orders.view", "/returns/{rma}"),
    Call(POST, "/returns", "returns.receive", "/returns", 201, {"order": "{sent}", "lines": [{"id": "{sent_line}", "quantity": 1}]}),
    Call(POST, "/returns/{rma}/receive", "returns.receive", "/returns/{rma}/receive", 200, {"location": "{place_code}"}),
    Call(GET, "/payments", "payments.view", "/payments"),
    Call(POST, "/payments/{payment_id}/pay-again", "payments.collect", "/payments/{payment}/pay-again", 409),
    Call(GET, "/customers", "customers.view", "/customers"),
    Call(GET, "/customers/{customer_id}", "customers.view", "/customers/{customer}"),
    Call(GET, "/ledger/journal", "ledger.view", "/ledger/journal"),
    Call(GET, "/ledger/trial-balance", "ledger.view", "/ledger/trial-balance"),
]  # fmt: skip
