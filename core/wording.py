"""Every status that people see: its word and its tone. Screens take both from here and from nowhere else.

Tones: grey waits, blue is in work, violet is about pickup, amber needs someone, green is done, red is broken or late.
"""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy


class Word(NamedTuple):
    """What a status is called and which tone it has."""

    text: str | Promise
    tone: str


ORDER = {
    "draft": Word(pgettext_lazy("order", "Draft"), "grey"),
    "placed": Word(pgettext_lazy("order", "Waiting for routing"), "grey"),
    "on_hold": Word(pgettext_lazy("order", "On hold"), "amber"),
    "backordered": Word(pgettext_lazy("order", "Backordered"), "amber"),
    "processing": Word(pgettext_lazy("order", "In preparation"), "blue"),
    "partially_shipped": Word(pgettext_lazy("order", "Part shipped"), "blue"),
    "shipped": Word(pgettext_lazy("order", "Shipped"), "green"),
    "ready_for_pickup": Word(pgettext_lazy("order", "Ready for pickup"), "violet"),
    "delivered": Word(pgettext_lazy("order", "Delivered"), "green"),
    "completed": Word(pgettext_lazy("order", "Completed"), "green"),
    "cancelled": Word(pgettext_lazy("order", "Cancelled"), "grey"),
}

FULFILLMENT = {
    "planned": Word(_("Waiting for release"), "grey"),
    "released": Word(_("To pick"), "blue"),
    "accepted": Word(_("Accepted"), "blue"),
    "picking": Word(_("Being picked"), "blue"),
    "picked": Word(_("Picked"), "blue"),
    "packed": Word(_("Packed"), "blue"),
    "shipped": Word(_("Shipped"), "green"),
    "delivered": Word(_("Delivered"), "green"),
    "ready_for_pickup": Word(_("Ready for pickup"), "violet"),
    "picked_up": Word(_("Picked up"), "green"),
    "expired": Word(_("Not collected"), "amber"),
    "in_transit_to_store": Word(_("On its way to the store"), "violet"),
    "arrived": Word(_("Arrived at the store"), "violet"),
    "sent": Word(_("Sent to the vendor"), "blue"),
    "acknowledged": Word(_("Confirmed by the vendor"), "blue"),
    "rejected": Word(_("Rejected"), "red"),
    "cancelled": Word(_("Cancelled"), "grey"),
}

SHIPMENT = {
    "draft": Word(_("Waits for its label"), "amber"),
    "labelled": Word(_("Labelled"), "blue"),
    "shipped": Word(_("Handed to the carrier"), "green"),
    "in_transit": Word(_("In transit"), "green"),
    "out_for_delivery": Word(_("Out for delivery"), "green"),
    "delivered": Word(_("Delivered"), "green"),
    "attempt_failed": Word(_("Delivery failed"), "amber"),
    "available_for_pickup": Word(_("At the pickup point"), "violet"),
    "exception": Word(_("Problem on the way"), "red"),
    "lost": Word(_("Lost"), "red"),
    "returned_to_sender": Word(_("Returned to sender"), "red"),
    "voided": Word(_("Voided"), "grey"),
}

PAYMENT = {
    "pending": Word(pgettext_lazy("payment", "Pending"), "grey"),
    "requires_action": Word(pgettext_lazy("payment", "Waiting for the customer"), "amber"),
    "authorised": Word(pgettext_lazy("payment", "Authorised"), "blue"),
    "partially_captured": Word(pgettext_lazy("payment", "Part captured"), "blue"),
    "captured": Word(pgettext_lazy("payment", "Captured"), "green"),
    "voided": Word(pgettext_lazy("payment", "Voided"), "grey"),
    "expired": Word(pgettext_lazy("payment", "Expired"), "amber"),
    "failed": Word(pgettext_lazy("payment", "Failed"), "red"),
    "unknown": Word(pgettext_lazy("payment", "Being checked"), "amber"),
    "succeeded": Word(pgettext_lazy("payment", "Done"), "green"),
    "open": Word(pgettext_lazy("payment", "On account"), "blue"),
}

RETURN = {
    "requested": Word(pgettext_lazy("return", "Requested"), "amber"),
    "approved": Word(pgettext_lazy("return", "Approved"), "blue"),
    "in_transit": Word(pgettext_lazy("return", "On its way back"), "blue"),
    "received": Word(pgettext_lazy("return", "Received"), "green"),
    "rejected": Word(pgettext_lazy("return", "Rejected"), "red"),
    "cancelled": Word(pgettext_lazy("return", "Cancelled"), "grey"),
    "expired": Word(pgettext_lazy("return", "Expired"), "grey"),
    "lost": Word(pgettext_lazy("return", "Lost"), "red"),
}

RETURN_LINE = {
    "pending": Word(_("To inspect"), "grey"),
    "accepted": Word(_("Accepted"), "green"),
    "accepted_with_deduction": Word(_("Accepted with deduction"), "green"),
    "rejected": Word(_("Rejected"), "red"),
    "needs_review": Word(_("Needs review"), "amber"),
}

PURCHASE_ORDER = {
    "draft": Word(pgettext_lazy("purchase order", "Draft"), "grey"),
    "sent": Word(pgettext_lazy("purchase order", "Sent"), "blue"),
    "partly_received": Word(pgettext_lazy("purchase order", "Partly received"), "amber"),
    "received": Word(pgettext_lazy("purchase order", "Received"), "green"),
    "closed": Word(pgettext_lazy("purchase order", "Closed"), "grey"),
    "cancelled": Word(pgettext_lazy("purchase order", "Cancelled"), "grey"),
}

TRANSFER = {
    "draft": Word(pgettext_lazy("transfer", "Draft"), "grey"),
    "in_transit": Word(pgettext_lazy("transfer", "In transit"), "blue"),
    "partly_received": Word(pgettext_lazy("transfer", "Partly received"), "amber"),
    "received": Word(pgettext_lazy("transfer", "Received"), "green"),
    "short": Word(pgettext_lazy("transfer", "Closed with a difference"), "red"),
    "cancelled": Word(pgettext_lazy("transfer", "Cancelled"), "grey"),
}

STOCK_COUNT = {
    "proposed": Word(pgettext_lazy("count", "Proposed"), "grey"),
    "open": Word(pgettext_lazy("count", "Under way"), "blue"),
    "closed": Word(pgettext_lazy("count", "Closed"), "green"),
    "cancelled": Word(pgettext_lazy("count", "Cancelled"), "grey"),
}

CASE = {
    "open": Word(pgettext_lazy("exception", "Open"), "amber"),
    "resolved": Word(pgettext_lazy("exception", "Resolved"), "green"),
}

BUCKET = {
    "draft": Word(_("draft"), "grey"),
    "reserved": Word(_("waiting for routing"), "grey"),
    "backordered": Word(_("backordered"), "amber"),
    "allocated": Word(_("waiting for release"), "grey"),
    "released": Word(_("to pick"), "blue"),
    "picked": Word(_("picked"), "blue"),
    "packed": Word(_("packed"), "blue"),
    "shipped": Word(_("shipped"), "green"),
    "cancelled": Word(_("cancelled"), "grey"),
}

BUCKET_COUNTS = {
    "draft": ngettext_lazy("%(n)d in draft", "%(n)d in draft", "n"),
    "reserved": ngettext_lazy("%(n)d waiting for routing", "%(n)d waiting for routing", "n"),
    "backordered": ngettext_lazy("%(n)d backordered", "%(n)d backordered", "n"),
    "allocated": ngettext_lazy("%(n)d waiting for release", "%(n)d waiting for release", "n"),
    "released": ngettext_lazy("%(n)d to pick", "%(n)d to pick", "n"),
    "picked": ngettext_lazy("%(n)d picked", "%(n)d picked", "n"),
    "packed": ngettext_lazy("%(n)d packed", "%(n)d packed", "n"),
    "shipped": ngettext_lazy("%(n)d shipped", "%(n)d shipped", "n"),
    "cancelled": ngettext_lazy("%(n)d cancelled", "%(n)d cancelled", "n"),
}
"""Units of a line in words: languages agree the word with the number."""

JOB = {
    "draft": Word(pgettext_lazy("job", "Not started"), "grey"),
    "waiting": Word(pgettext_lazy("job", "Waiting"), "grey"),
    "running": Word(pgettext_lazy("job", "Running"), "blue"),
    "done": Word(pgettext_lazy("job", "Done"), "green"),
    "done_in_part": Word(pgettext_lazy("job", "Done in part"), "amber"),
    "nothing_done": Word(pgettext_lazy("job", "Nothing done"), "amber"),
    "stopped": Word(pgettext_lazy("job", "Stopped"), "amber"),
    "failed": Word(pgettext_lazy("job", "Broken off"), "red"),
}

JOB_ROW = {
    "waiting": Word(pgettext_lazy("row of a job", "Not done"), "grey"),
    "done": Word(pgettext_lazy("row of a job", "Done"), "green"),
    "refused": Word(pgettext_lazy("row of a job", "Refused"), "amber"),
    "failed": Word(pgettext_lazy("row of a job", "Failed"), "red"),
}

KINDS: dict[str, dict[str, Word]] = {
    "order": ORDER,
    "fulfillment": FULFILLMENT,
    "shipment": SHIPMENT,
    "payment": PAYMENT,
    "return": RETURN,
    "return_line": RETURN_LINE,
    "purchase_order": PURCHASE_ORDER,
    "transfer": TRANSFER,
    "stock_count": STOCK_COUNT,
    "case": CASE,
    "bucket": BUCKET,
    "job": JOB,
    "job_row": JOB_ROW,
}


def word(status: str, kind: str = "order") -> Word:
    """The word and tone of a status; one that is not known shows itself in grey, so that nothing is hidden."""
    found = KINDS.get(kind, ORDER).get(status)
    return found or Word(status.replace("_", " ").capitalize(), "grey")


HOLDS = {
    "payment": _("payment"),
    "price": _("price"),
    "fraud_review": _("fraud review"),
    "address": _("address"),
    "duplicate": _("duplicate"),
    "credit": _("credit"),
    "manual": _("stopped by hand"),
}


def hold(kind: str) -> str:
    """Why something is held, in words."""
    return str(HOLDS.get(kind, kind.replace("_", " ")))


CHANNEL_KINDS = {
    "web": _("Web"),
    "store": _("Store"),
    "call_centre": _("Call centre"),
    "mobile": _("Mobile"),
    "kiosk": _("Kiosk"),
    "marketplace": _("Marketplace"),
}

TENDERS = {
    "card": _("Card"),
    "bank_transfer": _("Bank transfer"),
    "on_account": _("On account"),
    "cash": _("Cash"),
    "gift_card": _("Gift card"),
    "store_credit": _("Store credit"),
}

MOVEMENTS = {
    "receipt": _("Receipt"),
    "shipment": _("Sent"),
    "return": _("Return"),
    "adjustment": _("Correction"),
    "count": pgettext_lazy("movement", "Count"),
    "condition": _("Change of condition"),
    "transfer": _("Transfer"),
}
MOVE_REASONS = {
    "counted": _("Counted"),
    "damaged": _("Damaged"),
    "lost": _("Lost"),
    "found": _("Found"),
    "sample": _("Used as a sample"),
    "checked": _("Checked"),
    "suspected": _("Suspected of a fault"),
    "mended": _("Mended"),
    "expired": _("Past its last day"),
}
"""Why people correct stock or change its condition."""

ACCOUNT_KINDS = {
    "asset": _("Asset"),
    "liability": _("Liability"),
    "equity": _("Equity"),
    "revenue": _("Revenue"),
    "expense": _("Expense"),
}

CONDITIONS = {
    "sellable": _("Sellable"),
    "damaged": _("Damaged"),
    "quarantine": _("Quarantine"),
}
