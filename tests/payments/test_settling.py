"""What is open at the provider is asked about again, each for itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError

from core.actors import SYSTEM
from payments import services
from payments.models import Payment
from payments.services import authorisations, settlement
from tests.factories.payments import make_order
from tests.payments.money import assert_books_agree, statuses


def test_what_cannot_be_settled_holds_up_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [make_order(("tok_visa", "20.00")) for _ in range(3)]
    Payment.objects.update(status="unknown")
    broken = Payment.objects.get(order=orders[1]).pk

    def authorise(ids: Sequence[UUID], **kwargs: Any) -> list[UUID]:
        if broken in ids:
            raise IntegrityError("a fault of ours")
        return authorisations.authorise(ids, **kwargs)

    monkeypatch.setattr(settlement, "authorise", authorise)
    assert services.settle_unknown(actor=SYSTEM) == 2
    assert [statuses(order) for order in orders] == [["authorised"], ["unknown"], ["authorised"]]
    monkeypatch.undo()
    assert services.settle_unknown(actor=SYSTEM) == 1
    assert_books_agree()
