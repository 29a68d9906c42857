"""Of money: what a provider still owes an answer about, what failed, and whether today's journal stands."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.home import behind
from backoffice.home.parts import Figure, Nothing, Panel, Part, Row, counted
from core.cache import FIGURES, kept
from core.days import company_day
from core.db import rows
from core.lists import registry
from core.money import display
from core.templatetags.ui import count
from core.wording import PAYMENT
from payments.models import Transaction

SHOWN = 6
JOURNAL = """
SELECT count(DISTINCT e.id)::int AS entries, coalesce(sum(l.debit), 0) AS debit, coalesce(sum(l.credit), 0) AS credit
FROM accounting_journalentry e JOIN accounting_journalline l ON l.entry_id = e.id WHERE e.date = %(day)s
"""
UNSETTLED = ("pending", "unknown")
MOST_COUNTED = 2_000


def payments(user: Any) -> Part:
    """Payments that failed or that nobody knows about, the oldest first, and money on its way."""
    mine = registry.get("payments").base(user)
    found = (
        mine.filter(order__holds__kind="payment", order__holds__status="open")
        .filter(status__in=("failed", "unknown"))
        .select_related("order")
        .order_by("created_at")
    )
    panel = Panel(
        "payments",
        _("Payments in trouble"),
        items=[_payment(payment) for payment in behind.first(found, SHOWN)],
        all_url=behind.PAYMENT_FAILED.href,
        all_label=_("All that failed"),
        nothing=Nothing(
            _("No payment is in trouble"),
            _("A payment that a provider refused, or gave no answer about, shows here with its order."),
        ),
        wide=True,
    )
    failed, unknown = behind.PAYMENT_FAILED, behind.PAYMENT_UNKNOWN
    moves = Transaction.objects.filter(payment__in=mine, status__in=UNSETTLED)
    moving = Counter(moves.values_list("kind", flat=True)[:MOST_COUNTED])
    figures = [
        counted(_("Payments failed"), failed.count(user), failed.href, _("refused by the provider")),
        counted(
            _("Payments unknown"), unknown.count(user), unknown.href, _("asked about again by themselves"), tone="amber"
        ),
        Figure(_("Captures on their way"), count(moving["capture"]), note=_("asked of the provider")),
        Figure(_("Refunds on their way"), count(moving["refund"]), note=_("asked of the provider")),
    ]
    return Part(figures, [panel, _refunds(moves)])


def _payment(payment: Any) -> Row:
    url = f"{reverse('order', args=[payment.order.number])}#money"
    return Row(
        reference=payment.order.number,
        url=url,
        what=str(PAYMENT[payment.status].text),
        tone=PAYMENT[payment.status].tone,
        who=payment.order.customer_name or payment.order.email,
        owner="",
        since=payment.created_at,
        amount=display(payment.amount, payment.currency),
        next=_("Send a payment link") if payment.status == "failed" else _("Look at it"),
        next_url=url,
    )


def _refunds(moves: QuerySet[Transaction]) -> Panel:
    found = moves.filter(kind="refund").select_related("payment__order")
    items = [
        Row(
            reference=each.payment.order.number, url=f"{reverse('order', args=[each.payment.order.number])}#money",
            what=_("Refund not confirmed"), tone="amber", who=each.payment.order.customer_name, since=each.created_at,
            amount=display(each.amount, each.payment.currency), next=_("Look at it"),
            next_url=f"{reverse('order', args=[each.payment.order.number])}#money",
        )
        for each in behind.first(found.order_by("created_at"), SHOWN)
    ]  # fmt: skip
    return Panel(
        "refunds",
        _("Refunds that wait"),
        items=items,
        nothing=Nothing(_("No refund waits"), _("A refund that the provider has not confirmed yet shows here.")),
    )


def journal(user: Any) -> Part:
    """The journal of the company's day: how many entries, and whether debit equals credit."""
    day = company_day(timezone.now())
    entries, debit, credit = kept("journal", lambda: tuple(rows(JOURNAL, {"day": day})[0]), day, seconds=FIGURES)
    even = debit == credit
    note = _("balanced at %(sum)s") if even else _("debit and credit differ: %(sum)s")
    total = display(debit if even else debit - credit, settings.FUNCTIONAL_CURRENCY)
    href = behind.Behind("journal", f"start={day.isoformat()}&end={day.isoformat()}").href
    figure = Figure(
        _("Journal entries today"), count(entries), href, note % {"sum": total}, tone="green" if even else "red"
    )
    return Part([figure])
