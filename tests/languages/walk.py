"""Pages to read in every language: whoever may open most opens everything that a small company has."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounting.models import JournalEntry
from core.ids import new_id
from customers.models import Customer
from fulfillment.models import FulfillmentOrder, Shipment
from notifications.models import Message
from orders.models import Order
from orders.tracking import token_of

NO_PAGES = {"job-file", "job-result", "parcel-label", "parcel-slip", "mail-body", "api-docs", "health-live"}
"""Files, papers, other people's programs: nothing of it is a page of ours."""

HIDDEN = {"script", "style", "svg", "template"}
SPOKEN = ("title", "aria-label", "placeholder", "alt", "data-offline")


class Reader(HTMLParser):
    """The texts that somebody sees or hears: between the tags, and in the attributes that are read out.

    What stands in an element with `lang` or `translate="no"` is in another language on purpose, or nobody's words.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        other = tag != "html" and ("lang" in given or given.get("translate") == "no")
        if not self._silent and not other:
            self.texts += [value for name, value in attrs if name in SPOKEN and value]
            if tag == "input" and given.get("type") in ("submit", "button") and given.get("value"):
                self.texts.append(given["value"] or "")
        if tag not in (
            "input",
            "br",
            "img",
            "meta",
            "link",
            "hr",
            "use",
            "rect",
            "line",
            "polyline",
            "path",
            "wbr",
            "source",
            "col",
        ):
            self._open.append((tag, other or tag in HIDDEN))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, _silent = self._open.pop()
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def _silent(self) -> bool:
        return any(silent for _tag, silent in self._open)


def texts_of(page: str) -> list[str]:
    """What a page says."""
    reader = Reader()
    reader.feed(page)
    return reader.texts


def addresses() -> Iterator[tuple[str, str]]:
    """Route and address of every page that opens by itself, or with something of the small company."""
    known = _things()
    for name, pattern in _routes(get_resolver().url_patterns, ""):
        address = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known.get(found[1], "\0"), pattern)
        if name not in NO_PAGES and "\0" not in address:
            yield name, f"/{address}"


def _things() -> dict[str, str]:
    order = Order.objects.filter(shipments__isnull=False).first() or Order.objects.first()
    found = {
        "customer_id": Customer.objects.first(), "entry_id": JournalEntry.objects.first(),
        "fulfillment_order_id": FulfillmentOrder.objects.first(), "shipment_id": Shipment.objects.first(),
        "message_id": Message.objects.first(), "user_id": get_user_model().objects.first(),
    }  # fmt: skip
    made = {name: str(thing.pk) if thing else str(new_id()) for name, thing in found.items()}
    token = token_of(order.pk, order.tracking_version) if order else "nothing"
    return made | {
        "number": order.number if order else "NO-SUCH", "sku": "MUG-BLUE", "name": "call-centre", "code": "clerk",
        "token": token, "list_name": "orders",
    }  # fmt: skip


def _routes(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if "v1/" not in str(pattern.pattern):
                yield from _routes(pattern.url_patterns, before + str(pattern.pattern))
        elif pattern.name:
            yield pattern.name, before + str(pattern.pattern)


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Address and text of every page that answers a look: what only takes forms answers nothing here."""
    for _name, address in addresses():
        answer = client.get(address)
        if answer.status_code in (200, 404, 422) and "text/html" in answer.get("Content-Type", ""):
            yield address, answer.content.decode()
