"""The doors to what can be done with an order on its page. Each is one POST that ends on the page again."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from backoffice import order_facts, order_page, reach
from backoffice.cancel_preview import preview
from backoffice.order_views import refused
from backoffice.timeline_words import is_id
from core import notes, versions
from core.actors import Actor
from core.incidents import resolve_incidents
from core.models import Incident
from core.permissions import permission, require
from core.problems import Conflict, Invalid, NotFound, Problem
from core.templatetags.ui import say_moment
from core.typed import plain
from fulfillment import amend
from inventory.serials.registering import split
from notifications.services import send_again
from orders import contact, holds
from orders.keeping import services as keeping
from orders.models import Order
from orders.services import lock_order
from orders.states import release_needs
from payments.services import pay_again
from returns.models import ReturnLine
from returns.services import Back, ReturnInput, receive_and_credit

Act = Callable[[HttpRequest, Order], str]
Again = Callable[[HttpRequest, Order, Problem | None], HttpResponse]
View = Callable[..., HttpResponse]


def form(opened: str = "") -> Again:
    """The order page with one of its forms as it was typed; `opened` is the id of its dialog."""
    return lambda request, found, problem: refused(request, found, opened, problem)


def on_order(name: str, again: Again) -> Callable[[Act], View]:
    """A POST about an order by whoever holds the permission `name` for it, done under its lock: afterwards its page,
    with what was done.

    The page that was acted on must still show how things stand. A refusal keeps what was typed: `again` shows the form.
    """

    def door(act: Act) -> View:
        @wraps(act)
        def wrapped(request: HttpRequest, number: str) -> HttpResponse:
            found = order_facts.find(request, number)
            if versions.looks_again(request):
                return again(request, found, None)
            try:
                reach.require_here(request, found, name)
                with transaction.atomic():
                    version = lock_order(found.pk).version
                    versions.check(request, found.pk, version, labels=_labels(found), currency=found.currency)
                    said = act(request, found)
            except versions.Stale:
                raise
            except Problem as problem:
                return again(request, order_facts.find(request, number), problem)
            messages.success(request, said)
            return redirect("order", number)

        return permission(name)(require_POST(wrapped))

    return door


def _labels(found: Order) -> dict[str, str]:
    """What the fields of the forms are called, for the page that shows again what was typed."""
    named = {
        "reason": _("Reason"),
        "note": _("What should be cleared up?"),
        "until": _("Keep until"),
        "email": _("E-mail"),
        "phone": _("Telephone"),
        "resolution": _("How it was settled"),
    }
    return named | {f"units-{line.pk}": line.name for line in found.lines.all()}


@permission("orders.note")
@require_POST
def add_note(request: HttpRequest, number: str) -> HttpResponse:
    """A note for the colleagues. It changes nothing, so it is right on any version of the page."""
    found = order_facts.find(request, number)
    key = request.POST.get("key", "")
    try:
        text = request.POST.get("text", "")
        new = notes.add(found.pk, text, actor=Actor.of(request.user), key=UUID(key) if is_id(key) else None)
    except Problem as problem:
        return refused(request, found, "note", problem)
    messages.success(request, _("The note is kept.") if new else _("This note was kept before."))
    return redirect(f"{request.path.removesuffix('note/')}#timeline")


@on_order("orders.hold", form("hold-dialog"))
def hold(request: HttpRequest, found: Order) -> str:
    """Stop the order for a reason."""
    kind = request.POST.get("kind", "")
    actor = Actor.of(request.user)
    newly = holds.open_hold([found.pk], kind, actor=actor, note=request.POST.get("note", "").strip()[:500])
    return _("The order is held.") if newly else _("It was already held for this reason.")


@on_order("orders.release_hold", form())
def release_hold(request: HttpRequest, found: Order) -> str:
    """Let the order go on."""
    wanted = request.POST.get("hold", "")
    mine = {str(each.pk): each for each in found.holds.all()}
    if wanted not in mine:
        raise NotFound(_("There is no such hold on this order."))
    require(request.user, release_needs(mine[wanted].kind))
    holds.release_hold(mine[wanted].pk, actor=Actor.of(request.user))
    return _("The hold is released.")


@on_order("orders.keep", form("keep-dialog"))
def keep(request: HttpRequest, found: Order) -> str:
    """Keep the stock of an order that is held longer."""
    until = keeping.extend(
        found.pk,
        _moment(request.POST.get("until", "")),
        reason=request.POST.get("reason", ""),
        actor=Actor.of(request.user),
    )
    return _("Its stock is kept until %(at)s.") % {"at": say_moment(until)}


def _moment(text: str) -> datetime:
    """A moment as a browser sends it, in the time zone of the page."""
    try:
        found = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]).clean(text.strip()[:40])
    except (forms.ValidationError, OverflowError) as error:
        raise Invalid.field(["until"], _("choose a day and a time")) from error
    moment: datetime = found
    return moment


@on_order("orders.keep", form("let-go-dialog"))
def let_stock_go(request: HttpRequest, found: Order) -> str:
    """Let others have the stock of an order that is held."""
    keeping.let_go(found.pk, reason=request.POST.get("reason", ""), actor=Actor.of(request.user))
    return _("Its stock is free for others.")


@on_order("payments.collect", form())
def pay_link(request: HttpRequest, found: Order) -> str:
    """A new page for the customer to choose a card on; what was tried before is given up."""
    payment = order_facts.payment_of(found, request.POST.get("payment", ""))
    pay_again(payment.pk, actor=Actor.of(request.user))
    return _("The customer gets a new link to pay by mail. It stands here in a moment.")


@on_order("customers.edit", form("contact-dialog"))
def edit_contact(request: HttpRequest, found: Order) -> str:
    """Put right how the customer of this order is reached."""
    email, phone = request.POST.get("email", ""), request.POST.get("phone", "")
    changed = contact.edit_contact(found.pk, email=email, phone=phone, actor=Actor.of(request.user))
    return _("The contact is changed.") if changed else _("It stood there like that already.")


@on_order("incidents.resolve", form())
def resolve(request: HttpRequest, found: Order) -> str:
    """Say how an exception was settled."""
    wanted, how = request.POST.get("incident", ""), plain(request.POST.get("resolution", ""), 500)
    incident = Incident.objects.filter(pk=wanted, about=found.pk).first() if is_id(wanted) else None
    if incident is None:
        raise NotFound(_("There is no such exception on this order."))
    if not how:
        raise Invalid.field(["resolution"], _("Say how the exception was settled."))
    if not resolve_incidents(incident.kind, about=found.pk, actor=Actor.of(request.user), resolution=how):
        raise Conflict(_("%(who)s has settled this exception already.") % {"who": incident.resolved_by})
    return _("The exception is settled.")


@permission("mail.send")
@require_POST
def resend(request: HttpRequest, number: str) -> HttpResponse:
    """Send a letter again, to the address that the order has now."""
    found = order_facts.find(request, number)
    wanted, key = request.POST.get("letter", ""), request.POST.get("key", "")
    try:
        reach.require_here(request, found, "mail.send")
        if not is_id(wanted):
            raise NotFound(_("There is no such letter."))
        source = UUID(key) if is_id(key) else None
        new = send_again(UUID(wanted), about=found.pk, to=found.email, key=source, actor=Actor.of(request.user))
    except Problem as problem:
        return refused(request, found, "", problem)
    messages.success(request, _("The letter is on its way again.") if new else _("It was sent again before."))
    return redirect("order", number)


def _ask_to_cancel(request: HttpRequest, found: Order, problem: Problem | None) -> HttpResponse:
    sent = request.POST if request.method == "POST" else request.GET
    typed = {name: value for name, value in sent.items() if isinstance(value, str)}
    rows = order_page.line_rows(found, [], typed)
    told, why = None, ""
    try:
        lines = [(row.line.pk, row.asked) for row in rows if row.cancellable and row.asked]
        told = preview(found.pk, _all_or(found, lines), actor=Actor.of(request.user)) if lines else None
    except Problem as refusal:
        why = refusal.detail
    context = {
        "order": found,
        "rows": [row for row in rows if row.cancellable],
        "typed": typed,
        "preview": told,
        "why": why,
        "errors": order_facts.errors(problem),
    }
    part = request.headers.get("HX-Target") == "preview"
    name = "backoffice/order_cancel_preview.html" if part else "backoffice/order_cancel.html"
    return render(request, name, context, status=problem.status if problem else 200)


@on_order("orders.cancel", _ask_to_cancel)
def _cancel(request: HttpRequest, found: Order) -> str:
    """Cancel the units asked for, or all that have not left."""
    lines = quantities(request, found)
    reason = request.POST.get("reason", "")
    amend.cancel(found.pk, actor=Actor.of(request.user), reason=reason, lines=_all_or(found, lines))
    units = sum(quantity for _line, quantity in lines)
    return ngettext("%(n)d unit is cancelled.", "%(n)d units are cancelled.", units) % {"n": units}


def _all_or(found: Order, lines: list[tuple[UUID, int]]) -> list[tuple[UUID, int]] | None:
    """None when these are all units that can be cancelled: then the rest of the order ends with them."""
    everything = {row.line.pk: row.cancellable for row in order_page.line_rows(found, []) if row.cancellable}
    return None if dict(lines) == everything else lines


@permission("orders.cancel")
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Choose units, see in numbers what cancelling them changes, and do it."""
    if request.method == "POST":
        return _cancel(request, number)
    found = order_facts.find(request, number)
    reach.require_here(request, found, "orders.cancel")
    return _ask_to_cancel(request, found, None)


@on_order("returns.receive", form("return-dialog"))
def take_back(request: HttpRequest, found: Order) -> str:
    """Goods are here again: into stock by their condition, and credited by the exact share of these units."""
    place_id = _return_place(request)
    condition, reason = request.POST.get("condition", ""), request.POST.get("reason", "").strip()[:200]
    named = _numbers(request, found)
    lines = [Back(line, quantity, condition, reason, named.get(line)) for line, quantity in quantities(request, found)]
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


@on_order("returns.receive", form())
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
    receive_and_credit(
        [wanted.pk], actor=actor, location_id=place_id, conditions=conditions, numbers=_numbers(request, found)
    )
    return _("%(rma)s is received and credited.") % {"rma": wanted.rma}


def _numbers(request: HttpRequest, found: Order) -> dict[UUID, list[str]]:
    """The serial numbers that were typed, by line; none of a line whose units that came have none."""
    typed = {line.pk: split(request.POST.get(f"serials-{line.pk}", "")[:20_000]) for line in found.lines.all()}
    return {line: codes for line, codes in typed.items() if codes or request.POST.get(f"unnumbered-{line}") == "yes"}


def _return_place(request: HttpRequest) -> UUID:
    """The place that was chosen, if this person takes returns there."""
    here = {str(location.pk): location.pk for location in order_facts.return_places(request)}
    place = request.POST.get("location", "")
    if place not in here:
        raise Invalid.field(["location"], _("choose a place where you may take returns"))
    return here[place]


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
