"""Of orders: holds that somebody can solve, those that nobody paid, those that are late, and the newest."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from backoffice import reach
from backoffice.home import behind
from backoffice.home.parts import Figure, Nothing, Panel, Part, Row, counted
from core import wording
from core.addresses import telephone
from core.days import company_day
from core.lists import capped_count
from core.money import display
from core.permissions import allows
from core.templatetags.ui import age
from orders.models import Hold, Order
from orders.rows import row
from orders.selectors import Filters, listed
from orders.states import release_needs

SHOWN = 5
NEWEST = 8


def _order_url(number: str) -> str:
    return reverse("order", args=[number])


def solvable(user: Any) -> list[str]:
    """The kinds of holds that this person may release."""
    return [kind for kind in Hold.Kind.values if allows(user, release_needs(kind))]


def holds(user: Any) -> Part:
    """Orders that wait for a decision this person may take."""
    found = Hold.objects.filter(status="open", kind__in=solvable(user)).exclude(kind="payment").select_related("order")
    mine = reach.within(user)
    if mine is not None:
        found = found.filter(order__in=Order.objects.filter(mine))
    rows = [_held(hold) for hold in behind.first(found.order_by("opened_at"), SHOWN)]
    panel = Panel(
        "holds",
        _("Held until you decide"),
        items=rows,
        all_url=behind.HELD.href,
        all_label=_("All held orders"),
        nothing=Nothing(
            _("No order waits for your decision"),
            _("An order is held when its address, price or payment needs a look. It shows here with its reason."),
        ),
        wide=True,
    )
    number = behind.HELD.count(user)
    for_me = capped_count(found.order_by().values("order").distinct())
    figure = counted(
        pgettext("orders", "On hold"), number, behind.HELD.href, _whose(for_me, number - for_me), tone="amber"
    )
    return Part([figure], [panel])


def _whose(mine: int, others: int) -> str:
    if others <= 0:
        return _("wait for a decision")
    return _("%(mine)d for you, %(others)d for others") % {"mine": mine, "others": others}


def _held(hold: Hold) -> Row:
    order = hold.order
    return Row(
        reference=order.number,
        url=_order_url(order.number),
        what=wording.hold(hold.kind).capitalize(),
        note=hold.note,
        tone="amber",
        who=order.customer_name or order.email,
        owner=hold.opened_by if hold.kind == "manual" else "",
        since=hold.opened_at,
        aged=_("held %(age)s") % {"age": age(hold.opened_at)},
        amount=display(order.total, order.currency),
        next=_("Decide"),
        next_url=_order_url(order.number),
    )


def unpaid(user: Any) -> Part:
    """Orders that lapse when nobody pays, those with the least time left first."""
    found = (
        Order.objects.filter(status="on_hold", holds__kind="payment", holds__status="open", channel__is_history=False)
        .annotate(held_at=Min("holds__opened_at", filter=Q(holds__kind="payment", holds__status="open")))
        .annotate(hours=F("channel__payment_hours"), extended_until=F("keeping__extended_until"))
    )
    mine = reach.within(user)
    found = found if mine is None else found.filter(mine)
    panel = Panel(
        "unpaid",
        _("Not paid yet, and running out of time"),
        items=[_unpaid(order) for order in behind.first(found.order_by("held_at"), SHOWN)],
        all_url=behind.UNPAID.href,
        all_label=_("All that wait for a payment"),
        nothing=Nothing(
            _("Every order is paid or promised"),
            _("An order that is not paid in its channel’s time is cancelled by itself; before that it shows here."),
        ),
    )
    figure = counted(
        _("Not paid yet"), behind.UNPAID.count(user), behind.UNPAID.href, _("lapse by themselves"), tone="amber"
    )
    return Part([figure], [panel])


def _unpaid(order: Any) -> Row:
    until: datetime | None = order.held_at + timedelta(hours=order.hours) if order.hours else None
    if until and order.extended_until:
        until = max(until, order.extended_until)
    return Row(
        reference=order.number,
        url=_order_url(order.number),
        what=_("Not paid"),
        tone="amber",
        who=order.customer_name or order.email,
        since=order.held_at,
        due=until,
        amount=display(order.total, order.currency),
        next=_("Send a payment link"),
        next_url=f"{_order_url(order.number)}#money",
    )


def late(user: Any) -> Part:
    """Orders past their promise whose customers deserve a call."""
    found = behind.LATE.rows(user).select_related("customer").order_by("promise_latest", "id")
    panel = Panel(
        "late",
        _("Late: call before they do"),
        items=[_late(order) for order in behind.first(found, SHOWN)],
        all_url=behind.LATE.href,
        all_label=_("All late orders"),
        nothing=Nothing(
            _("No promise is broken"), _("An order whose promised day has passed before all of it left shows here.")
        ),
    )
    figure = counted(_("Late"), behind.LATE.count(user), behind.LATE.href, _("promised before today"))
    return Part([figure], [panel])


def _late(order: Any) -> Row:
    days = (company_day() - order.promise_latest).days
    phone = order.customer.phone if order.customer else ""
    return Row(
        reference=order.number,
        url=_order_url(order.number),
        what=ngettext("%(n)d day late", "%(n)d days late", days) % {"n": days},
        tone="red",
        who=" · ".join(part for part in (order.customer_name or order.email, telephone(phone)) if part),
        amount=display(order.total, order.currency),
        next=_("Call") if phone else _("Write"),
        next_url=_order_url(order.number),
    )


def backordered(user: Any) -> Part:
    """Orders for which no stock was found."""
    number = behind.BACKORDERED.count(user)
    return Part([counted(_("Without stock"), number, behind.BACKORDERED.href, _("backordered"), tone="amber")])


def unroutable(user: Any) -> Part:
    """Orders that no plan could be made for, the oldest first."""
    found = behind.BACKORDERED.rows(user).order_by("placed_at", "id")
    rows = [
        Row(
            reference=order.number, url=_order_url(order.number), what=_("No place has it"), tone="amber",
            who=order.customer_name or order.email, since=order.placed_at, amount=display(order.total, order.currency),
            next=_("See why"), next_url=f"{_order_url(order.number)}#why",
        )
        for order in behind.first(found, SHOWN)
    ]  # fmt: skip
    panel = Panel(
        "unroutable",
        _("Orders that cannot be routed"),
        items=rows,
        all_url=behind.BACKORDERED.href,
        all_label=_("All without stock"),
        nothing=Nothing(
            _("Every order found its place"), _("An order shows here when no place may send it or has the goods.")
        ),
    )
    waiting = behind.UNROUTED.count(user)
    figures = [
        counted(
            _("Without stock"), behind.BACKORDERED.count(user), behind.BACKORDERED.href, _("backordered"), tone="amber"
        ),
        Figure(_("Waiting for routing"), str(waiting), behind.UNROUTED.href, _("routed by themselves")),
    ]
    return Part(figures, [panel])


def newest(user: Any) -> Part:
    """The orders that came in last."""
    found = listed(Filters(), reach.within(user)).prefetch_related(None).order_by("-placed_at", "-id")
    offer = allows(user, "orders.place")
    panel = Panel(
        "newest",
        _("Newest orders"),
        kind="orders",
        items=[row(order) for order in behind.first(found, NEWEST)],
        all_url=reverse("orders"),
        all_label=_("All orders"),
        nothing=Nothing(
            _("No order yet"),
            _("Orders from every channel arrive here: shop, telephone, marketplace and API."),
            icon="inbox",
            action=_("Take the first order") if offer else "",
            url=reverse("new-order") if offer else "",
        ),
        wide=True,
    )
    return Part(panels=[panel])
