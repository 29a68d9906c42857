"""An order judged and priced, not yet written: rows in the making, with the names of their columns."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.ids import new_id
from inventory.limits.caps import Sale
from inventory.pins import PinMove
from inventory.services import Pin
from inventory.supply.waiting import Ahead

NOTHING = Decimal(0)


@dataclass(slots=True)
class DraftLine:
    """One line in the making. Units start in `reserved`, or in `backordered` where they are sold ahead of their supply."""

    order_id: UUID
    position: int
    variant_id: UUID
    sku: str
    name: str
    is_stocked: bool
    pre_order: bool
    quantity: int
    unit_price: Decimal
    discount: Decimal
    tax_rate: Decimal
    net: Decimal = NOTHING
    tax: Decimal = NOTHING
    freight_net: Decimal = NOTHING
    freight_tax: Decimal = NOTHING
    promise_earliest: date | None = None
    promise_latest: date | None = None
    id: UUID = field(default_factory=new_id)
    reserved: int = 0
    draft: int = 0
    backordered: int = 0
    allocated: int = 0
    released: int = 0
    picked: int = 0
    packed: int = 0
    shipped: int = 0
    cancelled: int = 0
    delivered: int = 0
    returned: int = 0

    @property
    def first_promise_earliest(self) -> date | None:
        """At placement the first promise is the promise."""
        return self.promise_earliest

    @property
    def first_promise_latest(self) -> date | None:
        """At placement the first promise is the promise."""
        return self.promise_latest


@dataclass(slots=True)
class DraftPayment:
    """One payment intent in the making, committed before any provider hears of it."""

    order_id: UUID
    tender: str
    amount: Decimal
    currency: str
    token: str
    status: str
    created_at: datetime
    id: UUID = field(default_factory=new_id)
    provider_reference: str = ""
    captured: Decimal = NOTHING
    refunded: Decimal = NOTHING
    error: str = ""


@dataclass(slots=True)
class DraftHold:
    """One hold in the making."""

    order_id: UUID
    kind: str
    note: str
    opened_by: str
    opened_at: datetime
    id: UUID = field(default_factory=new_id)
    status: str = "open"
    resolved_by: str = ""


@dataclass(slots=True)
class DraftOrder:
    """One order in the making, with all that is written beside it."""

    id: UUID
    channel: Any
    external_id: str
    currency: str
    fx_rate: Decimal
    language: str
    email: str
    customer_name: str
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any]
    method: str
    service: str
    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    shipping_tax_rate: Decimal
    tax: Decimal
    total: Decimal
    seller: str
    campaign: str
    placed_at: datetime
    created_at: datetime
    lines: list[DraftLine]
    payments: list[DraftPayment]
    holds: list[DraftHold]
    customer: Any = None
    customer_id: UUID | None = None
    number: str = ""
    tracking_version: int = 1
    version: int = 1
    is_settled: bool = False
    pins: list[Pin] = field(default_factory=list)
    moves: list[PinMove] = field(default_factory=list)
    """Pins of other orders that must go elsewhere first."""
    sales: list[Sale] = field(default_factory=list)
    """Units that count against a cap of the channel."""
    ahead: list[Ahead] = field(default_factory=list)
    """Units that are sold before they are here."""

    @property
    def channel_id(self) -> UUID:
        """The channel's key."""
        found: UUID = self.channel.id
        return found

    @property
    def tax_included(self) -> bool:
        """The channel's price basis."""
        return bool(self.channel.tax_included)

    @property
    def status(self) -> str:
        """What orders/status.py derives for an order just placed."""
        if self.holds:
            return "on_hold"
        return "backordered" if self.ahead else "placed"

    @property
    def updated_at(self) -> datetime:
        """Nothing has happened since it was made."""
        return self.created_at

    @property
    def units(self) -> int:
        """Units ordered."""
        return sum(line.quantity for line in self.lines)

    @property
    def promise_earliest(self) -> date | None:
        """When the first line may come."""
        return min((p for line in self.lines if (p := line.promise_earliest)), default=None)

    @property
    def promise_latest(self) -> date | None:
        """When the last line is to be there."""
        return max((p for line in self.lines if (p := line.promise_latest)), default=None)

    @property
    def first_promise_earliest(self) -> date | None:
        """At placement the first promise is the promise."""
        return self.promise_earliest

    @property
    def first_promise_latest(self) -> date | None:
        """At placement the first promise is the promise."""
        return self.promise_latest
