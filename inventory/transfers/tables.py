"""The list of transfers."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.lists import FORTHCOMING, Choice, Column, Flag, ListSpec, Period, Several, Sort, Tab, registry
from core.permissions import locations_of
from core.templatetags.ui import state, when
from core.wording import TRANSFER
from inventory.models import Transfer, TransferLine
from inventory.selectors import place_codes
from inventory.transfers.selectors import MOVE, visible, with_sums
from inventory.transfers.states import UNDER_WAY


def address(transfer: Transfer) -> str:
    """The page of a transfer."""
    return reverse("transfer", args=[transfer.number])


def _number(transfer: Transfer) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(transfer), transfer.number)


def _came(transfer: Any) -> str:
    return f"{transfer.received + transfer.damaged} / {transfer.sent or transfer.asked}"


def _search(found: QuerySet[Transfer], text: str) -> QuerySet[Transfer]:
    line = TransferLine.objects.filter(transfer=OuterRef("pk"), variant__sku__iexact=text)
    return found.filter(Q(number__iexact=text) | Exists(line))


TRANSFERS = registry.register(
    ListSpec(
        name="transfers",
        model=Transfer,
        title=_("Transfers"),
        subtitle=_("What goes from one of our places to another, and what of it has not arrived"),
        subtitle_limited=_("What leaves your places or is on its way to them"),
        nothing_yet=_("What one place sends to another stands here."),
        template="inventory/transfers.html",
        permission=MOVE,
        base=lambda user: with_sums(visible(user)),
        limited=lambda user: locations_of(user, MOVE) is not None,
        columns=(
            Column(name="number", label=_("Transfer"), value=lambda t: t.number, cell=_number, fixed=True),
            Column(
                name="state", label=_("State"), value=lambda t: str(TRANSFER[t.status].text),
                cell=lambda t: state(t.status, "transfer"), phone="end",
            ),
            Column(name="origin", label=_("From"), value=lambda t: t.origin.name, phone="named"),
            Column(name="target", label=_("To"), value=lambda t: t.target.name, phone="named"),
            Column(name="came", label=_("Received"), value=_came, numeric=True, phone="named"),
            Column(name="moving", label=pgettext_lazy("transfer", "In transit"), value=lambda t: t.moving, numeric=True, phone="hide"),
            Column(
                name="due", label=pgettext_lazy("goods", "Expected"), value=lambda t: t.due_on,
                cell=lambda t: when(t.due_on), phone="named",
            ),
            Column(
                name="made", label=_("Made"), value=lambda t: t.created_at, cell=lambda t: when(t.created_at),
                sort="created_at", first="-", phone="hide", css="muted whitespace-nowrap",
            ),
        ),
        filters=(
            Several(name="status", label=_("State"), choices=[(name, word.text) for name, word in TRANSFER.items()]),
            Flag(
                name="late", label=_("Late"),
                effect=lambda _yes: Q(status__in=UNDER_WAY, due_on__lt=timezone.localdate()),
            ),
            Choice(name="origin", label=_("From"), choices=place_codes, field="origin__code"),
            Choice(name="target", label=_("To"), choices=place_codes, field="target__code"),
            Period(
                name="due", label=pgettext_lazy("goods", "Expected"), field="due_on", timed=False, named=FORTHCOMING,
                also=Q(status__in=UNDER_WAY),
            ),
        ),
        tabs=(
            Tab(name="all", label=_("All")),
            Tab(name="drafts", label=_("To send"), query="status=draft", small=True),
            Tab(name="moving", label=_("Under way"), query="status=in_transit&status=partly_received", small=True),
            Tab(name="late", label=_("Late"), query="late=1", small=True),
        ),
        sort="-made",
        sorts=(Sort(label=_("Newest first"), by="-made"), Sort(label=_("Oldest first"), by="made")),
        search=_search,
        search_hint=_("Number or SKU"),
        link=address,
        route="transfers",
        icon="arrow-left-right",
    )
)  # fmt: skip
