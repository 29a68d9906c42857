"""What changed a product's stock and the promises on it, and why: a list over the documents that did it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.models import Variant
from core.days import company_day
from core.db import rows
from core.lists import Choice, Column, ListSpec, Period, Reference, Sort, registry
from core.lists.views import show
from core.permissions import locations_of, permission
from core.templatetags.ui import actor_word, condition_word, movement_word, note_words, signed, when
from fulfillment.models import Shipment, StockChange
from inventory.models import CountLine, FeedChunk, Location
from inventory.transfers.models import TransferStep
from purchasing.models import Receipt
from returns.models import Return

KINDS = {
    "on_hand": gettext_lazy("What is on hand"),
    "reserved": gettext_lazy("Reserved"),
    "allocated": gettext_lazy("Allocated"),
    "moved": gettext_lazy("Moved to another place"),
    "given_back": gettext_lazy("Given back"),
    "safety": gettext_lazy("Safety stock"),
    "limits": gettext_lazy("Limits"),
    "held": gettext_lazy("Held back"),
}
ACTS = {
    "order.placed": gettext_lazy("Reserved for an order"),
    "order.taken_up": gettext_lazy("Reserved for an order that waited: units came"),
    "order.routed": gettext_lazy("Allocated to an order"),
    "order.repinned": gettext_lazy("Reservation moved"),
    "order.cancel": gettext_lazy("Order cancelled: what it held of it is given back"),
    "order.cancel_part": gettext_lazy("Order cancelled in part: what it gave up of it is given back"),
    "order.unplanned": gettext_lazy("Allocation taken back: too few were left"),
    "stock.safety": gettext_lazy("Safety stock set"),
    "stock.fence": gettext_lazy("Units set aside for a channel"),
    "stock.withhold": gettext_lazy("Not promised from this place any more"),
    "stock.sell_again": gettext_lazy("Promised from this place again"),
    "stock.repaired": gettext_lazy("Counts set right by their documents"),
}


def _sku_of(variant_id: UUID) -> str:
    return Variant.objects.filter(pk=variant_id).values_list("sku", flat=True).first() or "—"


def _place_choices() -> list[tuple[str, str]]:
    return list(Location.objects.order_by("name").values_list("code", "name"))


def _seen_by(user: Any) -> QuerySet[StockChange]:
    """Everything, or what happened at this person's places: the orders there are theirs to know."""
    found = StockChange.objects.select_related("location", "order", "variant")
    own, of_orders = locations_of(user, "stock.view"), locations_of(user, "orders.view")
    if own is not None:
        found = found.filter(location__in=own)
    return found if of_orders is None else found.filter(Q(order=None) | Q(location__in=of_orders))


def _why(row: StockChange) -> str:
    if row.kind == "on_hand":
        said = [movement_word(row.what)]
        said += [condition_word(row.condition)] if row.condition != "sellable" else []
        return " · ".join([*said, *([note_words(row.note)] if row.note else [])])
    if row.kind == "held":
        return (
            _("Its feed is heard again") if row.after == "resolved" else _("Its feed is silent: units may be held back")
        )
    if row.what == "order.placed" and row.reserved is None:
        return _("Ordered: some of the order had to wait for stock")
    return " · ".join([str(ACTS[row.what]), *([row.note] if row.note and row.kind == "given_back" else [])])


def _document(row: Any) -> tuple[str, str]:
    """The words and the address of what is behind it; empty for what has no page."""
    if row.order_id and row.order:
        return row.order.number, reverse("order", args=[row.order.number])
    found: tuple[str, str] = getattr(row, "document", ("", ""))
    return found


def _document_cell(row: Any) -> SafeString | str:
    words, href = _document(row)
    return format_html('<a class="ref" href="{}">{}</a>', href, words) if href else words


def _change(name: str) -> Any:
    def of(row: StockChange) -> int | None:
        found: int | None = getattr(row, name)
        return found

    return of


def _signed(name: str) -> Any:
    def cell(row: StockChange) -> str:
        units = getattr(row, name)
        return "" if units is None else signed(units)

    return cell


def _stands(row: Any) -> str:
    """Before and after, where they can be told."""
    before, after = getattr(row, "stood", ("", "")) if row.kind == "on_hand" else (row.before, row.after)
    if row.kind == "held":
        return ""
    return f"{before} → {after}" if after != "" else ""


# What was on hand after each movement: the later ones taken away from what is on hand now, so that nothing older is read.
STOOD = """
SELECT id, after FROM (
    SELECT m.id, CASE m.condition WHEN 'sellable' THEN s.on_hand WHEN 'damaged' THEN s.damaged ELSE s.quarantine END
           - coalesce(sum(m.quantity) OVER (
               PARTITION BY m.variant_id, m.location_id, m.condition ORDER BY m.at DESC, m.id DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::int AS after
    FROM inventory_movement m JOIN inventory_stock s USING (variant_id, location_id)
    WHERE m.variant_id = ANY(%(variants)s::uuid[]) AND m.location_id = ANY(%(places)s::uuid[]) AND m.at >= %(since)s) x
WHERE id = ANY(%(ids)s::uuid[])
"""


def prepare(found: list[Any]) -> None:
    """What stood before and after each movement, and the documents behind them."""
    moves = [row for row in found if row.kind == "on_hand"]
    if not moves:
        return
    given = {
        "variants": list({row.variant_id for row in moves}),
        "places": list({row.location_id for row in moves}),
        "ids": [row.id for row in moves],
        "since": min(row.at for row in moves),
    }
    after = {row.id: row.after for row in rows(STOOD, given)}
    documents = _documents({row.source for row in moves if row.what != "adjustment"})
    for row in moves:
        units = row.set_aside if row.on_hand is None else row.on_hand
        row.stood = (after[row.id] - units, after[row.id])
        row.document = documents.get(row.source, ("", ""))


def _documents(sources: set[UUID]) -> dict[UUID, tuple[str, str]]:
    found: dict[UUID, tuple[str, str]] = {}
    for parcel in Shipment.objects.filter(pk__in=sources):
        found[parcel.pk] = (parcel.tracking_number or _("Parcel"), reverse("parcel", args=[parcel.pk]))
    for back in Return.objects.filter(pk__in=sources).select_related("order"):
        found[back.pk] = (back.rma, reverse("order", args=[back.order.number]))
    for step in TransferStep.objects.filter(pk__in=sources).select_related("transfer"):
        found[step.pk] = (step.transfer.number, reverse("transfer", args=[step.transfer.number]))
    for receipt in Receipt.objects.filter(pk__in=sources).select_related("purchase_order"):
        number = receipt.purchase_order.number
        found[receipt.pk] = (number, reverse("purchase-order", args=[number]))
    for pk, number in CountLine.objects.filter(pk__in=sources).values_list("pk", "spot__count__number"):
        found[pk] = (number, reverse("count", args=[number]))
    for pk, message in FeedChunk.objects.filter(pk__in=sources).values_list("pk", "message_id"):
        found[pk] = (_("Message"), reverse("stock-message", args=[message]))
    return found


CHANGES = registry.register(
    ListSpec(
        name="stock-changes",
        model=StockChange,
        title=gettext_lazy("What changed, and why"),
        subtitle=gettext_lazy("What came and went of a product, and what was promised of it"),
        subtitle_limited=gettext_lazy("What came and went at your locations, and what was allocated there"),
        none_fits=gettext_lazy("Nothing changed here in this time"),
        nothing_yet=gettext_lazy("What comes, goes and is promised of a product stands here."),
        template="backoffice/stock_changes.html",
        permission="stock.view",
        base=_seen_by,
        needs="product",
        usual="day=last-30-days",
        limited=lambda user: locations_of(user, "stock.view") is not None,
        prepare=prepare,
        columns=(
            Column(
                name="at", label=gettext_lazy("At"), value=lambda r: r.at, cell=lambda r: when(r.at, "full"), sort="at",
                fixed=True, css="whitespace-nowrap",
            ),
            Column(
                name="place", label=gettext_lazy("Place"), value=lambda r: r.location.name if r.location else "",
                cell=lambda r: r.location.name if r.location else "—", phone="end",
            ),
            Column(name="why", label=gettext_lazy("What happened"), value=_why, phone="full"),
            Column(
                name="on_hand", label=gettext_lazy("On hand"), value=_change("on_hand"), cell=_signed("on_hand"),
                numeric=True, phone="named", css="font-medium",
            ),
            Column(
                name="set_aside", label=pgettext_lazy("units", "Not sellable"), value=_change("set_aside"),
                cell=_signed("set_aside"), numeric=True, phone="named", shown=False,
            ),
            Column(
                name="reserved", label=gettext_lazy("Reserved"), value=_change("reserved"), cell=_signed("reserved"),
                numeric=True, phone="named",
            ),
            Column(
                name="allocated", label=gettext_lazy("Allocated"), value=_change("allocated"), cell=_signed("allocated"),
                numeric=True, phone="named",
            ),
            Column(name="stands", label=gettext_lazy("Before → after"), value=_stands, numeric=True, phone="named"),
            Column(
                name="document", label=gettext_lazy("Document"), value=lambda r: _document(r)[0], cell=_document_cell,
                phone="full",
            ),
            Column(
                name="who", label=gettext_lazy("Who"), value=lambda r: actor_word(r.actor), phone="full", css="muted",
            ),
            Column(name="sku", label=gettext_lazy("SKU"), value=lambda r: r.variant.sku, phone="hide", shown=False),
        ),
        filters=(
            Reference(name="product", label=gettext_lazy("Product"), field="variant_id", said=_sku_of),
            Choice(name="location", label=gettext_lazy("Place"), choices=_place_choices, field="location__code"),
            Choice(name="kind", label=gettext_lazy("What changed"), choices=list(KINDS.items())),
            Period(name="day", since="since", until="until", label=gettext_lazy("When"), field="at"),
        ),
        sort="-at",
        sorts=(
            Sort(label=gettext_lazy("Newest first"), by="-at"), Sort(label=gettext_lazy("Oldest first"), by="at"),
        ),
        route="stock-changes",
        icon="arrow-left-right",
        newer=gettext_lazy("Newer"),
        older=gettext_lazy("Older"),
    )
)  # fmt: skip


@permission(CHANGES.permission)
def stock_changes(request: HttpRequest) -> HttpResponse:
    """The list of one product: of all together nobody could read it."""
    product = CHANGES.read(request.GET).values.get("product")
    variant = Variant.objects.select_related("product").filter(pk=product).first() if product else None
    if variant is None:
        return redirect("stock")
    return show(request, CHANGES.name, variant=variant, year_ago=company_day() - timedelta(days=365))
