"""Purchase orders from the first draft to the last unit that is still waited for. Receiving stands in `receiving`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounting.rates import rate_on
from catalog.models import Variant
from core.actors import Actor
from core.days import company_day
from core.db import require_atomic, rows
from core.ids import new_id
from core.once import made_once
from core.outbox import publish
from core.problems import Conflict, Invalid, NotFound
from core.states import apply
from core.timeline import record
from core.versions import Stale
from core.wording import word
from inventory.models import Location
from inventory.services import LARGEST
from purchasing import supply
from purchasing.events import PurchaseOrderSent
from purchasing.models import PurchaseLine, PurchaseOrder, Vendor
from purchasing.states import OPEN, PURCHASE_ORDER

MOST_LINES = 500
DEAREST = Decimal(1_000_000)
LONGEST_NOTE = 1_000
FARTHEST = timedelta(days=730)
NO_ARTICLES = ("expected_on", "note")
"""What else a change may be about than articles."""
SAID = re.compile(r"^(\d+) × \d+(\.\d+)?$")
NEXT = "SELECT nextval('purchasing_order_number') AS n"
NOT_BOUGHT_FOR = (Location.Kind.VENDOR, Location.Kind.TRANSIT)


@dataclass(frozen=True, slots=True)
class Item:
    """Units of a variant to be bought, at a cost for each in the order's currency."""

    variant_id: UUID
    quantity: int
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class Wish:
    """What an order shall say."""

    items: Sequence[Item]
    expected_on: date | None = None
    note: str = ""


def lock(order_id: UUID) -> PurchaseOrder:
    """The order, locked: the arbiter of all that happens to it. NotFound when there is none."""
    require_atomic()
    found = PurchaseOrder.objects.select_for_update(no_key=True, of=("self",)).select_related("vendor", "location")
    order = found.filter(pk=order_id).first()
    if order is None:
        raise NotFound(_("There is no such purchase order."))
    return order


def draft(vendor_id: UUID, location_id: UUID, wish: Wish, *, actor: Actor, key: UUID | None = None) -> PurchaseOrder:
    """Write a purchase order down; nobody is told of it yet. Under the same `key` it is written once.

    Conflict when another one was written under it.
    """
    vendor = Vendor.objects.filter(pk=vendor_id).first()
    place = Location.objects.filter(pk=location_id, is_active=True).exclude(kind__in=NOT_BOUGHT_FOR).first()
    if vendor is None or not vendor.is_active:
        raise Invalid.field(["vendor"], _("choose a vendor that we buy from"))
    if place is None:
        raise Invalid.field(["location"], _("choose a place of ours"))
    _check(wish)
    wanted = (vendor.pk, place.pk, wish.expected_on, wish.note.strip(), tuple(wish.items))
    made = made_once(
        PurchaseOrder,
        key := key or new_id(),
        lambda: _draft(key, vendor, place, wish, actor=actor),
        lambda known: (known.vendor_id, known.location_id, *_told(as_it_is(known))) == wanted,
    )
    if made is None:
        number = PurchaseOrder.objects.get(pk=key).number
        raise Conflict(
            _("This form was kept as %(number)s before. Keep it again to write another one.") % {"number": number}
        )
    return made


def _told(wish: Wish) -> tuple[Any, ...]:
    return wish.expected_on, wish.note, tuple(wish.items)


def _draft(key: UUID, vendor: Vendor, place: Location, wish: Wish, *, actor: Actor) -> PurchaseOrder:
    with transaction.atomic():
        order = PurchaseOrder.objects.create(
            id=key,
            number=f"PO-{rows(NEXT)[0].n}",
            vendor=vendor,
            location=place,
            currency=vendor.currency,
            expected_on=wish.expected_on,
            note=wish.note.strip(),
        )
        _write_lines(order, wish)
        record(order.pk, "purchase_order.draft", actor=actor, after="draft", data={"units": _units(wish)})
    return order


def change(order_id: UUID, wish: Wish, *, actor: Actor, version: str = "") -> PurchaseOrder:
    """Change what is ordered, and until when. Stale when somebody was faster than this `version`.

    Of an order that was sent, what has come stays; a line that is not wished for any more is given up as far as it has
    not come, and what is on its way follows.
    """
    _check(wish)
    with transaction.atomic():
        order = lock(order_id)
        if version and version != str(order.version):
            raise Stale(order.pk, order.version)
        if order.status != "draft" and order.status not in OPEN:
            raise Conflict(said_no(order, _("it cannot be changed any more")))
        if order.status in OPEN and wish.expected_on is None:
            raise Invalid.field(["expected_on"], _("say when it is expected"))
        changes = _changes(order, wish)
        if not changes:
            return order
        order.expected_on, order.note, order.version = wish.expected_on, wish.note.strip(), order.version + 1
        order.save(update_fields=["expected_on", "note", "version"])
        _write_lines(order, wish)
        record(order.pk, "purchase_order.change", actor=actor, data={"changes": changes})
        if order.status in OPEN:
            supply.follow(order, actor=actor)
            order = settle(order, actor=actor)
    return order


def send(order_id: UUID, *, actor: Actor) -> PurchaseOrder:
    """The vendor has it: its units are supply from now on. A second call changes nothing."""
    with transaction.atomic():
        order = lock(order_id)
        if order.status in OPEN:
            return order
        if order.status != "draft":
            raise Conflict(said_no(order, _("it cannot be sent")))
        rate_on(order.currency, company_day())  # nothing could be received without one
        expected = order.expected_on or company_day() + timedelta(days=order.vendor.lead_days)
        order = apply(
            PURCHASE_ORDER, order, "send", actor=actor,
            sent_at=timezone.now(), expected_on=expected, version=order.version + 1,
        )  # fmt: skip
        supply.follow(order, actor=actor, is_new=True)
        publish([PurchaseOrderSent(about=order.pk, number=order.number)])
    return order


def give_up(order_id: UUID, *, actor: Actor, reason: str, version: str = "") -> PurchaseOrder:
    """Nothing more of it is waited for: cancelled when nothing has come, else closed. A second call changes nothing."""
    if not reason.strip():
        raise Invalid.field(["reason"], _("say why"))
    with transaction.atomic():
        order = lock(order_id)
        if order.status in ("cancelled", "closed"):
            return order
        if version and version != str(order.version):
            raise Stale(order.pk, order.version)
        if order.status == "received":
            raise Conflict(_("All of %(number)s has come; nothing is left to give up.") % {"number": order.number})
        give_up_lines(list(order.lines.all()))
        record(order.pk, "purchase_order.give_up", actor=actor, data={"reason": reason.strip()})
        order.version += 1
        order.save(update_fields=["version"])
        if order.status == "draft":
            return apply(PURCHASE_ORDER, order, "cancel", actor=actor)
        supply.follow(order, actor=actor)
        return settle(order, actor=actor)


def give_up_lines(lines: Sequence[PurchaseLine]) -> int:
    """Stop waiting for what has not come of these lines; returns the units."""
    for line in lines:
        line.cancelled += line.open
    PurchaseLine.objects.bulk_update([line for line in lines if line.open], ["cancelled"])
    return sum(line.open for line in lines)


def settle(order: PurchaseOrder, *, actor: Actor) -> PurchaseOrder:
    """Bring the state of a sent order to what its lines say."""
    lines = list(order.lines.all())
    arrived, waits = any(line.arrived for line in lines), any(line.open for line in lines)
    if waits:
        target = "partly_received" if arrived else "sent"
    elif not arrived:
        target = "cancelled"
    else:
        target = "closed" if any(line.arrived < line.ordered for line in lines) else "received"
    action = {"partly_received": "receive_part", "received": "receive", "closed": "close", "cancelled": "cancel"}
    return order if target == order.status else apply(PURCHASE_ORDER, order, action[target], actor=actor)


def said_no(order: PurchaseOrder, what: str) -> str:
    """A refusal that names the order and its state."""
    state = str(word(order.status, "purchase_order").text).lower()
    return _("%(number)s is “%(state)s”: %(what)s.") % {"number": order.number, "state": state, "what": what}


# Lines


def _write_lines(order: PurchaseOrder, wish: Wish) -> None:
    """Make the lines say what is wished for."""
    known = {line.variant_id: line for line in order.lines.all()}
    wanted = {item.variant_id: item for item in wish.items}
    if order.status == "draft":
        order.lines.exclude(variant__in=wanted).delete()
    last = max((line.position for line in known.values()), default=0)
    made = []
    for item in wish.items:
        if line := known.get(item.variant_id):
            _set(order, line, item.quantity, item.unit_cost)
        else:
            last += 1
            made.append(PurchaseLine(purchase_order=order, position=last, variant_id=item.variant_id,
                                     ordered=item.quantity, unit_cost=item.unit_cost))  # fmt: skip
    PurchaseLine.objects.bulk_create(made)
    if order.status != "draft":
        give_up_lines([line for variant, line in known.items() if variant not in wanted])


def _set(order: PurchaseOrder, line: PurchaseLine, quantity: int, unit_cost: Decimal) -> None:
    """So many units are waited for in all. Fewer than ordered are given up, so that the order stays what it was."""
    if order.status != "draft" and quantity < min(line.arrived, line.wanted):
        words = _("%(n)d of %(sku)s have come already: fewer cannot be ordered")
        raise Invalid.field(["lines"], words % {"n": line.arrived, "sku": line.variant.sku})
    if line.arrived and unit_cost != line.unit_cost:
        words = _("some of %(sku)s have come at the cost that was agreed: it cannot be changed")
        raise Invalid.field(["lines"], words % {"sku": line.variant.sku})
    is_draft = order.status == "draft"
    line.ordered = quantity if is_draft else max(line.ordered, quantity)
    line.cancelled = line.ordered - quantity
    line.unit_cost = unit_cost
    line.promised = min(line.promised, line.ordered)
    line.save(update_fields=["ordered", "cancelled", "unit_cost", "promised"])


def as_it_is(order: PurchaseOrder) -> Wish:
    """What stands now; what came unasked for is no wish."""
    lines = order.lines.filter(ordered__gt=0).order_by("position")
    items = tuple(Item(line.variant_id, line.wanted, line.unit_cost) for line in lines if line.wanted)
    return Wish(items, order.expected_on, order.note)


def _changes(order: PurchaseOrder, wish: Wish) -> dict[str, list[Any]]:
    """Before and after, by what it is about."""
    before = as_it_is(order)
    old = {item.variant_id: item for item in before.items}
    new = {item.variant_id: item for item in wish.items}
    skus = dict(Variant.objects.filter(pk__in=old.keys() | new.keys()).values_list("pk", "sku"))
    changes: dict[str, list[Any]] = {
        skus[key]: [_said(old.get(key)), _said(new.get(key))]
        for key in sorted(old.keys() | new.keys(), key=lambda key: skus.get(key, ""))
        if old.get(key) != new.get(key) and key in skus
    }
    if before.expected_on != wish.expected_on:
        changes["expected_on"] = [str(before.expected_on or ""), str(wish.expected_on or "")]
    if before.note != wish.note.strip():
        changes["note"] = [before.note, wish.note.strip()]
    return changes


def _said(item: Item | None) -> str:
    return f"{item.quantity} × {item.unit_cost.normalize():f}" if item else ""


def without_cost(said: str) -> str:
    """Units of an article as `_said` tells them, without what they cost."""
    return SAID.sub(r"\1", said)


def _units(wish: Wish) -> int:
    return sum(item.quantity for item in wish.items)


def _check(wish: Wish) -> None:
    """Refuse what cannot be meant, by its field."""
    if not 0 < len(wish.items) <= MOST_LINES:
        raise Invalid.field(["lines"], _("name 1 to %(most)s articles") % {"most": MOST_LINES})
    errors = [error for n, item in enumerate(wish.items) for error in _wrong(n, item)]
    ids = [item.variant_id for item in wish.items]
    known = set(Variant.objects.filter(pk__in=ids, is_stocked=True).values_list("pk", flat=True))
    for n, variant_id in enumerate(ids):
        if variant_id not in known:
            errors.append({"loc": ["lines", n, "sku"], "msg": _("no article that is stocked")})
        elif variant_id in ids[:n]:
            errors.append({"loc": ["lines", n, "sku"], "msg": _("stands here twice: put the quantities together")})
    if wish.expected_on and not abs(wish.expected_on - company_day()) <= FARTHEST:
        errors.append({"loc": ["expected_on"], "msg": _("give a day within two years")})
    if len(wish.note) > LONGEST_NOTE:
        errors.append({"loc": ["note"], "msg": _("up to %(most)s characters") % {"most": LONGEST_NOTE}})
    if errors:
        raise Invalid(errors=errors)


def _wrong(n: int, item: Item) -> list[dict[str, Any]]:
    errors = []
    if not 0 < item.quantity <= LARGEST:
        words = _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST}
        errors.append({"loc": ["lines", n, "quantity"], "msg": words})
    if not 0 <= item.unit_cost <= DEAREST or item.unit_cost != round(item.unit_cost, 4):
        errors.append(
            {"loc": ["lines", n, "unit_cost"], "msg": _("give an amount from 0 up, with four decimals at most")}
        )
    return errors
