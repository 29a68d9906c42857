"""Receiving a delivery: what came is on hand, in the books and no longer waited for, all at once and once only.

More than ordered is taken up to what the vendor is allowed, and beyond it, as what was not ordered at all, by those who
may accept it. What is short stays open, or is given up with a reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounting.rates import rate_on
from catalog.models import Variant
from core.actors import Actor
from core.days import company_day
from core.db import rows
from core.money import quantise
from core.outbox import publish
from core.problems import Conflict, Forbidden, Invalid
from core.timeline import record
from inventory.holdings import arriving, lots
from inventory.serials.registering import Named, register
from inventory.services import LARGEST
from inventory.services import receive as put_on_hand
from inventory.tallies import counting
from inventory.tallies.counting import Units
from purchasing import ordering, supply
from purchasing.events import PurchaseOrderReceived
from purchasing.models import PurchaseLine, PurchaseOrder, Receipt, ReceiptLine
from purchasing.states import RECEIVABLE

LONGEST = 200
NUMBERS_OF = "serials-"
"""The beginning of the field that names the serial numbers of a variant."""
NEXT = "SELECT nextval('purchasing_receipt_number') AS n"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came, by variant. `key` names it, so that it is booked once.

    `rest_given_up` is the reason why what is short is not waited for any more; "" leaves it open. `accepted`: whoever
    receives may take what the vendor was not allowed to send, and does. `serials` are the numbers of units, by variant, as
    far as somebody read them.
    """

    units: Mapping[UUID, Units]
    key: UUID
    delivery_note: str = ""
    rest_given_up: str = ""
    accepted: bool = False
    serials: Mapping[UUID, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """How what came of one variant compares with what was waited for."""

    variant: Variant
    line: PurchaseLine | None
    came: Units
    allowed: int

    @property
    def waited(self) -> int:
        """Units that were still to come."""
        return self.line.open if self.line else 0

    @property
    def short(self) -> int:
        """Units that did not come."""
        return max(0, self.waited - self.came.all)

    @property
    def over(self) -> int:
        """Units beyond those that were waited for."""
        return max(0, self.came.all - self.waited) if self.is_ordered else 0

    @property
    def is_ordered(self) -> bool:
        """Whether it stands in the order."""
        return self.line is not None and self.line.ordered > 0

    @property
    def needs_leave(self) -> int:
        """Units that only somebody who may accept them takes."""
        return self.came.all if not self.is_ordered else max(0, self.over - self.allowed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A delivery against its order."""

    differences: list[Difference] = field(default_factory=list)

    def total(self, name: str) -> int:
        """A number of all differences together."""
        return sum(int(getattr(each, name)) for each in self.differences)

    @property
    def came(self) -> Units:
        """All that came."""
        came = [each.came for each in self.differences]
        return Units(sum(u.sellable for u in came), sum(u.damaged for u in came))


def compare(order: PurchaseOrder, units: Mapping[UUID, Units]) -> Comparison:
    """What came against what is waited for; every line that waits for something stands in it."""
    lines = {line.variant_id: line for line in order.lines.select_related("variant__product").order_by("position")}
    more = {v.pk: v for v in Variant.objects.select_related("product").filter(pk__in=units.keys() - lines.keys())}
    found = [
        Difference(line.variant, line, units.get(variant, Units()), _allowed(order, line))
        for variant, line in lines.items()
        if line.open or variant in units
    ]
    return Comparison(found + [Difference(v, None, units[v.pk], 0) for v in sorted(more.values(), key=lambda v: v.sku)])


def _allowed(order: PurchaseOrder, line: PurchaseLine) -> int:
    """Units above the order that are still taken without asking."""
    return max(0, line.ordered * order.vendor.over_percent // 100 - line.over)


def book(order_id: UUID, tally_id: UUID, delivery: Delivery, *, actor: Actor, version: str = "") -> Receipt:
    """Book what was counted, once, whoever presses the button. Stale when more was counted than the page showed."""
    with transaction.atomic():
        ordering.lock(order_id)
        tally = counting.locked(order_id, tally_id)
        if tally.outcome != counting.BOOKED:
            counting.check_version(tally, version)
            delivery = replace(delivery, units=counting.units(tally), key=tally.pk)
            receipt = receive(order_id, delivery, actor=actor)
            counting.close(tally, counting.BOOKED, actor=actor)
            return receipt
    return Receipt.objects.get(key=tally_id)


def receive(order_id: UUID, delivery: Delivery, *, actor: Actor) -> Receipt:
    """Receive a delivery. The same key again gives the receipt that there is. Refused in words, and nothing changed."""
    _check(delivery)
    with transaction.atomic():
        order = ordering.lock(order_id)
        earlier = Receipt.objects.filter(key=delivery.key).first()
        if earlier is not None:
            return earlier
        if order.status not in RECEIVABLE:
            raise Conflict(ordering.said_no(order, _("nothing can be received for it")))
        compared = compare(order, delivery.units)
        _insist(order, compared, delivery)
        return _receive(order, compared, delivery, actor)


def _receive(order: PurchaseOrder, compared: Comparison, delivery: Delivery, actor: Actor) -> Receipt:
    came = [each for each in compared.differences if each.came.all]
    lines = _lines(order, came)
    rate = rate_on(order.currency, company_day())
    owed = sum((lines[each.variant.pk].unit_cost * each.came.all for each in came), Decimal(0))
    receipt = Receipt.objects.create(
        number=f"RC-{rows(NEXT)[0].n}",
        purchase_order=order,
        key=delivery.key,
        delivery_note=delivery.delivery_note.strip(),
        actor=actor.label,
        owed=quantise(owed * rate, "EUR"),
        rate=rate,
    )
    apart = _put_on_hand(order, receipt, came, actor)
    _register(order, receipt, came, delivery, actor)
    ReceiptLine.objects.bulk_create(
        [
            ReceiptLine(receipt=receipt, line=lines[c.variant.pk], received=c.came.sellable, damaged=c.came.damaged)
            for c in came
        ]
    )
    given_up = ordering.give_up_lines(list(order.lines.all())) if delivery.rest_given_up.strip() else 0
    sellable = {lines[c.variant.pk].pk: c.came.sellable - apart.get(c.variant.pk, 0) for c in came}
    supply.arrive(order, sellable, actor=actor)
    _tell(order, receipt, compared, delivery, given_up, actor)
    ordering.settle(order, actor=actor)
    return receipt


def _put_on_hand(
    order: PurchaseOrder, receipt: Receipt, came: Sequence[Difference], actor: Actor
) -> Mapping[UUID, int]:
    """Returns the units of each variant that are of lots that are not sold."""
    tracked = lots.still([each.variant.pk for each in came])
    vendor = order.vendor.code
    arrival = arriving.delivered([(each.variant, each.came) for each in came], tracked, order.location_id, vendor)
    note = " · ".join(part for part in (order.number, receipt.number, receipt.delivery_note) if part)
    put_on_hand(arrival.units, source=receipt.pk, actor=actor, note=note, vendor=vendor, owed=receipt.owed)
    return arrival.apart


def _register(
    order: PurchaseOrder, receipt: Receipt, came: Sequence[Difference], delivery: Delivery, actor: Actor
) -> None:
    """The serial numbers that came lie there."""
    units = {each.variant.pk: each.came.all for each in came}
    named = [
        Named(variant, order.location_id, codes, units.get(variant, 0), (f"{NUMBERS_OF}{variant}",))
        for variant, codes in delivery.serials.items()
        if codes
    ]
    register(named, actor=actor, note=f"{order.number} · {receipt.number}")


def _tell(
    order: PurchaseOrder, receipt: Receipt, compared: Comparison, delivery: Delivery, given_up: int, actor: Actor
) -> None:
    came = compared.came
    told = {"receipt": receipt.number, "units": came.all, "damaged": came.damaged, "over": compared.total("over"),
            "given_up": given_up, "note": receipt.delivery_note, "reason": delivery.rest_given_up.strip()}  # fmt: skip
    record(order.pk, "purchase_order.receipt", actor=actor, data={name: n for name, n in told.items() if n})
    order.version += 1
    order.save(update_fields=["version"])
    publish([PurchaseOrderReceived(about=order.pk, number=order.number, receipt=receipt.number, units=came.all)])


def _lines(order: PurchaseOrder, came: Sequence[Difference]) -> dict[UUID, PurchaseLine]:
    """The lines of what came; what was not ordered gets a line of none, at standard cost."""
    known = {each.variant.pk: each.line for each in came if each.line}
    new = [each.variant for each in came if each.line is None]
    if new:
        rate = rate_on(order.currency, company_day())
        last = order.lines.aggregate(last=Max("position"))["last"] or 0
        made = [
            PurchaseLine(purchase_order=order, position=last + n, variant=variant, ordered=0,
                         unit_cost=round(variant.standard_cost / rate, 4))
            for n, variant in enumerate(new, 1)
        ]  # fmt: skip
        known |= {line.variant_id: line for line in PurchaseLine.objects.bulk_create(made)}
    return known


def _insist(order: PurchaseOrder, compared: Comparison, delivery: Delivery) -> None:
    """Refuse what the vendor was not allowed to send, unless somebody takes it who may."""
    refused = [each for each in compared.differences if each.needs_leave]
    if not refused or delivery.accepted:
        return
    first = refused[0]
    told = {"sku": first.variant.sku, "n": first.needs_leave, "number": order.number, "most": first.allowed}
    if not first.is_ordered:
        words = _("%(sku)s is not in %(number)s: put it aside, or have somebody take it who may.")
    else:
        words = _("%(n)d × %(sku)s are too many for %(number)s: put them aside, or have somebody take them who may.")
    raise Forbidden(words % told)


def _check(delivery: Delivery) -> None:
    if not any(units.all for units in delivery.units.values()):
        raise Invalid.field(["lines"], _("nothing has been counted yet"))
    if any(not 0 <= n <= LARGEST for units in delivery.units.values() for n in (units.sellable, units.damaged)):
        words = _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST}
        raise Invalid.field(["lines"], words)
    for name in ("delivery_note", "rest_given_up"):
        if len(getattr(delivery, name)) > LONGEST:
            raise Invalid.field([name], _("up to %(most)s characters") % {"most": LONGEST})
