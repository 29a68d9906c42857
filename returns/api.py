"""The calls about returns: authorise, read, receive."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from core.calls import Calls, PageQuery, Strict, caller_of, page
from core.lists import KeysetList
from core.problems import Invalid
from inventory.models import Location
from orders.models import Order
from returns import selectors
from returns.models import Return, ReturnLine
from returns.services import Asked, Back, ReturnInput, receive_and_credit, request_return
from returns.states import RETURN

calls = Calls(tags=["returns"])

STATES = sorted({state for sources, target in RETURN.table.values() for state in (*sources, target)})
Units = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Reason = Annotated[str, Field(max_length=500)]
Serials = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=1_000)]


class ReturnQuery(PageQuery):
    """Which returns."""

    order: str = Field("", max_length=60, description="an order's number")
    status: str = Field("", max_length=40)


class AskedLineIn(Strict):
    """Units to send back; `id` is the order line's."""

    id: UUID
    quantity: Units
    reason: Reason = ""


class ReturnIn(Strict):
    """What a customer wants to send back."""

    order: Annotated[str, Field(min_length=1, max_length=60, description="the order's number")]
    lines: Annotated[list[AskedLineIn], Field(min_length=1, max_length=1_000)]
    external_id: Annotated[str, Field(max_length=200)] = ""


class BackLineIn(Strict):
    """Units that came back, in their condition; `id` is the order line's."""

    id: UUID
    quantity: Units
    condition: Literal["sellable", "damaged"] = "sellable"
    reason: Reason = ""
    serials: Serials | None = Field(
        None, description="which units, where they left by serial numbers and only some of the line's come back"
    )


class ReceiveIn(Strict):
    """What came back, and where. Without lines, all that was authorised, fit to be sold again."""

    location: Annotated[str, Field(max_length=200, description="the returns centre when left out")] = ""
    lines: Annotated[list[BackLineIn], Field(min_length=1, max_length=1_000)] | None = None
    refund_freight: Annotated[bool, Field(strict=True)] = False


class ReturnLineOut(Strict):
    """Units of an order line; `id` is the order line's, `credit` what the customer gets for them."""

    id: str
    sku: str
    quantity: int
    reason: str
    condition: str
    decision: str
    disposition: str
    credit: str


class ReturnOut(Strict):
    """An authorised return and how far it has come."""

    id: str
    rma: str
    order: str
    status: str
    external_id: str
    location: str | None
    created_at: str
    received_at: str | None
    currency: str
    credit: str
    lines: list[ReturnLineOut]


class ReturnPage(Strict):
    """A page of returns."""

    items: list[ReturnOut]
    next: str | None


def return_answer(found: Return) -> dict[str, Any]:
    """A return; order, location and lines (with order line) are loaded."""
    lines = [
        {
            "id": str(line.order_line_id),
            "sku": line.order_line.sku,
            "quantity": line.quantity,
            "reason": line.reason,
            "condition": line.condition,
            "decision": line.decision,
            "disposition": line.disposition,
            "credit": f"{_credit(line):.2f}",
        }
        for line in found.lines.all()
    ]
    return {
        "id": str(found.pk),
        "rma": found.rma,
        "order": found.order.number,
        "status": found.status,
        "external_id": found.external_id,
        "location": found.location and found.location.code,
        "created_at": found.created_at.isoformat(),
        "received_at": found.received_at and found.received_at.isoformat(),
        "currency": found.order.currency,
        "credit": f"{sum(_credit(line) for line in found.lines.all()):.2f}",
        "lines": lines,
    }


def _credit(line: ReturnLine) -> Decimal:
    return line.net + line.tax + line.freight_net + line.freight_tax


@calls.reads("/returns", scope="orders.view", gives=ReturnPage)
def list_returns(request: HttpRequest, query: Query[ReturnQuery]) -> dict[str, Any]:
    """Returns, the newest first."""
    found = Return.objects.select_related("order", "location").prefetch_related("lines__order_line")
    if query.order:
        found = found.filter(order__number=query.order)
    if query.status:
        if query.status not in STATES:
            raise Invalid.field(["query", "status"], _("must be one of: %(choices)s") % {"choices": ", ".join(STATES)})
        found = found.filter(status=query.status)
    part = KeysetList(found).page(query.cursor, query.limit)
    return page(map(return_answer, part.items), part.next)


@calls.reads("/returns/{rma}", scope="orders.view", gives=ReturnOut)
def read_return(request: HttpRequest, rma: str) -> dict[str, Any]:
    """One return."""
    return return_answer(selectors.by_rma(rma))


@calls.writes("/returns", scope="returns.receive", takes=ReturnIn, gives=ReturnOut, status=201)
def open_return(request: HttpRequest, body: ReturnIn) -> dict[str, Any]:
    """Authorise a return of shipped units."""
    order = Order.objects.filter(number=body.order).first()
    if order is None:
        raise Invalid.field(["order"], _("there is no order with this number"))
    lines = [Asked(line.id, line.quantity, line.reason) for line in body.lines]
    made = request_return(order.pk, lines, external_id=body.external_id, actor=caller_of(request).actor)
    return return_answer(selectors.by_rma(made.rma))


@calls.writes("/returns/{rma}/receive", scope="returns.receive", takes=ReceiveIn, gives=ReturnOut)
def receive_return(request: HttpRequest, body: ReceiveIn, rma: str) -> dict[str, Any]:
    """Take the goods in and credit exactly these units."""
    found = selectors.by_rma(rma)
    given: UUID | ReturnInput = found.pk
    if body.lines is not None:
        _check_authorised(found, body.lines)
        backs = [Back(line.id, line.quantity, line.condition, line.reason, line.serials) for line in body.lines]
        given = ReturnInput(found.order_id, backs, return_id=found.pk)
    try:
        receive_and_credit(
            [given],
            location_id=_location_id(body.location),
            refund_freight=body.refund_freight,
            actor=caller_of(request).actor,
        )
    except Invalid as refusal:
        raise _of_this_body(refusal) from refusal
    return return_answer(selectors.by_rma(rma))


def _check_authorised(found: Return, lines: list[BackLineIn]) -> None:
    """Only units that this return names may come back under it."""
    authorised = {line.order_line_id: line.quantity for line in found.lines.all()}
    errors = []
    for index, line in enumerate(lines):
        if line.id not in authorised:
            errors.append({"loc": ["lines", index, "id"], "msg": f"is not a line of {found.rma}"})
        elif line.quantity > authorised[line.id]:
            msg = f"only {authorised[line.id]} are authorised under {found.rma}"
            errors.append({"loc": ["lines", index, "quantity"], "msg": msg})
    if errors:
        raise Invalid(errors=errors)


def _location_id(code: str) -> UUID | None:
    if not code:
        return None
    found = Location.objects.filter(code=code).first()
    if found is None:
        raise Invalid.field(["location"], _("“%(code)s” is not a location of this company") % {"code": code})
    return found.pk


def _of_this_body(refusal: Invalid) -> Invalid:
    """The service takes sets of returns; this body is the one of them."""
    errors = [{**e, "loc": e["loc"][2:] if e["loc"][:1] == ["returns"] else e["loc"]} for e in refusal.errors]
    return Invalid(errors=errors) if errors else refusal
