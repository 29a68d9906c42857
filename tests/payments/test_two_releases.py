"""Two releases of one authorisation meet, as when an order is cancelled while its authorisation is on the way."""

from decimal import Decimal

import pytest

from core.ids import new_id
from payments.providers.base import Ask, Authorised, Done, Intent, Snapshot
from payments.providers.stripe import Stripe


def test_a_release_that_another_one_has_just_made_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    stripe, payment_id = Stripe(), new_id()
    promised = stripe.authorise(
        Intent(payment_id, 1, str(new_id()), Decimal("5.00"), "EUR", "tok_visa", "W-1", "http://shop.example/", "en")
    )
    assert isinstance(promised, Authorised)
    seen = stripe.lookup(promised.reference)
    first, second = (
        Ask(new_id(), payment_id, str(new_id()), promised.reference, Decimal("5.00"), "EUR", True) for _ in range(2)
    )
    assert isinstance(stripe.void(first), Done)

    looks = iter([seen])  # the second one had looked before the first was through
    real = Stripe.lookup
    monkeypatch.setattr(Stripe, "lookup", lambda self, reference: next(looks, None) or real(self, reference))
    assert isinstance(stripe.void(second), Done)
    assert isinstance(seen, Snapshot) and seen.status == "authorised"
