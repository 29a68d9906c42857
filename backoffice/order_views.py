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
from backoffice import order_page
from backoffice.timeline_words import said
from core.actors import Actor
from core.permissions import allows, permission
from core.problems import Invalid, NotFound, Problem
from fulfillment import amend
from fulfillment.selectors import of_orders
from orders import holds
from orders.models import Hold, Order
from orders.selectors import FINISHED, by_number, totals_of_customer
from orders.tracking import token_of
from payments.selectors import payments_of
from sourcing.selectors import latest_decision

SHORT, LONG = 12, 500


@permission("orders.view")
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Everything about one order: what, who, where it stands, why, and what can be done now."""
    found = _find(number)
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
            "decision": decision,
            "reasons": order_page.reasons(decision),
            "money": order_page.money(found, rows),
            "payments": payments,
            "lateness": order_page.lateness(found),
            "open_holds": [hold for hold in found.holds.all() if hold.status == "open"],
            "entries": [said(entry, found.currency) for entry in (entries if whole else entries[:SHORT])],
            "more": len(entries) > SHORT and not whole,
            "actions": _actions(request, found, rows),
            "customer_totals": totals_of_customer(found.customer_id) if found.customer_id else [],
            "journal": _journal_count(request, found),
            "tracking_token": token_of(found.pk, found.tracking_version),
            "hold_kinds": [kind for kind in Hold.Kind.values if kind != Hold.Kind.PAYMENT],
        },
    )


def _find(number: str) -> Order:
    found = by_number(number)
    if found is None:
        raise NotFound(_("There is no order %(number)s.") % {"number": number})
    return found


def _journal_count(request: HttpRequest, found: Order) -> int:
    if not allows(request.user, "ledger.view"):
        return 0
    return JournalEntry.objects.filter(about=found.pk).count()


def _actions(request: HttpRequest, found: Order, rows: list[order_page.LineRow]) -> dict[str, Any]:
    """What this person may do with the order: each with the reason when it cannot be done now."""
    cancellable = sum(row.cancellable for row in rows)
    reasons = {
        "hold": ("orders.hold", _("Nothing is left to stop.") if found.status in FINISHED else ""),
        "cancel": ("orders.cancel", "" if cancellable else _("Every unit has left or is cancelled.")),
    }
    offered = {name: {"why": why} for name, (needs, why) in reasons.items() if allows(request.user, needs)}
    return offered | {"cancellable": cancellable, "returnable": sum(row.returnable for row in rows)}


View = Callable[..., HttpResponse]


def on_order(view: View) -> View:
    """A POST about an order: afterwards its page again, with what was done or why it could not be."""

    @wraps(view)
    def wrapped(request: HttpRequest, number: str) -> HttpResponse:
        found = _find(number)
        try:
            messages.success(request, view(request, found))
        except Problem as problem:
            messages.error(request, problem.detail)
        return redirect("order", number)

    return require_POST(wrapped)


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
    holds.release_hold(mine[wanted].pk, actor=Actor.of(request.user))
    return _("The hold is released.")


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
