"""Reads of the ledger: trial balance, journal, statements, open balances and totals. All sums are made by Postgres."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from accounting.models import Account, JournalEntry, JournalLine
from accounting.roles import Role
from core.db import rows
from core.money import exponent, quantise

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class TrialRow:
    """An account's turnover up to a day, in euros; `balance` is debit minus credit."""

    account_id: UUID
    code: str
    name: str
    kind: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account that was ever used, with the totals, which are equal."""

    at: date | None
    rows: list[TrialRow]
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands open with a party: `amount` in the transaction's currency, `euros` in the functional one."""

    party: str
    role: str
    currency: str
    amount: Decimal
    euros: Decimal


@dataclass(frozen=True, slots=True)
class RoleTotal:
    """A role's turnover in a period: signed, debit positive."""

    role: str
    currency: str
    amount: Decimal
    euros: Decimal
    quantity: int


def trial_balance(at: date | None = None) -> TrialBalance:
    """Debit, credit and balance of each account up to and with the day (all of the journal when None)."""
    found = [
        TrialRow(*row)
        for row in rows(
            """
            SELECT a.id, a.code, a.name, a.kind,
                   sum(l.debit) AS debit, sum(l.credit) AS credit, sum(l.debit - l.credit) AS balance
            FROM accounting_journalline l
            JOIN accounting_journalentry e ON e.id = l.entry_id
            JOIN accounting_account a ON a.id = l.account_id
            WHERE %(at)s::date IS NULL OR e.date <= %(at)s::date
            GROUP BY a.id ORDER BY a.code
            """,
            {"at": at},
        )
    ]
    return TrialBalance(at, found, sum((r.debit for r in found), ZERO), sum((r.credit for r in found), ZERO))


def entries(
    start: date | None = None,
    end: date | None = None,
    *,
    event: str = "",
    account: str = "",
    about: UUID | None = None,
    text: str = "",
) -> QuerySet[JournalEntry]:
    """The journal between two days (both included) with each entry's lines and accounts: two statements.

    Meant for `KeysetList(entries(...), order="date")` or `"-date"`. `account` is a code; `text` is looked for in
    the labels of what is about nothing else, and is a party when it has a colon.
    """
    found = JournalEntry.objects.prefetch_related(Prefetch("lines", _lines()))
    if start:
        found = found.filter(date__gte=start)
    if end:
        found = found.filter(date__lte=end)
    if event:
        found = found.filter(event=event)
    if about:
        found = found.filter(about=about)
    if account:
        found = found.filter(id__in=JournalLine.objects.filter(account__code=account).values("entry_id"))
    if text:
        found = found.filter(mentions(text))
    return found.order_by("date", "id")


def entry(entry_id: UUID) -> JournalEntry | None:
    """One entry with its lines and accounts."""
    return JournalEntry.objects.prefetch_related(Prefetch("lines", _lines())).filter(id=entry_id).first()


def statement(account: Account, start: date | None = None, end: date | None = None) -> QuerySet[JournalLine]:
    """An account's lines with their entries, newest first."""
    found = JournalLine.objects.filter(account=account).select_related("entry")
    if start:
        found = found.filter(entry__date__gte=start)
    if end:
        found = found.filter(entry__date__lte=end)
    return found.order_by("-entry__date", "-entry_id", "position")


def open_balances(role: Role, parties: Sequence[str] | None = None) -> list[Balance]:
    """Parties of a sub-ledger whose balance is not zero, by party; all of them or those named."""
    return [
        Balance(row.party, row.role, row.currency, _paid_in(row.amount, row.currency), row.euros)
        for row in rows(
            """
            SELECT party, role, currency, sum(amount) AS amount, sum(debit - credit) AS euros
            FROM accounting_journalline
            WHERE role = %(role)s AND party <> '' AND (%(all)s OR party = ANY(%(parties)s::text[]))
            GROUP BY party, role, currency
            HAVING sum(amount) <> 0 OR sum(debit - credit) <> 0
            ORDER BY party, currency
            """,
            {"role": str(role), "all": parties is None, "parties": list(parties or [])},
        )
    ]


def party_balances(party: str) -> list[Balance]:
    """Every role's balance with one party, zero ones too: what an order's page shows of its money."""
    return [
        Balance(party, row.role, row.currency, _paid_in(row.amount, row.currency), row.euros)
        for row in rows(
            """
            SELECT role, currency, sum(amount) AS amount, sum(debit - credit) AS euros
            FROM accounting_journalline WHERE party = %s AND party <> '' GROUP BY role, currency ORDER BY role
            """,
            [party],
        )
    ]


def role_totals(start: date | None = None, end: date | None = None, location_id: UUID | None = None) -> list[RoleTotal]:
    """Turnover of every role in a period, per currency, with the units it stands for; of one location if named."""
    return [
        RoleTotal(row.role, row.currency, _paid_in(row.amount, row.currency), row.euros, row.quantity)
        for row in rows(
            """
            SELECT l.role, l.currency, sum(l.amount) AS amount, sum(l.debit - l.credit) AS euros,
                   sum(l.quantity)::bigint AS quantity
            FROM accounting_journalline l JOIN accounting_journalentry e ON e.id = l.entry_id
            WHERE (%(start)s::date IS NULL OR e.date >= %(start)s) AND (%(end)s::date IS NULL OR e.date <= %(end)s)
              AND (%(location)s::uuid IS NULL OR l.location_id = %(location)s)
            GROUP BY l.role, l.currency ORDER BY l.role, l.currency
            """,
            {"start": start, "end": end, "location": location_id},
        )
    ]


def as_document(found: JournalEntry) -> dict[str, Any]:
    """An entry as the API and exports show it."""
    return {
        "id": str(found.id),
        "date": found.date.isoformat(),
        "event": found.event,
        "source": str(found.source),
        "label": found.label,
        "lines": [
            {
                "account": line.account.code,
                "role": line.role,
                "party": line.party,
                "debit": str(line.debit),
                "credit": str(line.credit),
                "currency": line.currency,
                "amount": str(_paid_in(line.amount, line.currency)),
                "quantity": line.quantity,
            }
            for line in found.lines.all()
        ],
    }


def _lines() -> QuerySet[JournalLine]:
    return JournalLine.objects.select_related("account").order_by("entry_id", "position")


def mentions(text: str, about: Collection[UUID] = ()) -> Q:
    """Entries about these, and of those that are about nothing the ones with the text in their label; with a colon in
    the text, those of that party."""
    if ":" in text:
        return Q(id__in=JournalLine.objects.filter(party=text).values("entry_id"))
    return Q(label__icontains=text, about=None) | Q(about__in=about)


def _paid_in(amount: Decimal, currency: str) -> Decimal:
    """The stored amount without the third decimal that few currencies have."""
    return amount if exponent(currency) == 3 else quantise(amount, currency)
