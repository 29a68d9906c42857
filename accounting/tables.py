"""The journal as a list. Each entry is drawn with its lines, so there are no columns to choose; a file has one row an entry.

What it is searched for is said above (backoffice/tables.py), which knows the numbers of orders.
"""

from decimal import Decimal

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounting.models import JournalEntry, JournalLine
from accounting.roles import Happening
from accounting.selectors import entries
from core.lists import Column, ListSpec, Period, Reference, Several, Sort, Tab, Text, registry


def address(entry: JournalEntry) -> str:
    """The page of an entry."""
    return reverse("journal-entry", args=[entry.pk])


def _of_account(code: str) -> Q:
    return Q(id__in=JournalLine.objects.filter(account__code=code).values("entry_id"))


def _debit(entry: JournalEntry) -> Decimal:
    return sum((line.debit for line in entry.lines.all()), Decimal(0))


def _accounts(entry: JournalEntry) -> str:
    return " ".join(dict.fromkeys(line.account.code for line in entry.lines.all()))


JOURNAL = registry.register(
    ListSpec(
        name="journal",
        model=JournalEntry,
        title=_("Ledger"),
        subtitle=_("Every fact that costs or earns, booked once, never changed"),
        none_fits=_("No entry is like this"),
        nothing_yet=_("Entries write themselves when goods leave, money comes in, or stock arrives."),
        template="accounting/journal.html",
        permission="ledger.view",
        base=lambda user: entries(),
        columns=(
            Column(name="date", label=_("Date"), value=lambda e: e.date, sort="date", first="-", fixed=True),
            Column(name="event", label=_("Event"), value=lambda e: e.get_event_display()),
            Column(name="label", label=_("Label"), value=lambda e: e.label),
            Column(name="amount", label=_("Amount (EUR)"), value=_debit, numeric=True),
            Column(name="accounts", label=_("Accounts"), value=_accounts),
            Column(name="posted", label=_("Posted at"), value=lambda e: e.posted_at),
            Column(name="posted_by", label=_("Posted by"), value=lambda e: e.posted_by),
            Column(name="id", label=_("Entry"), value=lambda e: str(e.pk)),
        ),
        filters=(
            Several(name="event", label=_("Event"), choices=Happening.choices),
            Period(name="day", since="start", until="end", label=_("Date"), field="date", timed=False),
            Text(name="account", label=_("Account"), effect=_of_account),
            Reference(name="about", label=_("One order"), field="about"),
        ),
        tabs=(
            Tab(name="all", label=pgettext_lazy("feminine", "All"), counted=False),
            Tab(name="today", label=_("Today"), query="day=today"),
            Tab(name="month", label=_("This month"), query="day=this-month", counted=False),
        ),
        sort="-date",
        sorts=(Sort(label=_("Newest first"), by="-date"), Sort(label=_("Oldest first"), by="date")),
        link=address,
        own_rows=True,
        size=25,
        route="ledger",
        icon="book-open",
    )
)
