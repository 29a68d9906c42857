"""Which provider moves the money of which tender, and how many of them are asked at once."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import transaction

from payments.models import Payment
from payments.providers.base import Provider
from payments.providers.guard import Guarded, observers
from payments.providers.manual import Manual
from payments.providers.stripe import Stripe

A = TypeVar("A")
B = TypeVar("B")
AT_ONCE = 8
BUDGET = 40.0
"""Seconds within which calls are begun. With the last call's time-out a set stays below the lease of its deliveries."""

__all__ = ["BY_TENDER", "STRIPE", "ask_each", "observers", "online_tenders", "provider_of"]

STRIPE = Guarded(Stripe())
BY_TENDER: dict[str, Provider] = {
    Payment.Tender.CARD: STRIPE,
    Payment.Tender.BANK_TRANSFER: Manual("bank"),
    Payment.Tender.ON_ACCOUNT: Manual("on_account"),
}


def provider_of(tender: str) -> Provider:
    """The provider of a tender."""
    return BY_TENDER[tender]


def online_tenders() -> list[str]:
    """Tenders whose provider is asked over the network."""
    return [tender for tender, provider in BY_TENDER.items() if provider.online]


def ask_each(ask: Callable[[A], B], items: Sequence[A], *, late: Callable[[A], B]) -> list[B]:
    """Call providers for several items at once, in order of the items; refused while a transaction is open.

    What could not be begun in time is not asked, and gets the answer of `late`.
    """
    # A durable block cannot be entered while a transaction is open: no lock may wait for a network.
    with transaction.atomic(durable=True):
        pass
    end = time.monotonic() + BUDGET

    def ask_in_time(item: A) -> B:
        return ask(item) if time.monotonic() < end else late(item)

    if len(items) < 2:
        return [ask_in_time(item) for item in items]
    with ThreadPoolExecutor(min(AT_ONCE, len(items)), thread_name_prefix="provider") as pool:
        return list(pool.map(ask_in_time, items))
