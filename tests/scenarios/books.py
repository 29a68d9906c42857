"""What must be so by the story alone: units and money counted in plain Python, beside the database and without it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from core.db import rows

CENT = Decimal("0.01")


class ImpossibleError(Exception):
    """What was done could not be done by the story so far."""


@dataclass
class Line:
    """Units of one SKU in an order, by what has happened to them, and what all of them cost with tax and freight."""

    sku: str
    ordered: int
    goods: Decimal = Decimal(0)
    freight: Decimal = Decimal(0)
    cancelled: int = 0
    shipped: int = 0
    delivered: int = 0
    returned: int = 0

    @property
    def open(self) -> int:
        """Units still to be sent."""
        return self.ordered - self.cancelled - self.shipped

    def worth(self, start: int, stop: int) -> tuple[Decimal, Decimal]:
        """Goods and freight of the units from `start` to `stop`: shares by cumulative rounding."""
        goods, freight = (
            _cents(amount * stop / self.ordered) - _cents(amount * start / self.ordered)
            for amount in (self.goods, self.freight)
        )
        return goods, freight


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass
class Sale:
    """An order: its name in the story, its lines, how it is paid, and the money that its story has moved by now."""

    name: str
    tender: str
    lines: dict[UUID, Line]
    owed: Decimal = Decimal(0)
    given_back: Decimal = Decimal(0)
    holds: set[str] = field(default_factory=set)
    """Those that people opened; there may be others."""

    @property
    def is_open(self) -> bool:
        """Whether anything is left to send."""
        return any(line.open for line in self.lines.values())


@dataclass
class Books:
    """Every sale, and the units on hand by (SKU, place, condition)."""

    sales: dict[UUID, Sale] = field(default_factory=dict)
    stock: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    parcels: dict[UUID, list[tuple[UUID, UUID, int]]] = field(default_factory=dict)
    delivered: set[UUID] = field(default_factory=set)
    returns: set[UUID] = field(default_factory=set)
    receipts: set[UUID] = field(default_factory=set)
    """Those of purchases that were booked from a count."""
    counted: set[UUID] = field(default_factory=set)
    """Movements of counts."""
    heard: dict[tuple[str, str], int] = field(default_factory=dict)
    """The sequence of the last level of each (SKU, place)."""
    is_plain: bool = True
    """Nobody has yet corrected or kept back stock, so that what is free is what is on hand and not promised."""

    def hear(self, sku: str, place: str, units: int, sequence: int, told: list[str]) -> None:
        """A feed has counted the units of a place: what it says stands, unless it has said something newer."""
        is_newer = sequence > self.heard.get((sku, place), 0)
        if is_newer is (told == ["stale"]):
            raise ImpossibleError(f"a level {sequence} of {sku} at {place} was {told}")
        if is_newer:
            changes = self.stock[sku, place, "sellable"] != units
            if changes is not (told == ["applied"]):
                raise ImpossibleError(f"a level of {units} {sku} at {place} was {told}")
            self.heard[sku, place], self.is_plain = sequence, False
            self.stock[sku, place, "sellable"] = units

    def free(self, sku: str) -> int:
        """Units of a SKU that can be sold."""
        on_hand = sum(units for (of, _, condition), units in self.stock.items() if (of, condition) == (sku, "sellable"))
        return on_hand - sum(
            line.open for sale in self.sales.values() for line in sale.lines.values() if line.sku == sku
        )

    def leave(self, parcels: Iterable[UUID]) -> None:
        """Parcels have left: their units are shipped, and owed."""
        wanted = [parcel for parcel in parcels if parcel not in self.parcels]
        for row in rows(_CONTENTS, {"ids": wanted}):
            self.parcels.setdefault(row.shipment_id, []).append((row.order_id, row.line_id, row.quantity))
            line = self.sales[row.order_id].lines[row.line_id]
            if self.sales[row.order_id].holds:
                raise ImpossibleError(f"{self.sales[row.order_id].name} was shipped, though it is held.")
            self.sales[row.order_id].owed += sum(line.worth(line.shipped, line.shipped + row.quantity))
            line.shipped += row.quantity
            self.stock[line.sku, row.place, "sellable"] -= row.quantity

    def arrive(self, parcels: Iterable[UUID]) -> None:
        """Parcels were delivered."""
        for parcel in set(parcels) - self.delivered:
            self.delivered.add(parcel)
            for order_id, line_id, quantity in self.parcels[parcel]:
                self.sales[order_id].lines[line_id].delivered += quantity

    def come_back(self, returns: Iterable[UUID], *, freight: bool) -> None:
        """Returns were received: units on the shelf again, and money to be given back."""
        for row in rows(_RETURNED, {"ids": [one for one in returns if one not in self.returns]}):
            self.returns.add(row.id)
            sale = self.sales[row.order_id]
            line = sale.lines[row.line_id]
            goods, fee = line.worth(line.returned, line.returned + row.quantity)
            sale.given_back += goods + (fee if freight else 0)
            line.returned += row.quantity
            closed = row.set_apart if row.condition == "sellable" else 0
            self.stock[line.sku, row.place, row.condition] += row.quantity - closed
            self.stock[line.sku, row.place, "quarantine"] += closed

    def cancel(self, order_id: UUID, wanted: dict[UUID, int] | None) -> None:
        """Units were cancelled: these, or all that were open."""
        for line_id, line in self.sales[order_id].lines.items():
            line.cancelled += line.open if wanted is None else wanted.get(line_id, 0)
        if all(line.cancelled == line.ordered for line in self.sales[order_id].lines.values()):
            self.sales[order_id].holds.clear()

    def differences(self) -> list[str]:
        """What the database says that the story does not."""
        return [*self._units(), *self._on_hand()]

    def _units(self) -> list[str]:
        wrong = []
        for row in rows(_LINES):
            sale = self.sales.get(row.order_id)
            line = sale.lines.get(row.id) if sale else None
            said = (row.quantity, row.open, row.cancelled, row.shipped, row.delivered, row.returned)
            if line is None:
                wrong.append(f"a line of {row.sku} is in the database and in no story")
            elif said != (
                ours := (line.ordered, line.open, line.cancelled, line.shipped, line.delivered, line.returned)
            ):
                wrong.append(
                    f"{sale.name if sale else ''} {row.sku}: ordered, open, cancelled, shipped, delivered, returned are {said},"
                    f" and {ours} by the story"
                )
        return wrong

    def _on_hand(self) -> list[str]:
        wrong = []
        for row in rows(_STOCK):
            ours = tuple(self.stock[row.sku, row.place, state] for state in ("sellable", "damaged", "quarantine"))
            if (row.on_hand, row.damaged, row.quarantine) != ours:
                wrong.append(
                    f"{row.sku} at {row.place}: {row.on_hand} good, {row.damaged} damaged and {row.quarantine} set apart;"
                    f" {ours} by the story"
                )
        return wrong

    def money_differences(self, *, settled: bool) -> list[str]:
        """Money that is not where the story leads it. Unless all is settled, less than that may have moved yet."""
        wrong = []
        for row in rows(_MONEY):
            sale = self.sales.get(row.id) or Sale("an order of no story", "", {})
            owed, back = (Decimal(0), Decimal(0)) if sale.tender == "on_account" else (sale.owed, sale.given_back)
            is_right = (
                (row.captured, row.refunded) == (owed, back)
                if settled
                else row.captured <= owed and row.refunded <= back
            )
            if not is_right:
                wrong.append(
                    f"{sale.name}: {row.captured} captured and {row.refunded} refunded, {owed} and {back} by the story"
                )
        return wrong


_CONTENTS = """
SELECT c.shipment_id, s.order_id, c.order_line_id AS line_id, c.quantity, p.code AS place
FROM fulfillment_shipmentline c JOIN fulfillment_shipment s ON s.id = c.shipment_id
JOIN fulfillment_fulfillmentorder f ON f.id = s.fulfillment_order_id JOIN inventory_location p ON p.id = f.location_id
WHERE s.id = ANY(%(ids)s) ORDER BY s.id, c.id
"""
_RETURNED = """
SELECT r.id, r.order_id, l.order_line_id AS line_id, l.quantity, l.condition, p.code AS place,
       (SELECT coalesce(sum(m.quantity), 0)::int FROM inventory_movement m JOIN orders_orderline o ON o.id = l.order_line_id
        WHERE m.source = r.id AND m.condition = 'quarantine' AND m.variant_id = o.variant_id) AS set_apart
FROM returns_return r JOIN returns_returnline l ON l.parent_id = r.id JOIN inventory_location p ON p.id = r.location_id
WHERE r.id = ANY(%(ids)s) ORDER BY r.id, l.id
"""
_LINES = """
SELECT id, order_id, sku, quantity, draft + reserved + backordered + allocated + released + picked + packed AS open,
       cancelled, shipped, delivered, returned
FROM orders_orderline
"""
_STOCK = """
SELECT v.sku, l.code AS place, s.on_hand, s.damaged, s.quarantine FROM inventory_stock s
JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id
"""
_MONEY = """
SELECT o.id, coalesce(sum(p.captured), 0) AS captured, coalesce(sum(p.refunded), 0) AS refunded
FROM orders_order o LEFT JOIN payments_payment p ON p.order_id = o.id GROUP BY o.id
"""
