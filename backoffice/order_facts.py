"""Everything that the order page shows, read once: the same number of statements for any number of lines or parcels."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounting.models import JournalEntry
from backoffice import order_actions, order_page, order_timeline, reach
from backoffice.timeline_words import INCIDENTS
from core.ids import new_id
from core.models import Incident, TimelineEntry
from core.permissions import allows, locations_of
from core.problems import NotFound, Problem
from fulfillment.selectors import of_orders
from inventory.models import Location
from inventory.selectors import places
from notifications.models import Message
from notifications.views import KIND_WORDS, STATES
from orders.keeping import services as keeping
from orders.models import Hold, Order
from orders.selectors import by_number, totals_of_customer
from orders.tracking import token_of, tracking_url
from payments.models import Payment
from payments.selectors import payments_of
from returns import serials
from returns.models import ReturnLine
from returns.selectors import of_orders as returns_of
from sourcing.selectors import latest_decision

MOST_LETTERS = 50


def find(request: HttpRequest, number: str) -> Order:
    """The order, if this person may see it; else NotFound, as if there were none."""
    found = by_number(number) if "\0" not in number else None
    if found is None or not reach.sees(request, found):
        raise NotFound(_("There is no order %(number)s.") % {"number": number[:64]})
    return found


def of(
    request: HttpRequest,
    found: Order,
    *,
    opened: str = "",
    typed: Mapping[str, str] | None = None,
    problem: Problem | None = None,
) -> dict[str, Any]:
    """The page's context. After a refusal: the form `opened` with what was `typed`, and the `problem` in words."""
    read_at = int(timezone.now().timestamp() * 1000)
    work = of_orders([found.pk]).get(found.pk, [])
    payments = payments_of([found.pk])[found.pk]
    decision = latest_decision(found.pk)
    units = serials.of_order(found.pk)
    rows = order_page.line_rows(found, work, typed, units)
    parcels = order_page.parcels(work, units)
    returned = returns_of([found.pk]).get(found.pk, [])
    letters, incidents = letters_of(request, found), incidents_of(request, found)
    facts = order_actions.Facts(found, rows, payments, parcels, returned, letters, incidents)
    actions = order_actions.offered(facts, request.user, reach.rights(request, found))
    return {
        "order": found,
        "read_at": read_at,
        "rows": rows,
        "steps": order_page.steps(found, decision, payments, parcels),
        "parcels": parcels,
        "my_work": [w.pk for w in work if allows(request.user, "fulfillment.work", w.location_id)],
        "decision": decision,
        "reasons": order_page.reasons(decision),
        "money": order_page.money(found, rows),
        "payments": payments,
        "lateness": order_page.lateness(found, parcels),
        "late": order_page.days_late(found, parcels),
        **_kept(found, facts.holds),
        "open_holds": [(hold, _who_releases(request, hold)) for hold in facts.holds],
        "cancelled": _cancelled(found),
        "past_holds": [hold for hold in found.holds.all() if hold.status != "open"],
        "timeline": order_timeline.read(found.pk, request.GET, found.currency),
        "note_key": new_id(),
        "actions": actions,
        "next_act": order_actions.next_act(actions),
        "customer_totals": _customer_totals(request, found),
        "journal": _journal_count(request, found),
        "customer_link": tracking_url(found),
        "tracking_token": token_of(found.pk, found.tracking_version),
        "returns": returned,
        "numbered": [row for row in rows if row.numbers],
        "return_places": return_places(request),
        "conditions": ReturnLine.Condition.values,
        "hold_kinds": [kind for kind in Hold.Kind.values if kind != Hold.Kind.PAYMENT],
        "letters": [_letter(letter) for letter in letters],
        "incidents": [_incident(incident) for incident in incidents],
        "opened": opened,
        "typed": typed or {},
        "problem": problem,
        "errors": errors(problem),
    }


def letters_of(request: HttpRequest, found: Order) -> list[Message]:
    """What the customer was told about the order, newest first, for those who may read letters."""
    if not allows(request.user, "mail.view"):
        return []
    return list(
        Message.objects.filter(about=found.pk).defer("text", "html").order_by("-created_at", "-id")[:MOST_LETTERS]
    )


def incidents_of(request: HttpRequest, found: Order) -> list[Incident]:
    """The open exceptions of the order, the oldest first."""
    if not allows(request.user, "incidents.view"):
        return []
    return list(Incident.objects.filter(about=found.pk, resolved_at=None).order_by("opened_at"))


def _who_releases(request: HttpRequest, hold: Hold) -> str:
    return "" if allows(request.user, hold.release_needs) else order_actions.who_releases([hold])


def _kept(found: Order, open_holds: Sequence[Hold]) -> dict[str, Any]:
    """The stock that is kept while it is held, until when, and the moments between which that can be moved."""
    kept = keeping.kept(found.pk) if open_holds else None
    if kept is None or kept.until is None:
        return {"kept": kept}
    last, local = keeping.latest(kept), timezone.localtime
    proposed = min(max(kept.until, timezone.now()) + timedelta(days=1), last)
    given = {"keep_from": max(kept.until, timezone.now()), "keep_proposed": proposed, "keep_latest": last}
    return {"kept": kept, "can_keep_longer": kept.until < last} | {
        name: f"{local(at):%Y-%m-%dT%H:%M}" for name, at in given.items()
    }


def _cancelled(found: Order) -> TimelineEntry | None:
    """Who ended the order and why, as its timeline has it."""
    if found.status != "cancelled":
        return None
    ends = TimelineEntry.objects.filter(about=found.pk, action__in=("order.cancel", "order.cancel_part"))
    return ends.order_by("-at", "-id").first()


def payment_of(found: Order, wanted: str) -> Payment:
    """The payment of this order that a form names."""
    mine = {str(each.pk): each for each in payments_of([found.pk])[found.pk]}
    if wanted not in mine:
        raise NotFound(_("There is no such payment on this order."))
    return mine[wanted]


def return_places(request: HttpRequest) -> list[Location]:
    """Where this person may take returns, returns centres first."""
    if not allows(request.user, "returns.receive"):
        return []
    mine = places(locations_of(request.user, "returns.receive"))
    taking = [place for place in mine if Location.Can.RECEIVE_RETURNS in place.can]
    return sorted(taking, key=lambda place: (place.kind != Location.Kind.RETURNS_CENTRE, place.name))


def _letter(letter: Message) -> dict[str, Any]:
    tone, word = STATES[letter.state]
    return {"message": letter, "kind": KIND_WORDS.get(letter.kind, letter.kind), "tone": tone, "state": word}


def _incident(incident: Incident) -> dict[str, Any]:
    words = INCIDENTS.get(incident.kind)
    return {"row": incident, "what": words() if words else incident.kind.replace("_", " ")}


def _customer_totals(request: HttpRequest, found: Order) -> list[dict[str, Any]]:
    """What the customer ordered in all; not for people who see only some of the orders."""
    if found.customer_id is None or reach.is_limited(request.user):
        return []
    return totals_of_customer(found.customer_id)


def _journal_count(request: HttpRequest, found: Order) -> int:
    if not allows(request.user, "ledger.view"):
        return 0
    return JournalEntry.objects.filter(about=found.pk).count()


def errors(problem: Problem | None) -> list[dict[str, str]]:
    """The problem for the error summary: each field's words, or all of it."""
    if problem is None:
        return []
    if problem.errors:
        return [{"text": str(error["msg"]), "anchor": ""} for error in problem.errors]
    return [{"text": problem.detail, "anchor": ""}]
