"""The list of payments."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.lists import Choice, Column, ListSpec, Period, Several, Sort, Tab
from core.templatetags.ui import money, state, tender_word, when
from core.wording import PAYMENT, TENDERS
from payments.models import Payment


def address(payment: Payment) -> str:
    """The order's page, where its payments stand."""
    return reverse("order", args=[payment.order.number]) + "#money"


def _order(payment: Payment) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(payment), payment.order.number)


def _amount(name: str) -> "Column":
    labels = {"amount": _("Amount"), "captured": _("Captured"), "refunded": _("Refunded")}
    return Column(
        name=name,
        label=labels[name],
        value=lambda p: getattr(p, name),
        cell=lambda p: money(getattr(p, name), p.currency) if getattr(p, name) or name == "amount" else "",
        numeric=True,
        phone="" if name == "amount" else "hide",
    )


def _search(found: QuerySet[Payment], text: str) -> QuerySet[Payment]:
    """By the number of the order, or the provider's reference."""
    by_order = found.filter(order__number=text.upper())
    return by_order if by_order.exists() else found.filter(provider_reference=text).exclude(provider_reference="")


PAYMENTS = ListSpec(
    name="payments",
    model=Payment,
    title=_("Payments"),
    subtitle=_("How orders are paid, and what of it needs somebody"),
    nothing_yet=_("Each order brings its payments with it; they stand here from the moment it is placed."),
    permission="payments.view",
    base=lambda user: Payment.objects.select_related("order"),
    columns=(
        Column(name="order", label=_("Order"), value=lambda p: p.order.number, cell=_order, fixed=True),
        Column(
            name="at",
            label=_("At"),
            value=lambda p: p.created_at,
            cell=lambda p: when(p.created_at),
            sort="created_at",
            first="-",
            phone="end",
            css="muted whitespace-nowrap",
        ),
        Column(name="customer", label=_("Customer"), value=lambda p: p.order.customer_name or p.order.email),
        Column(name="tender", label=_("Paid by"), value=lambda p: tender_word(p.tender), phone="end"),
        Column(
            name="state",
            label=_("State"),
            value=lambda p: str(PAYMENT[p.status].text) if p.status in PAYMENT else p.status,
            cell=lambda p: state(p.status, "payment"),
        ),
        _amount("amount"),
        _amount("captured"),
        _amount("refunded"),
        Column(name="currency", label=_("Currency"), value=lambda p: p.currency, phone="hide", shown=False),
        Column(
            name="note",
            label=_("Note"),
            value=lambda p: p.error,
            cell=lambda p: format_html('<span class="tone-red">{}</span>', p.error[:120]) if p.error else "",
            heading=False,
            phone="full",
            css="text-[0.88rem]",
        ),
        Column(name="reference", label=_("Reference"), value=lambda p: p.provider_reference, phone="hide", shown=False),
    ),
    filters=(
        Several(
            name="status",
            label=_("State"),
            choices=[(status, PAYMENT[status].text) for status in PAYMENT if status not in ("succeeded", "open")],
        ),
        Choice(name="tender", label=_("Paid by"), choices=[(t, TENDERS[t]) for t in Payment.Tender.values]),
        Period(name="day", since="since", until="until", label=_("Asked"), field="created_at"),
    ),
    tabs=(
        Tab(name="all", label=_("All")),
        Tab(name="customer", label=_("Waiting for the customer"), query="status=requires_action", small=True),
        Tab(name="unknown", label=_("Being checked"), query="status=unknown", small=True),
        Tab(name="failed", label=_("Failed"), query="status=failed", small=True),
    ),
    sort="-at",
    sorts=(Sort(label=_("Newest first"), by="-at"), Sort(label=_("Oldest first"), by="at")),
    search=_search,
    search_hint=_("Order number or reference"),
    link=address,
    route="payments",
    icon="wallet",
)
