"""What the order page shows, put together from every app that knows something of the order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.days import company_day
from core.money import ZERO, share
from core.templatetags.ui import say_day, say_time
from fulfillment.models import FulfillmentOrder
from orders.models import Order, OrderLine
from orders.selectors import units_by_bucket
from orders.states import CANCELLABLE, FINISHED
from payments.models import Payment
from sourcing.alternatives import explain
from sourcing.models import Decision

STARTED = ("picked", "packed", "shipped")
ROUTED = ("allocated", "released", *STARTED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the units of an order are; `live` are those that are not cancelled."""

    live: int
    routed: int
    picked: int
    shipped: int
    delivered: int


def progress(lines: Sequence[OrderLine]) -> Progress:
    """The units of all lines, by how far they have come."""
    units = units_by_bucket(lines)
    return Progress(
        live=sum(units.values()) - units["cancelled"],
        routed=sum(units[b] for b in ROUTED),
        picked=sum(units[b] for b in STARTED),
        shipped=units["shipped"],
        delivered=sum(line.delivered for line in lines),
    )


def _step(label: str, done: int, of: int, note: str = "", *, began: bool = False) -> dict[str, str]:
    if of and done >= of:
        return {"label": label, "note": note or _("all %(n)d") % {"n": of}, "is": "done"}
    count = _("%(done)d of %(of)d") % {"done": done, "of": of}
    return {"label": label, "note": count if done else note or count, "is": "now" if done or began else "todo"}


def steps(
    order: Order, decision: Decision | None, payments: Sequence[Payment], sent: Sequence["Parcel"] = ()
) -> list[dict[str, str]]:
    """The way from capture to delivery, with where the order stands on it; `sent` are its parcels."""
    lines = list(order.lines.all())
    p = progress(lines)
    arrives = max((day for parcel in sent if (day := parcel.day)), default=order.promise_latest)
    last = say_day(arrives) if arrives else ""
    routed_at = _moment(decision.decided_at) if decision else ""
    return [
        {"label": pgettext("step", "Captured"), "note": _moment(order.placed_at), "is": "done"},
        _paid(payments),
        _step(pgettext("step", "Routed"), p.routed, p.live, routed_at if p.routed >= p.live else ""),
        _step(pgettext("step", "Picked"), p.picked, p.live, began=any(line.released for line in lines)),
        _step(pgettext("step", "Shipped"), p.shipped, p.live),
        _step(pgettext("step", "Delivered"), p.delivered, p.live, last),
    ]


def _moment(at: Any) -> str:
    local = timezone.localtime(at)
    return f"{say_day(local.date())} {say_time(local)}"


def _paid(payments: Sequence[Payment]) -> dict[str, str]:
    """The money in one word: the payment that is furthest behind decides."""
    living = [p for p in payments if p.status not in ("voided", "expired")] or list(payments)
    states = {p.status for p in living}
    account = all(p.tender == "on_account" for p in living)
    if not living:
        return {"label": pgettext("step", "Paid"), "note": _("nothing to pay"), "is": "done"}
    if states & {"failed", "unknown", "requires_action"}:
        return {"label": pgettext("step", "Paid"), "note": _("needs someone"), "is": "stop"}
    if account:
        return {"label": pgettext("step", "Paid"), "note": _("on account"), "is": "done"}
    if states == {"pending"}:
        return {"label": pgettext("step", "Paid"), "note": _("being asked"), "is": "now"}
    captured = all(p.captured >= p.amount for p in living)
    note = _("captured") if captured else _("part captured") if any(p.captured for p in living) else _("authorised")
    return {"label": pgettext("step", "Paid"), "note": note, "is": "done"}


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with the places that work on it."""

    line: OrderLine
    places: list[str]
    cancellable: int
    returnable: int
    asked: int = 0
    back: int = 0
    """Units typed into the forms that cancel and that take back."""
    numbers: Sequence[str] = ()
    """The serial numbers of units that left and are not back."""
    typed_numbers: str = ""
    chose_none: bool = False
    """Whether the form said that the units that came have no numbers."""

    @property
    def has_unnumbered(self) -> bool:
        """Whether units without a number are out as well."""
        return bool(self.numbers) and self.returnable > len(self.numbers)

    @property
    def total(self) -> Decimal:
        """What the line costs by its price."""
        return self.line.unit_price * self.line.quantity - self.line.discount

    @property
    def is_live(self) -> bool:
        """Whether some units are still to be sent or were."""
        return self.line.quantity > self.line.cancelled


def line_rows(
    order: Order,
    work: Iterable[FulfillmentOrder],
    typed: Mapping[str, str] | None = None,
    units: Sequence[Any] = (),
) -> list[LineRow]:
    """The lines with their places and what may still be cancelled or come back; `typed` is a form sent before, `units`
    those of the order that have serial numbers."""
    out: dict[UUID, list[str]] = {}
    for unit in units:
        if unit.has_left and not unit.is_back:
            out.setdefault(unit.line_id, []).append(unit.code)
    places: dict[UUID, list[str]] = {}
    for each in work:
        for part in each.lines.all():
            if part.quantity > part.cancelled:
                places.setdefault(part.order_line_id, []).append(each.location.name)
    rows = [_line_row(line, places.get(line.pk, []), typed or {}) for line in order.lines.all()]
    sent = typed or {}
    return [
        replace(
            row,
            numbers=out[row.line.pk],
            typed_numbers=sent.get(f"serials-{row.line.pk}", ""),
            chose_none=sent.get(f"unnumbered-{row.line.pk}") == "yes",
        )
        if row.line.pk in out
        else row
        for row in rows
    ]


def _line_row(line: OrderLine, places: list[str], typed: Mapping[str, str]) -> LineRow:
    cancellable = sum(getattr(line, bucket) for bucket in CANCELLABLE) if line.is_stocked else 0
    asked = typed.get(f"units-{line.pk}")
    units = None if asked is None else int(asked) if asked.strip().isdecimal() and len(asked) < 8 else 0
    return LineRow(
        line,
        list(dict.fromkeys(places)),
        cancellable,
        line.shipped - line.returned if line.is_stocked else 0,
        cancellable if units is None else units,
        units or 0,
    )


@dataclass(frozen=True, slots=True)
class Parcel:
    """The work of one place on the order, with the shipment when there is one."""

    work: FulfillmentOrder
    shipment: Any
    status: str
    kind: str
    lines: list[Any]
    units: list[Any] = field(default_factory=list)
    """Those that have serial numbers."""

    @property
    def has_papers(self) -> bool:
        """Whether a label was made, which can be printed again."""
        return bool(self.shipment and self.shipment.tracking_number)

    @property
    def expected(self) -> date | None:
        """When it should arrive."""
        return (self.shipment and self.shipment.expected_on) or self.work.promise_latest

    @property
    def arrived(self) -> date | None:
        """The day it was delivered."""
        at = self.shipment and self.shipment.delivered_at
        return timezone.localdate(at) if at else None

    @property
    def day(self) -> date | None:
        """When it arrived or, before that, should."""
        return self.arrived or self.expected


def parcels(work: Iterable[FulfillmentOrder], units: Sequence[Any] = ()) -> list[Parcel]:
    """Each place's work as a parcel, with the `units` of the order that have serial numbers; cancelled work is left out."""
    found = []
    for each in work:
        if each.status == "cancelled":
            continue
        shipment = next(iter(each.shipments.all()), None)
        lines = [line for line in each.lines.all() if line.quantity > line.cancelled]
        left = shipment if shipment and shipment.status not in ("draft", "labelled") else None
        status, kind = (left.status, "shipment") if left else (each.status, "fulfillment")
        if status == "picking" and all(line.picked >= line.quantity - line.cancelled for line in lines):
            status = "picked"
        mine = [unit for unit in units if unit.work_id == each.pk]
        found.append(Parcel(each, shipment, status, kind, lines, mine))
    return found


@dataclass(frozen=True, slots=True)
class Reason:
    """One plan that was looked at, in words."""

    plan: str
    parcels: int
    arrives: date | None
    cost: Decimal | None
    verdict: str
    chosen: bool = False
    places: tuple[str, ...] = ()
    """The places that are refused for the same reason, when they stand in one row."""


def reasons(decision: Decision | None) -> list[Reason]:
    """The plan chosen, and why none of the others was."""
    if decision is None:
        return []
    rows = decision.alternatives
    used = [row for row in rows if row["verdict"] in ("chosen", "part")]
    packages = decision.plan.get("packages", [])
    latest = max((date.fromisoformat(p["latest"]) for p in packages), default=None)
    found = []
    if packages:
        names = " + ".join(dict.fromkeys(row["name"] for row in used))
        verdict = explain(used[0]) if len(used) == 1 else _("Cheapest way to send it all.")
        found.append(Reason(names, len(packages), latest, decision.cost, verdict, chosen=True))
    refused = [_reason(row) for row in rows if row not in used]
    return found + _folded(refused)


def _folded(refused: Sequence[Reason]) -> list[Reason]:
    """Places that cannot send it, for the same reason, in one row."""
    found: list[Reason] = []
    for reason in refused:
        alike = [each.plan for each in refused if each.cost is None and each.verdict == reason.verdict]
        if reason.cost is not None or len(alike) == 1:
            found.append(reason)
        elif reason.plan == alike[0]:
            many = ngettext("%(n)d place", "%(n)d places", len(alike)) % {"n": len(alike)}
            found.append(replace(reason, plan=many, places=tuple(alike)))
    return found


def _reason(row: dict[str, Any]) -> Reason:
    possible = row["cost"] is not None
    return Reason(
        plan=row["name"],
        parcels=row["packages"] if possible else 0,
        arrives=date.fromisoformat(row["arrives"]) if possible and row["arrives"] else None,
        cost=Decimal(row["cost"]) if possible else None,
        verdict=explain(row),
    )


@dataclass(frozen=True, slots=True)
class Money:
    """What the order costs; `open_value` is what would not be taken if all that can be cancelled were."""

    goods: Decimal
    open_value: Decimal


def money(order: Order, rows: Sequence[LineRow]) -> Money:
    """The order's value, and the part of it that can still be cancelled."""
    still = ZERO
    for row in rows:
        line = row.line
        if row.cancellable:
            still += share(line.gross, line.quantity - row.cancellable, line.quantity, line.quantity, order.currency)
    return Money(goods=order.subtotal - order.discount, open_value=still)


def days_late(order: Order, sent: Sequence[Parcel], today: date | None = None) -> int:
    """Days by which the last parcel came, or will come at the soonest, after the promise; 0 when it does not."""
    if order.promise_latest is None or order.status in ("cancelled", "draft"):
        return 0
    today = today or company_day()
    days = [order.promise_latest, *(day for parcel in sent if (day := _comes(parcel, today)))]
    if order.status not in FINISHED:
        days.append(today)
    return (max(days) - order.promise_latest).days


def _comes(parcel: Parcel, today: date) -> date | None:
    """The day of a parcel; for one that is still on its way it cannot have been before today."""
    if parcel.arrived or parcel.status == "delivered":
        return parcel.day
    return max(parcel.expected or today, today)


def lateness(order: Order, sent: Sequence[Parcel]) -> str:
    """How the promise stands, in words."""
    if order.promise_latest is None or order.status in ("cancelled", "draft"):
        return ""
    days = days_late(order, sent)
    if not days:
        return _("on time") if sent or order.status not in FINISHED else ""
    return ngettext("%(n)d day late", "%(n)d days late", days) % {"n": days}
