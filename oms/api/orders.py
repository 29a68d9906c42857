"""The calls about orders: place, quote, read, cancel, hold."""

import json
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query

from capture import services as capture
from capture.answers import hold_answer
from capture.refused import Name
from capture.schemas import OrderIn
from capture.services import Attempt
from core import tracing
from core.calls import Calls, caller_of, key_of, page, rendered, replied
from core.days import company_day
from core.idempotency import Answer, check_key, digest
from core.lists import KeysetList
from core.problems import Conflict, Forbidden, Invalid, NotFound, Problem
from fulfillment import amend
from oms.api.documents import order_documents
from oms.api.shapes import (
    MOST_IN_A_BATCH,
    BatchIn,
    BatchOut,
    CancelIn,
    HoldIn,
    HoldOut,
    OrderOut,
    OrderPage,
    OrderQuery,
    QuoteOut,
    ReleaseIn,
)
from orders import holds
from orders.models import Channel, Hold, Order
from orders.states import ORDER_STATES, release_needs

calls = Calls(tags=["orders"])


@calls.asks("/orders", scope="orders.place", takes=OrderIn, gives=OrderOut, status=201, needs_key=True)
def place_order(request: HttpRequest, body: Any) -> HttpResponse:
    """Place an order. 201: order and stock are safe; payments follow."""
    caller, key = caller_of(request), key_of(request)
    answer = capture.place_order(body, client=caller.client, key=key, digest=fingerprint(body), actor=caller.actor)
    tracing.about_order(str(answer.body.get("number", "")))
    return replied(answer)


def fingerprint(order: Any) -> str:
    """What a repeat must have in common with the first attempt: the same order, sent alone or in a batch."""
    if isinstance(order, dict):
        order = {name: value for name, value in order.items() if name != "idempotency_key"}
    return digest(b"order\n" + json.dumps(order, cls=DjangoJSONEncoder, sort_keys=True).encode())


@calls.asks("/orders/batch", scope="orders.place", takes=BatchIn, gives=BatchOut, status=207)
def place_batch(request: HttpRequest, body: Any) -> HttpResponse:
    """Place up to 500 orders, each accepted or refused for itself under its own `idempotency_key`."""
    caller = caller_of(request)
    outcomes: list[Answer | Problem] = []
    attempts: dict[int, Attempt] = {}
    for index, raw in enumerate(_orders_of(body)):
        outcomes.append(NOT_TRIED)
        try:
            attempts[index] = _attempt(raw)
        except Problem as problem:
            outcomes[index] = problem
    placed = capture.place_orders(list(attempts.values()), client=caller.client, actor=caller.actor)
    for index, outcome in zip(attempts, placed, strict=True):
        outcomes[index] = outcome
    return rendered(207, {"results": [_result(outcome) for outcome in outcomes]})


NOT_TRIED = Problem()


def _orders_of(body: Any) -> list[Any]:
    """The orders of a batch, as they came."""
    if not isinstance(body, dict) or not isinstance(body.get("orders"), list):
        raise Invalid.field(["orders"], _("must be a list of orders"))
    unknown = sorted(set(body) - {"orders"})
    if unknown:
        raise Invalid(errors=[{"loc": [name[:100]], "msg": "is not known here; leave it out"} for name in unknown[:20]])
    if not 1 <= len(body["orders"]) <= MOST_IN_A_BATCH:
        raise Invalid.field(
            ["orders"], _("must be 1 to %(most_in_a_batch)s orders") % {"most_in_a_batch": MOST_IN_A_BATCH}
        )
    orders: list[Any] = body["orders"]
    return orders


def _attempt(raw: Any) -> Attempt:
    """One order of a batch with its key."""
    if not isinstance(raw, dict):
        raise Invalid.field([], _("must be an object"))
    key = raw.get("idempotency_key")
    if not isinstance(key, str):
        raise Invalid.field(["idempotency_key"], _("is missing: every order of a batch needs its own"))
    try:
        check_key(key)
    except Invalid as unusable:
        raise Invalid.field(["idempotency_key"], _("must be 1 to 255 printable characters")) from unusable
    return Attempt(raw, key, fingerprint(raw))


def _result(outcome: Answer | Problem) -> dict[str, Any]:
    if isinstance(outcome, Problem):
        return {"status": outcome.status, "problem": outcome.body()}
    return {"status": outcome.status, "order": outcome.body}


@calls.asks("/orders/quote", scope="orders.place", takes=OrderIn, gives=QuoteOut)
def quote_order(request: HttpRequest, body: Any) -> HttpResponse:
    """What an order would cost and when it would come. Nothing is ordered or set aside."""
    caller = caller_of(request)
    asked = Name(f"quote:{caller.client}", f"{company_day()} {fingerprint(body)}")
    return rendered(200, capture.quote(body, actor=caller.actor, asked=asked))


@calls.reads("/orders", scope="orders.view", gives=OrderPage)
def list_orders(request: HttpRequest, query: Query[OrderQuery]) -> dict[str, Any]:
    """Orders, by status, channel, customer or time of change."""
    found = Order.objects.all()
    if query.status:
        if query.status not in ORDER_STATES:
            raise Invalid.field(
                ["query", "status"], _("must be one of: %(choices)s") % {"choices": ", ".join(ORDER_STATES)}
            )
        found = found.filter(status=query.status)
    if query.channel:
        found = found.filter(channel=channel_by_code(query.channel))
    if query.customer:
        found = found.filter(customer=query.customer)
    order = "-id"
    if query.updated_since:
        found, order = found.filter(updated_at__gte=query.updated_since), "updated_at"
    part = KeysetList(found, order=order).page(query.cursor, query.limit)
    return page(order_documents(part.items), part.next)


@calls.reads("/orders/{number}", scope="orders.view", gives=OrderOut)
def read_order(request: HttpRequest, number: str) -> dict[str, Any]:
    """One order with all that belongs to it."""
    return order_documents([order_by_number(number)])[0]


@calls.writes("/orders/{number}/cancel", scope="orders.cancel", takes=CancelIn, gives=OrderOut)
def cancel_order(request: HttpRequest, body: CancelIn, number: str) -> dict[str, Any]:
    """Cancel what has not left: all of it, or units of some lines."""
    order = order_by_number(number)
    lines = None if body.lines is None else [(line.id, line.quantity) for line in body.lines]
    amend.cancel(order.pk, reason=body.reason, lines=lines, actor=caller_of(request).actor)
    return read_order(request, number)


@calls.writes("/orders/{number}/holds", scope="orders.hold", takes=HoldIn, gives=OrderOut, status=201)
def hold_order(request: HttpRequest, body: HoldIn, number: str) -> dict[str, Any]:
    """Stop an order for a named reason."""
    order = order_by_number(number)
    opened = holds.open_hold([order.pk], body.kind, note=body.note, actor=caller_of(request).actor)
    if not opened:
        raise Conflict(_("%(number)s already has an open hold of this kind.") % {"number": number})
    return read_order(request, number)


@calls.writes("/holds/{uuid:hold_id}/release", scope="orders.release_hold", takes=ReleaseIn, gives=HoldOut)
def release_hold(request: HttpRequest, body: ReleaseIn, hold_id: UUID) -> dict[str, Any]:
    """Let a held order go on."""
    caller = caller_of(request)
    needs = release_needs(Hold.objects.filter(pk=hold_id).values_list("kind", flat=True).first() or "")
    if needs not in caller.scopes:
        raise Forbidden(_("Releasing this hold needs the scope %(needs)s.") % {"needs": needs})
    found: Hold = holds.release_hold(hold_id, note=body.note, actor=caller.actor)
    return hold_answer(found)


def order_by_number(number: str) -> Order:
    """The order, or NotFound."""
    found = Order.objects.filter(number=number).first()
    if found is None:
        raise NotFound(_("There is no order with this number."))
    return found


def channel_by_code(code: str) -> Channel:
    """The channel, or Invalid naming the query's field."""
    found = Channel.objects.filter(code=code).first()
    if found is None:
        raise Invalid.field(["query", "channel"], _("“%(code)s” is not a channel of this company") % {"code": code})
    return found
