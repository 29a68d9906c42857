"""Receive and credit: goods come back, the customer is owed their exact share, stock and ledger follow. In sets."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounting import journal, postings
from accounting.postings import Document, Goods, Sale
from core.actors import Actor
from core.days import company_day
from core.db import rows, run
from core.ids import new_id
from core.money import ZERO, quantise
from core.outbox import publish
from core.problems import Conflict, Invalid, NotFound
from core.states import words
from core.timeline import Row, record_many
from fulfillment.lots import come_back
from fulfillment.shares import added, part
from inventory.holdings.lots import still
from inventory.services import In, standard_costs, take_in
from orders import quantities
from orders.quantities import Units
from orders.services import lock_orders, refresh
from payments.services import request_refunds
from returns import serials
from returns.events import ReturnReceived
from returns.models import ReturnLine
from returns.places import receiving_place
from returns.requests import rma_numbers

DISPOSITIONS = {ReturnLine.Condition.SELLABLE: "restock", ReturnLine.Condition.DAMAGED: "scrap"}
"""What becomes of a unit: a good one is sold again, a damaged one is written down and stays in damaged stock."""


@dataclass(frozen=True, slots=True)
class Back:
    """Units of an order line that came back, in a condition.

    `serials` say which they are, where units of the line left by their numbers; None: all that are out, or nobody said.
    """

    line_id: UUID
    quantity: int
    condition: str = ReturnLine.Condition.SELLABLE
    reason: str = ""
    serials: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class ReturnInput:
    """A return to be received: goods of an order, with or without an RMA (`return_id`) given before.

    `external_id` is the name another system has for it; the same one again for the same order does nothing.
    """

    order_id: UUID
    lines: Sequence[Back]
    return_id: UUID | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a line on their way into the books: `row` is the order line, `start` the units returned before, `units`
    those of them that left by their serial numbers."""

    row: Any
    back: Back
    start: int
    sale: Sale
    units: Sequence[Any] = ()


@dataclass(slots=True)
class Receipt:
    """One return being received."""

    id: UUID
    rma: str
    order: Any
    external_id: str
    is_new: bool
    parts: list[Part] = field(default_factory=list)

    def sale(self) -> Sale:
        """What the customer gets back."""
        return added(p.sale for p in self.parts)

    def goods(self, location_id: UUID, condition: str, costs: Mapping[UUID, Decimal]) -> list[Goods]:
        """Its stocked units in a condition, at what they cost, by variant."""
        chosen = [p for p in self.parts if p.row.is_stocked and p.back.condition == condition]
        cost = sum((costs[p.row.variant_id] * p.back.quantity for p in chosen), ZERO)
        units = sum(p.back.quantity for p in chosen)
        return [Goods(location_id, units, quantise(cost, "EUR"))] if units else []


def receive_and_credit(
    returns: Sequence[UUID | ReturnInput],
    *,
    actor: Actor,
    location_id: UUID | None = None,
    conditions: Mapping[UUID, str] | None = None,
    numbers: Mapping[UUID, Sequence[str]] | None = None,
    refund_freight: bool = False,
    at: datetime | None = None,
) -> list[UUID]:
    """Take goods back and credit them by the shares of exactly these units; returns the ids of the returns.

    An RMA by its id is received whole, with `conditions` (sellable unless said) and serial `numbers` by order line.
    Without a location, and for a vendor's, the goods go to the returns centre. Received before: nothing happens. Never
    more than was shipped, nor other units than those that left: Invalid names the line, and nothing changes.
    """
    at = at or timezone.now()
    with transaction.atomic():
        inputs = _inputs(returns, conditions or {}, numbers or {})
        place = receiving_place(location_id)
        orders = {order.id: order for order in lock_orders(i.order_id for i in inputs)}
        receipts = _receipts(inputs, orders, refund_freight=refund_freight)
        if receipts:
            lines = _store(receipts, place, at)
            _carry_out(receipts, place, actor=actor, at=at)
            _take_units_in(receipts, lines, place, actor=actor, at=at)
            _tell(receipts, actor=actor, at=at)
            refresh(list({r.order.id for r in receipts}), actor=actor, at=at)
    return [r.id for r in receipts]


def _inputs(
    returns: Sequence[UUID | ReturnInput], conditions: Mapping[UUID, str], numbers: Mapping[UUID, Sequence[str]]
) -> list[ReturnInput]:
    """All as inputs; RMAs given by id with all their lines."""
    ids = [r for r in returns if isinstance(r, UUID)]
    lines: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows(_RMA_LINES, {"ids": ids}) if ids else ():
        lines[row.parent_id].append(row)
    if len(lines) < len(set(ids)):
        raise NotFound(_("There is no such return."))
    whole = {
        rma: ReturnInput(
            found[0].order_id,
            [
                Back(
                    row.order_line_id,
                    row.quantity,
                    conditions.get(row.order_line_id, row.condition),
                    row.reason,
                    numbers.get(row.order_line_id),
                )
                for row in found
            ],
            return_id=rma,
        )
        for rma, found in lines.items()
    }
    return [whole[r] if isinstance(r, UUID) else r for r in returns]


_RMA_LINES = """
SELECT r.parent_id, p.order_id, r.order_line_id, r.quantity, r.condition, r.reason FROM returns_returnline r
JOIN returns_return p ON p.id = r.parent_id WHERE r.parent_id = ANY(%(ids)s) ORDER BY r.parent_id, r.id
"""
_KNOWN = """
SELECT p.id, p.order_id, p.external_id, p.rma, p.status FROM returns_return p
WHERE p.id = ANY(%(ids)s) OR (p.external_id <> '' AND p.order_id = ANY(%(orders)s) AND p.external_id = ANY(%(names)s))
"""
_LINES = f"""
SELECT l.id AS line_id, l.order_id, l.sku, l.variant_id, l.is_stocked, l.quantity AS ordered, l.shipped, l.returned,
       l.net, l.tax, l.freight_net, l.freight_tax, v.tracks_lots,
       {serials.HAS}
FROM orders_orderline l JOIN catalog_variant v ON v.id = l.variant_id WHERE l.order_id = ANY(%(orders)s)
"""  # noqa: S608 - a constant


def _receipts(inputs: Sequence[ReturnInput], orders: Mapping[UUID, Any], *, refund_freight: bool) -> list[Receipt]:
    """The returns that are really to be received, each unit with its number and money. Refuses what cannot be."""
    known = rows(
        _KNOWN,
        {
            "ids": [i.return_id for i in inputs if i.return_id],
            "orders": list(orders),
            "names": [i.external_id for i in inputs if i.external_id],
        },
    )
    fresh = _fresh(inputs, known)
    lines = {row.line_id: row for row in rows(_LINES, {"orders": list(orders)})}
    _check(fresh, orders, lines)
    rmas = {row.id: row.rma for row in known}
    numbers = iter(rma_numbers(sum(not i.return_id for i in fresh)))
    units = iter(_units_of(fresh, lines))
    gone: dict[UUID, int] = defaultdict(int)
    receipts = []
    for given in fresh:
        receipt = Receipt(
            given.return_id or new_id(),
            rmas[given.return_id] if given.return_id else next(numbers),
            orders[given.order_id],
            given.external_id,
            is_new=given.return_id is None,
        )
        for back in given.lines:
            row = lines[back.line_id]
            start = row.returned + gone[back.line_id]
            gone[back.line_id] += back.quantity
            sale = _share(row, start, back.quantity, receipt.order.currency, refund_freight=refund_freight)
            receipt.parts.append(Part(row, back, start, sale, next(units)))
        receipts.append(receipt)
    return receipts


def _units_of(inputs: Sequence[ReturnInput], lines: Mapping[UUID, Any]) -> list[list[Any]]:
    """Which units each line of each return is, by how they left, where they have serial numbers."""
    coming = []
    gone: dict[UUID, int] = defaultdict(int)
    for n, given in enumerate(inputs):
        for m, back in enumerate(given.lines):
            row = lines[back.line_id]
            out = row.shipped - row.returned - gone[back.line_id]
            gone[back.line_id] += back.quantity
            loc = ("returns", n, "lines", m, "serials")
            coming.append(serials.Coming(row, back.quantity, out, back.serials, loc))
    return serials.chosen(coming)


def _share(row: Any, start: int, quantity: int, currency: str, *, refund_freight: bool) -> Sale:
    sale = part(row, start, quantity, currency)
    return sale if refund_freight else Sale(sale.net, sale.tax, quantity=quantity)


def _fresh(inputs: Sequence[ReturnInput], known: Sequence[Any]) -> list[ReturnInput]:
    """Those not received before; Conflict for an RMA that is neither open nor received."""
    by_id = {row.id: row for row in known}
    named = {(row.order_id, row.external_id) for row in known if row.external_id}
    fresh: list[ReturnInput] = []
    for given in inputs:
        name = (given.order_id, given.external_id)
        if given.return_id is None and (not given.external_id or name not in named):
            fresh.append(given)
            named.add(name)
        elif given.return_id is not None:
            row = by_id.get(given.return_id)
            if row is None or row.order_id != given.order_id:
                raise NotFound(_("There is no such return of this order."))
            if row.status not in ("approved", "received"):
                raise Conflict(
                    _("%(rma)s is %(words)s; it cannot be received now.")
                    % {"rma": row.rma, "words": words(row.status)},
                    state=row.status,
                )
            if row.status == "approved" and given.return_id not in {f.return_id for f in fresh}:
                fresh.append(given)
    return fresh


def _check(inputs: Sequence[ReturnInput], orders: Mapping[UUID, Any], lines: Mapping[UUID, Any]) -> None:
    """Refuse what was never shipped, or is back already; every mistake is named."""
    errors: list[dict[str, Any]] = []
    gone: dict[UUID, int] = defaultdict(int)
    for n, given in enumerate(inputs):
        if given.order_id not in orders:
            raise NotFound(_("There is no such order."))
        if not given.lines:
            errors.append({"loc": ["returns", n, "lines"], "msg": "name at least one line that came back"})
        seen: set[UUID] = set()
        for m, back in enumerate(given.lines):
            problem = _problem(given, back, lines.get(back.line_id), gone[back.line_id], back.line_id in seen)
            if problem:
                errors.append({"loc": ["returns", n, "lines", m, problem[0]], "msg": problem[1]})
            gone[back.line_id] += back.quantity
            seen.add(back.line_id)
    if errors:
        raise Invalid(errors=errors)


def _problem(given: ReturnInput, back: Back, row: Any, before: int, twice: bool) -> tuple[str, str] | None:
    if row is None or row.order_id != given.order_id:
        return "id", "this order has no such line"
    if twice:
        return "id", f"{row.sku} stands here twice; give one quantity"
    if back.condition not in DISPOSITIONS:
        return "condition", f"must be one of: {', '.join(DISPOSITIONS)}"
    if back.quantity <= 0:
        return "quantity", "must be at least 1"
    left = row.shipped - row.returned - before
    if back.quantity > left:
        return "quantity", f"only {max(0, left)} of {row.sku} were shipped and are not back yet"
    return None


_INSERT = """
INSERT INTO returns_return (id, rma, order_id, location_id, status, external_id, created_at, received_at)
SELECT r.id, r.rma, r.order_id, %(location)s, 'received', r.external_id, %(at)s, %(at)s
FROM unnest(%(ids)s::uuid[], %(rmas)s::text[], %(orders)s::uuid[], %(names)s::text[]) AS r(id, rma, order_id, external_id)
ON CONFLICT (id) DO UPDATE SET status = 'received', location_id = EXCLUDED.location_id, received_at = EXCLUDED.received_at
"""
_INSERT_LINES = """
INSERT INTO returns_returnline (id, parent_id, order_line_id, quantity, reason, condition, decision, disposition, start,
                                net, tax, freight_net, freight_tax)
SELECT l.id, l.parent, l.line, l.q, l.reason, l.condition, 'accepted', l.disposition, l.start,
       l.net, l.tax, l.freight_net, l.freight_tax
FROM unnest(%(ids)s::uuid[], %(parents)s::uuid[], %(lines)s::uuid[], %(quantities)s::int[], %(reasons)s::text[],
            %(conditions)s::text[], %(dispositions)s::text[], %(starts)s::int[], %(nets)s::numeric[],
            %(taxes)s::numeric[], %(freight_nets)s::numeric[], %(freight_taxes)s::numeric[])
     AS l(id, parent, line, q, reason, condition, disposition, start, net, tax, freight_net, freight_tax)
ON CONFLICT (parent_id, order_line_id) DO UPDATE
SET quantity = EXCLUDED.quantity, reason = EXCLUDED.reason, condition = EXCLUDED.condition, decision = EXCLUDED.decision,
    disposition = EXCLUDED.disposition, start = EXCLUDED.start, net = EXCLUDED.net, tax = EXCLUDED.tax,
    freight_net = EXCLUDED.freight_net, freight_tax = EXCLUDED.freight_tax
RETURNING id, parent_id, order_line_id
"""


def _store(receipts: Sequence[Receipt], location_id: UUID, at: datetime) -> dict[tuple[UUID, UUID], UUID]:
    """New returns, and those authorised before, in the same two statements; the ids of lines by (return, order line)."""
    run(
        _INSERT,
        {
            "location": location_id,
            "at": at,
            "ids": [r.id for r in receipts],
            "rmas": [r.rma for r in receipts],
            "orders": [r.order.id for r in receipts],
            "names": [r.external_id for r in receipts],
        },
    )
    pairs = [(r, p) for r in receipts for p in r.parts]
    stored = rows(
        _INSERT_LINES,
        {
            "ids": [new_id() for _ in pairs],
            "parents": [r.id for r, _ in pairs],
            "lines": [p.row.line_id for _, p in pairs],
            "quantities": [p.back.quantity for _, p in pairs],
            "reasons": [p.back.reason for _, p in pairs],
            "conditions": [str(p.back.condition) for _, p in pairs],
            "dispositions": [DISPOSITIONS[ReturnLine.Condition(p.back.condition)] for _, p in pairs],
            "starts": [p.start for _, p in pairs],
            "nets": [p.sale.net for _, p in pairs],
            "taxes": [p.sale.tax for _, p in pairs],
            "freight_nets": [p.sale.freight_net for _, p in pairs],
            "freight_taxes": [p.sale.freight_tax for _, p in pairs],
        },
    )
    return {(row.parent_id, row.order_line_id): row.id for row in stored}


def _carry_out(receipts: Sequence[Receipt], location_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Quantities, stock, ledger and what is now to be refunded, in the order of the locks."""
    parts = [p for r in receipts for p in r.parts]
    quantities.take_back([Units(p.row.line_id, p.back.quantity) for p in parts])
    take_in(_units(receipts, location_id), actor=actor, at=at)
    costs = standard_costs(p.row.variant_id for p in parts)
    journal.post([entry for r in receipts for entry in _entries(r, location_id, costs, at)], actor=actor)
    for is_history in (False, True):
        due: list[tuple[UUID, UUID, Decimal]] = [
            (r.order.id, r.id, r.sale().total) for r in receipts if r.order.is_history is is_history
        ]
        if due:
            request_refunds(due, actor=actor, at=at, dispatched=is_history)


def _take_units_in(
    receipts: Sequence[Receipt], lines: Mapping[tuple[UUID, UUID], UUID], place: UUID, *, actor: Actor, at: datetime
) -> None:
    """The units that have serial numbers lie here again."""
    units = [
        (lines[r.id, p.row.line_id], unit, {"order": r.order.number, "rma": r.rma})
        for r in receipts
        for p in r.parts
        for unit in p.units
    ]
    if units:
        serials.take_in(units, place, actor=actor, at=at)


def _units(receipts: Sequence[Receipt], location_id: UUID) -> list[tuple[In, UUID]]:
    """What comes into stock: into the lot that it left from where that is known; of one not sold, into quarantine."""
    pairs = [(r, p) for r in receipts for p in r.parts if p.row.is_stocked]
    of_lots = [(p.row.line_id, p.start, p.back.quantity) for _, p in pairs if p.row.tracks_lots]
    if of_lots:
        still({p.row.variant_id for _, p in pairs if p.row.tracks_lots})
    lots = come_back(of_lots) if of_lots else {}
    units = []
    for r, p in pairs:
        condition, plain = str(p.back.condition), p.back.quantity
        for of_lot, is_sold in lots.get(p.row.line_id, ()):
            plain -= of_lot.quantity
            there = "quarantine" if condition == ReturnLine.Condition.SELLABLE and not is_sold else condition
            units.append((In(p.row.variant_id, location_id, of_lot.quantity, there, (of_lot,)), r.id))
        if plain:
            units.append((In(p.row.variant_id, location_id, plain, condition), r.id))
    return units


def _entries(receipt: Receipt, location_id: UUID, costs: Mapping[UUID, Decimal], at: datetime) -> list[journal.Entry]:
    order = receipt.order
    document = Document(
        id=receipt.id,
        date=company_day(at),
        label=f"{order.number} {receipt.rma}",
        about=order.id,
        currency=order.currency,
        fx_rate=order.fx_rate,
    )
    party = postings.order_party(order.number)
    entries = [postings.return_accepted(document, party=party, sale=receipt.sale())]
    restocked = receipt.goods(location_id, ReturnLine.Condition.SELLABLE, costs)
    damaged = receipt.goods(location_id, ReturnLine.Condition.DAMAGED, costs)
    if restocked or damaged:
        entries.append(postings.goods_back(document, restocked=restocked, damaged=damaged))
    return entries


def _tell(receipts: Sequence[Receipt], *, actor: Actor, at: datetime) -> None:
    told = [(r, str(r.sale().total)) for r in receipts]
    record_many(
        (
            Row(
                r.order.id,
                "return.receive",
                "" if r.is_new else "approved",
                "received",
                {"rma": r.rma, "amount": amount, "units": sum(p.back.quantity for p in r.parts)},
            )
            for r, amount in told
        ),
        actor=actor,
        at=at,
    )
    for is_history in (False, True):
        publish(
            [
                ReturnReceived(
                    about=r.order.id,
                    number=r.order.number,
                    return_id=str(r.id),
                    rma=r.rma,
                    amount=amount,
                    currency=r.order.currency,
                )
                for r, amount in told
                if r.order.is_history is is_history
            ],
            dispatched=is_history,
        )
