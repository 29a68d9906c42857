"""The order page, and the doors to what can be done with an order there."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounting.models import JournalEntry
from backoffice import counter, order_page, reach
from backoffice.timeline_words import said
from core.actors import Actor
from core.permissions import allows, locations_of, permission, require
from core.problems import Invalid, NotFound, Problem, StaleVersion
from fulfillment import amend
from fulfillment.selectors import of_orders
from inventory.models import Location
from inventory.selectors import places
from orders import holds
from orders import views as order_lists
from orders.models import Hold, Order
from orders.selectors import FINISHED, by_number, is_late, totals_of_customer
from orders.states import release_needs
from orders.tracking import token_of
from payments.selectors import payments_of
from payments.services import pay_again
from returns.models import ReturnLine
from returns.selectors import of_orders as returns_of
from returns.services import Back, ReturnInput, receive_and_credit
from sourcing.selectors import latest_decision

SHORT, LONG = 12, 500


@permission("orders.view")
def order_list(request: HttpRequest) -> HttpResponse:
    """The list of orders, of those that this person may see."""
    return order_lists.order_list(request, reach.within(request.user))


@permission("orders.view")
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Everything about one order: what, who, where it stands, why, and what can be done now.

    People of some locations are asked for a proof where they see no such order, whether or not there is one.
    """
    try:
        found = _find(request, number)
    except NotFound:
        if reach.is_limited(request.user):
            return counter.ask(request, number, missing=True)
        raise
    work = of_orders([found.pk]).get(found.pk, [])
    payments = payments_of([found.pk])[found.pk]
    decision = latest_decision(found.pk)
    rows = order_page.line_rows(found, work)
    whole = "all" in request.GET
    entries = order_page.timeline(found.pk, LONG if whole else SHORT + 1)
    return render(
        request,
        "backoffice/order.html",
        {
            "order": found,
            "rows": rows,
            "steps": order_page.steps(found, decision, payments),
            "parcels": order_page.parcels(work),
            "my_work": [w.pk for w in work if allows(request.user, "fulfillment.work", w.location_id)],
            "decision": decision,
            "reasons": order_page.reasons(decision),
            "money": order_page.money(found, rows),
            "payments": payments,
            "lateness": order_page.lateness(found),
            "open_holds": [hold for hold in found.holds.all() if hold.status == "open"],
            "entries": [said(entry, found.currency) for entry in (entries if whole else entries[:SHORT])],
            "more": len(entries) > SHORT and not whole,
            "actions": _actions(request, found, rows),
            "customer_totals": _customer_totals(request, found),
            "journal": _journal_count(request, found),
            "tracking_token": token_of(found.pk, found.tracking_version),
            "late": is_late(found),
            "returns": returns_of([found.pk]).get(found.pk, []),
            "return_places": _return_places(request),
            "conditions": ReturnLine.Condition.values,
            "hold_kinds": [kind for kind in Hold.Kind.values if kind != Hold.Kind.PAYMENT],
        },
    )


def _find(request: HttpRequest, number: str) -> Order:
    found = by_number(number)
    if found is None or not reach.sees(request, found):
        raise NotFound(_("There is no order %(number)s.") % {"number": number})
    return found


def _customer_totals(request: HttpRequest, found: Order) -> list[dict[str, Any]]:
    """What the customer ordered in all; not for people who see only some of the orders."""
    if found.customer_id is None or reach.is_limited(request.user):
        return []
    return totals_of_customer(found.customer_id)


def _journal_count(request: HttpRequest, found: Order) -> int:
    if not allows(request.user, "ledger.view"):
        return 0
    return JournalEntry.objects.filter(about=found.pk).count()


def _actions(request: HttpRequest, found: Order, rows: list[order_page.LineRow]) -> dict[str, Any]:
    """What this person may do with the order: each with the reason when it cannot be done now."""
    cancellable, returnable = sum(row.cancellable for row in rows), sum(row.returnable for row in rows)
    shipped = any(row.line.shipped for row in rows)
    nothing_back = _("Everything has come back.") if shipped else _("Nothing has left yet.")
    reasons = {
        "hold": ("orders.hold", _("Nothing is left to stop.") if found.status in FINISHED else ""),
        "take_back": ("returns.receive", "" if returnable else nothing_back),
        "cancel": ("orders.cancel", "" if cancellable else _("Every unit has left or is cancelled.")),
    }
    offered = {name: {"why": why} for name, (needs, why) in reasons.items() if allows(request.user, needs)}
    return offered | {"cancellable": cancellable, "returnable": returnable}


View = Callable[..., HttpResponse]


def on_order(act: Callable[[HttpRequest, Order], str]) -> View:
    """A POST about an order: afterwards its page again, with what was done or why it could not be."""

    @wraps(act)
    def wrapped(request: HttpRequest, number: str) -> HttpResponse:
        found = _find(request, number)
        try:
            _refuse_stale(request, found)
            messages.success(request, act(request, found))
        except Problem as problem:
            messages.error(request, problem.detail)
        return redirect("order", number)

    return require_POST(wrapped)


def _refuse_stale(request: HttpRequest, found: Order) -> None:
    """Nothing is done on the strength of a page that no longer shows how things stand."""
    seen = request.POST.get("version", "")
    if seen and seen != str(found.version):
        raise StaleVersion(
            _("This order has changed since you opened it. Look again, then repeat what you meant to do.")
        )


@permission("orders.hold")
@on_order
def hold(request: HttpRequest, found: Order) -> str:
    """Stop the order for a reason."""
    kind = request.POST.get("kind", "")
    actor = Actor.of(request.user)
    newly = holds.open_hold([found.pk], kind, actor=actor, note=request.POST.get("note", "").strip()[:500])
    return _("The order is held.") if newly else _("It was already held for this reason.")


@permission("orders.release_hold")
@on_order
def release_hold(request: HttpRequest, found: Order) -> str:
    """Let the order go on."""
    wanted = request.POST.get("hold", "")
    mine = {str(each.pk): each for each in found.holds.all()}
    if wanted not in mine:
        raise NotFound(_("There is no such hold on this order."))
    require(request.user, release_needs(mine[wanted].kind))
    holds.release_hold(mine[wanted].pk, actor=Actor.of(request.user))
    return _("The hold is released.")


@permission("payments.collect")
@on_order
def pay_link(request: HttpRequest, found: Order) -> str:
    """A new page for the customer to choose a card on; what was tried before is given up."""
    wanted = request.POST.get("payment", "")
    mine = {str(each.pk): each for each in payments_of([found.pk])[found.pk]}
    if wanted not in mine:
        raise NotFound(_("There is no such payment on this order."))
    pay_again(mine[wanted].pk, actor=Actor.of(request.user))
    return _("The customer gets a new link to pay by mail. It stands here in a moment.")


@permission("orders.cancel")
@on_order
def cancel(request: HttpRequest, found: Order) -> str:
    """Cancel the units asked for, or all that have not left."""
    lines = quantities(request, found)
    everything = {row.line.pk: row.cancellable for row in order_page.line_rows(found, []) if row.cancellable}
    whole = dict(lines) == everything
    reason = request.POST.get("reason", "")
    amend.cancel(found.pk, actor=Actor.of(request.user), reason=reason, lines=None if whole else lines)
    units = sum(quantity for _line, quantity in lines)
    return ngettext("%(n)d unit is cancelled.", "%(n)d units are cancelled.", units) % {"n": units}


@permission("returns.receive")
@on_order
def take_back(request: HttpRequest, found: Order) -> str:
    """Goods are here again: into stock by their condition, and credited by the exact share of these units."""
    place_id = _return_place(request)
    condition, reason = request.POST.get("condition", ""), request.POST.get("reason", "").strip()[:200]
    lines = [Back(line, quantity, condition, reason) for line, quantity in quantities(request, found)]
    receive_and_credit(
        [ReturnInput(found.pk, lines)],
        actor=Actor.of(request.user),
        location_id=place_id,
        refund_freight=request.POST.get("freight") == "yes",
    )
    units = sum(line.quantity for line in lines)
    return ngettext("%(n)d unit is taken back and credited.", "%(n)d units are taken back and credited.", units) % {
        "n": units
    }


@permission("returns.receive")
@on_order
def receive_return(request: HttpRequest, found: Order) -> str:
    """An announced return is here: received whole and credited."""
    announced = {str(each.pk): each for each in found.returns.all()}
    if (wanted := announced.get(request.POST.get("return", ""))) is None:
        raise NotFound(_("There is no such return on this order."))
    condition = request.POST.get("condition", "")
    if condition not in ReturnLine.Condition.values:
        raise Invalid.field(["condition"], _("choose the condition of the goods"))
    conditions = dict.fromkeys(wanted.lines.values_list("order_line_id", flat=True), condition)
    place_id, actor = _return_place(request), Actor.of(request.user)
    receive_and_credit([wanted.pk], actor=actor, location_id=place_id, conditions=conditions)
    return _("%(rma)s is received and credited.") % {"rma": wanted.rma}


def _return_place(request: HttpRequest) -> UUID:
    """The place that was chosen, if this person takes returns there."""
    here = {str(location.pk): location.pk for location in _return_places(request)}
    place = request.POST.get("location", "")
    if place not in here:
        raise Invalid.field(["location"], _("choose a place where you may take returns"))
    return here[place]


def _return_places(request: HttpRequest) -> list[Location]:
    if not allows(request.user, "returns.receive"):
        return []
    mine = places(locations_of(request.user, "returns.receive"))
    taking = [place for place in mine if Location.Can.RECEIVE_RETURNS in place.can]
    return sorted(taking, key=lambda place: (place.kind != Location.Kind.RETURNS_CENTRE, place.name))


def quantities(request: HttpRequest, found: Order) -> list[tuple[UUID, int]]:
    """The units asked for per line, from fields named by the line; an Invalid names the line that cannot be read."""
    wanted = []
    for line in found.lines.all():
        text = request.POST.get(f"units-{line.pk}", "").strip() or "0"
        if not text.isdecimal() or len(text) > 7:
            raise Invalid.field([line.sku], _("give a whole number of units"))
        if int(text):
            wanted.append((line.pk, int(text)))
    if not wanted:
        raise Invalid(_("Say how many units of which line."))
    return wanted
