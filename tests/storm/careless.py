"""The hurried workers without one protection: whoever asks the provider again does so under a new key."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import django

django.setup()

from core.ids import new_id  # noqa: E402 - models need Django first
from payments.providers.base import Ask  # noqa: E402
from payments.services import authorisations, transactions  # noqa: E402
from tests.storm.hurried import app  # noqa: E402

honest = transactions.ask_of


def with_a_new_key(row: Any) -> Ask:
    """What the provider takes for another request."""
    return replace(honest(row), key=str(new_id()))


def a_new_key(payment_id: UUID, token: str, attempt: int = 1) -> str:
    """The same for authorisations."""
    return str(new_id())


transactions.ask_of = with_a_new_key
authorisations.key_of = a_new_key

__all__ = ["app"]
