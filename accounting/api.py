"""The ledger's calls: the journal and the trial balance, in the functional currency."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from accounting import selectors
from core.calls import Calls, PageQuery, Strict, StrictQuery, page
from core.lists import KeysetList

calls = Calls(tags=["ledger"])


class JournalQuery(PageQuery):
    """A part of the journal."""

    start: date | None = Field(None, alias="from", description="first day")
    end: date | None = Field(None, alias="to", description="last day, included")
    event: str = Field("", max_length=40)
    account: str = Field("", max_length=20, description="an account's code")


class JournalLineOut(Strict):
    """A debit or a credit in EUR; `amount` is signed, in the currency of the transaction."""

    account: str
    role: str
    party: str
    debit: str
    credit: str
    currency: str
    amount: str
    quantity: int


class JournalEntryOut(Strict):
    """One business event in the books."""

    id: str
    date: str
    event: str
    source: str
    label: str
    lines: list[JournalLineOut]


class JournalOut(Strict):
    """A page of the journal."""

    entries: list[JournalEntryOut]
    next: str | None


@calls.reads("/ledger/journal", scope="ledger.view", gives=JournalOut)
def read_journal(request: HttpRequest, query: Query[JournalQuery]) -> dict[str, Any]:
    """Entries between two days, the oldest first."""
    found = selectors.entries(query.start, query.end, event=query.event, account=query.account)
    part = KeysetList(found, order="date").page(query.cursor, query.limit)
    listed = page((selectors.as_document(entry) for entry in part.items), part.next)
    return {"entries": listed["items"], "next": listed["next"]}


class TrialBalanceQuery(StrictQuery):
    """The day up to which is summed; all of the journal when left out."""

    at: date | None = None


class TrialRowOut(Strict):
    """An account's turnover; `balance` is debit minus credit."""

    account: str
    name: str
    kind: str
    debit: str
    credit: str
    balance: str


class TrialBalanceOut(Strict):
    """Every account that was ever used; both totals are equal."""

    at: str | None
    accounts: list[TrialRowOut]
    debit: str
    credit: str


@calls.reads("/ledger/trial-balance", scope="ledger.view", gives=TrialBalanceOut)
def read_trial_balance(request: HttpRequest, query: Query[TrialBalanceQuery]) -> dict[str, Any]:
    """Debits, credits and balance of each account up to a day."""
    found = selectors.trial_balance(query.at)
    return {
        "at": query.at and query.at.isoformat(),
        "accounts": [
            {
                "account": row.code,
                "name": row.name,
                "kind": row.kind,
                "debit": str(row.debit),
                "credit": str(row.credit),
                "balance": str(row.balance),
            }
            for row in found.rows
        ],
        "debit": str(found.debit),
        "credit": str(found.credit),
    }
