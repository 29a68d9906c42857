"""What the calls about orders take and give, as the OpenAPI document shows it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from capture.schemas import OrderIn
from core.calls import PageQuery, Strict, StrictQuery

MOST_IN_A_BATCH = 500
Units = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class WindowOut(Strict):
    """The days between which goods arrive."""

    earliest: str
    latest: str


class TotalsOut(Strict):
    """An order's money. `subtotal`, `discount` and `shipping` are in the channel's price basis."""

    subtotal: str
    discount: str
    shipping: str
    tax: str
    total: str


class OrderLineOut(Strict):
    """One SKU of an order; `quantities` says where each unit stands."""

    id: str
    sku: str
    name: str
    quantity: int
    unit_price: str
    discount: str
    tax_rate: str
    quantities: dict[str, int]
    promise: WindowOut | None
    first_promise: WindowOut | None


class QuotedLineOut(OrderLineOut):
    """A line not yet ordered."""

    available: int | None
    net: str
    tax: str


class OrderPartLineOut(Strict):
    """Units of an order line in a part of the order; `id` is the order line's."""

    id: str
    sku: str
    quantity: int


class OrderWorkOut(Strict):
    """What one location does for the order."""

    id: str
    location: str
    method: str
    status: str
    lines: list[OrderPartLineOut]


class OrderParcelOut(Strict):
    """A parcel of the order."""

    id: str
    carrier: str
    tracking_number: str
    status: str
    lines: list[OrderPartLineOut]


class OrderPaymentOut(Strict):
    """One way the order is paid."""

    id: str
    tender: str
    amount: str
    currency: str
    status: str
    captured: str
    refunded: str


class HoldOut(Strict):
    """A named reason that stops the order, open or resolved."""

    id: str
    kind: str
    status: str
    note: str
    opened_at: str
    resolved_by: str


class ExceptionOut(Strict):
    """What will make a promise late or false."""

    id: str
    kind: str
    opened_at: str
    data: dict[str, Any]


class OrderReturnOut(Strict):
    """A return of the order."""

    rma: str
    status: str
    lines: list[OrderPartLineOut]


class OrderOut(Strict):
    """An order with all that belongs to it."""

    number: str
    id: str
    external_id: str
    channel: str
    status: str
    currency: str
    placed_at: str
    totals: TotalsOut
    lines: list[OrderLineOut]
    fulfillment_orders: list[OrderWorkOut]
    shipments: list[OrderParcelOut]
    payments: list[OrderPaymentOut]
    holds: list[HoldOut]
    exceptions: list[ExceptionOut]
    returns: list[OrderReturnOut]
    tracking_url: str
    version: int


class OrderPage(Strict):
    """A page of orders."""

    items: list[OrderOut]
    next: str | None


class QuoteOut(Strict):
    """What an order would cost and when it would come; `problem` when it could not be placed now."""

    channel: str
    currency: str
    totals: TotalsOut
    lines: list[QuotedLineOut]
    promise: WindowOut | None
    problem: dict[str, Any] | None


class KeyedOrderIn(OrderIn):
    """An order of a batch, with the key that names this attempt."""

    idempotency_key: Annotated[str, Field(min_length=1, max_length=255)]


class BatchIn(Strict):
    """Up to 500 orders, each accepted or refused for itself."""

    orders: Annotated[list[KeyedOrderIn], Field(min_length=1, max_length=MOST_IN_A_BATCH)]


class BatchResultOut(BaseModel):
    """What became of one order of a batch: `order` or `problem`."""

    status: int
    order: OrderOut | None = None
    problem: dict[str, Any] | None = None


class BatchOut(Strict):
    """The results, in the order of the orders."""

    results: list[BatchResultOut]


class OrderQuery(PageQuery):
    """Which orders. With `updated_since` the list runs by time of change, else from the newest order on."""

    status: str = Field("", max_length=40)
    channel: str = Field("", max_length=200, description="a channel's code")
    customer: UUID | None = None
    updated_since: AwareDatetime | None = None


class CancelLineIn(Strict):
    """Units of a line; `id` is the order line's."""

    id: UUID
    quantity: Units


class CancelIn(Strict):
    """Why, and what; without lines, all that has not left."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    lines: Annotated[list[CancelLineIn], Field(min_length=1, max_length=1_000)] | None = None


class HoldIn(Strict):
    """A reason to stop an order."""

    kind: Annotated[str, Field(max_length=40)]
    note: Annotated[str, Field(max_length=500)] = ""


class ReleaseIn(Strict):
    """Why the hold may go."""

    note: Annotated[str, Field(max_length=500)] = ""


class AvailabilityQuery(StrictQuery):
    """What a customer may want, and where."""

    sku: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(min_length=1, max_length=50)
    channel: str = Field(min_length=1, max_length=200)
    country: str = Field("", pattern=r"^([A-Z]{2})?$", description="the channel's own when left out")
    postal_code: str = Field("", max_length=20)
    method: str = Field("ship", pattern=r"^ship$")
    service: str = Field("standard", pattern=r"^[a-z_]{1,30}$")


class PickupOut(Strict):
    """Units that can be collected at a location, and from when on."""

    location: str
    available: int
    ready_at: str


class InboundOut(Strict):
    """Units that are to arrive and that nobody has been promised yet. `grounds` has `on_its_way` for what is ordered,
    `to_order` for what a vendor can still be asked for."""

    date: str
    quantity: int
    grounds: list[Literal["on_its_way", "to_order"]] = []


class AvailableOut(Strict):
    """What can be promised of a SKU now; null for what is not kept in stock. `pickup` has the nearest location first."""

    sku: str
    available: int | None
    promise: WindowOut | None
    pickup: list[PickupOut]
    inbound: list[InboundOut]


class AvailabilityOut(Strict):
    """One item for each SKU asked for, in that order."""

    items: list[AvailableOut]
