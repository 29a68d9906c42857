"""Customers: found again or made, a set at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.bulk import Table
from core.db import require_atomic, rows
from core.ids import new_id


class Buyer(Protocol):
    """Who an order names."""

    @property
    def email(self) -> str: ...
    @property
    def external_id(self) -> str: ...
    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def language(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class _New:
    id: UUID
    email: str
    external_id: str
    first_name: str
    last_name: str
    phone: str
    language: str
    country: str
    created_at: object


TABLE = Table(
    "customers_customer",
    {
        "id": "uuid",
        "email": "text",
        "external_id": "text",
        "first_name": "text",
        "last_name": "text",
        "phone": "text",
        "language": "text",
        "country": "text",
        "created_at": "timestamptz",
    },
)
WANTED = """
(lower(c.email) = ANY(%(emails)s::text[]) AND c.email <> '')
    OR (c.external_id = ANY(%(external_ids)s::text[]) AND c.external_id <> '')
"""
FIND_OR_MAKE = f"""
WITH known AS MATERIALIZED (
    SELECT c.id, lower(c.email) AS email, c.external_id FROM customers_customer c WHERE {WANTED}),
made AS (
    INSERT INTO customers_customer ({", ".join(TABLE.columns)})
    SELECT r.* FROM {TABLE.unfolded()}
    WHERE NOT EXISTS (
        SELECT FROM known k
        WHERE (r.email <> '' AND k.email = lower(r.email)) OR (r.external_id <> '' AND k.external_id = r.external_id))
    ON CONFLICT DO NOTHING RETURNING id, lower(email) AS email, external_id)
TABLE known UNION ALL TABLE made
"""  # noqa: S608 - all parts are constants


def known_or_new(buyers: Sequence[Buyer | None], since: Sequence[datetime]) -> list[UUID | None]:
    """The customer of each buyer: by e-mail, else by external id, else a new one. None buys anonymously.

    `since` is when each buys: a new customer is one since their first order. What is on file is kept: an order does not
    rewrite a customer.
    """
    require_atomic()
    named: dict[tuple[str, str], tuple[Buyer, datetime]] = {}
    for b, at in zip(buyers, since, strict=True):
        if b is not None and (b.email or b.external_id):
            named[_key(b)] = (b, min(at, named[_key(b)][1]) if _key(b) in named else at)
    if not named:
        return [None] * len(buyers)
    # In key order, as everybody does: who makes the same new customers waits, and never in a circle.
    wanted = [named[key] for key in sorted(named)]
    known = _find_or_make(wanted)
    if any(_match(b, known) is None for b, _at in wanted):
        known |= _find_or_make(wanted)  # made by somebody else since our statement began
    return [_match(b, known) if b is not None else None for b in buyers]


Known = dict[tuple[str, str], UUID]


def _find_or_make(buyers: Sequence[tuple[Buyer, datetime]]) -> Known:
    made = [
        _New(new_id(), b.email, b.external_id, b.first_name, b.last_name, b.phone, b.language or "en", "", at)
        for b, at in buyers
    ]
    wanted = {
        "emails": [b.email.lower() for b, _at in buyers if b.email],
        "external_ids": [b.external_id for b, _at in buyers if b.external_id],
    }
    found = rows(FIND_OR_MAKE, wanted | TABLE.params(made))
    by_email = {("email", row.email): row.id for row in found if row.email}
    return by_email | {("external_id", row.external_id): row.id for row in found if row.external_id}


def _key(buyer: Buyer) -> tuple[str, str]:
    return ("email", buyer.email.lower()) if buyer.email else ("external_id", buyer.external_id)


def _match(buyer: Buyer, known: Known) -> UUID | None:
    return known.get(_key(buyer)) or known.get(("external_id", buyer.external_id))
