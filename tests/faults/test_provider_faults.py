"""The payment provider is slow, dead, or answers twice: money moves once, and the order goes its way.

Beside each drill stands its twin, without the protection, which shows the damage in the bank's own ledger.
"""

from typing import Any
from uuid import uuid4

import pytest

from core import outbox
from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Delivery
from core.outbox import drain
from fulfillment.deadlines import cancel_unpaid
from payments import handlers, services
from payments.models import Payment, Transaction
from payments.providers import STRIPE, guard
from payments.services import authorisations, transactions
from tests.factories.provider import ProviderProcess
from tests.faults import money
from tests.faults.money import (
    assert_all_is_well,
    bring_back,
    calm,
    later,
    ordered,
    send,
    status_of,
    work_all,
    work_of,
)

FAULTS = ("delay", "429", "500", "500_after", "cut", "cut_after", "timeout", "timeout_after")


OPERATIONS = ("create", "capture", "refund")
SILENT = {"on": "webhook", "fault": "never"}
"""The bank does not tell by itself what it has done: the shop has to ask."""


def struck(operation: str, fault: str) -> dict[str, Any]:
    """The first such call goes wrong."""
    seconds = 0.1 if fault == "delay" else money.TIMEOUT * 1.5
    return {"on": operation, "fault": fault, "times": 1, "seconds": seconds}


def lives(bank: ProviderProcess, *rules: dict[str, Any], parcels: int = 2) -> Payment:
    """The life of an order of four units in two parcels, of which one unit comes back."""
    order, payment = ordered(4)
    bank.faults(*rules)
    work_all()
    for work in work_of(order)[:parcels]:
        send(work)
        work_all()
    bring_back(order)
    work_all()
    calm(bank)
    return payment


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_is_lost_money_moves_once(bank: ProviderProcess, fault: str) -> None:
    payment = lives(bank, *(struck(operation, fault) for operation in OPERATIONS), SILENT)
    kinds = [kind for kind, _ in bank.ledger(payment.id)]
    assert kinds == ["authorised", "captured", "captured", "refunded"]
    payment.refresh_from_db()
    assert (payment.status, payment.captured) == ("captured", payment.amount)
    assert sum(amount for kind, amount in bank.ledger(payment.id) if kind == "captured") == payment.amount * 100
    assert_all_is_well()


def _new_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call under a key of its own, as if nothing had been asked before."""
    monkeypatch.setattr(authorisations, "key_of", lambda *named: f"random:{uuid4()}")
    ask_of = transactions.ask_of

    def forgetful(row: Any) -> Any:
        ask = ask_of(row)
        return type(ask)(**{name: getattr(ask, name) for name in ask.__slots__} | {"key": f"random:{uuid4()}"})

    monkeypatch.setattr(transactions, "ask_of", forgetful)


@pytest.mark.parametrize(
    ("operation", "kind"), [("create", "authorised"), ("capture", "captured"), ("refund", "refunded")]
)
def test_with_a_new_key_for_each_call_money_moves_twice(
    bank: ProviderProcess, operation: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _new_keys(monkeypatch)
    payment = lives(bank, struck(operation, "cut_after"), SILENT, parcels=1)
    assert [moved for moved, _ in bank.ledger(payment.id)].count(kind) == 2
    assert disagreements() != []


def test_a_key_that_the_bank_has_forgotten_is_no_licence_to_ask_again(bank: ProviderProcess) -> None:
    order, payment = ordered(4)
    drain()
    bank.faults({"on": "capture", "fault": "cut_after"}, SILENT)
    first, second = work_of(order)
    send(first)
    drain()
    later(hours=30)
    bank.forget_keys()
    calm(bank)
    send(second)
    drain()
    bring_back(order)
    bank.faults({"on": "refund", "fault": "cut_after"}, SILENT)
    drain()
    later(hours=30)
    bank.forget_keys()
    calm(bank)
    kinds = [kind for kind, _ in bank.ledger(payment.id)]
    assert kinds == ["authorised", "captured", "captured", "refunded"]
    assert_all_is_well()


def test_without_a_look_at_the_account_a_forgotten_key_captures_twice(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(STRIPE, "was_done", lambda action, ask: False)
    order, payment = ordered(4)
    drain()
    bank.faults({"on": "capture", "fault": "cut_after"}, SILENT)
    send(work_of(order)[0])
    drain()
    later(hours=30)
    bank.forget_keys()
    calm(bank)
    assert [kind for kind, _ in bank.ledger(payment.id)].count("captured") == 2
    assert disagreements() != []


def test_a_failure_that_the_bank_repeats_ends_with_its_key(bank: ProviderProcess) -> None:
    order, payment = ordered(4)
    bank.faults(struck("create", "500_kept"), struck("capture", "500_kept"), SILENT)
    for hours in (0, 10, 12, 3):
        later(hours=hours)
        work_all()
    assert status_of(order)[1] == "unknown"
    bank.forget_keys()
    work_all()
    send(work_of(order)[0])
    work_all()
    later(hours=25)
    bank.forget_keys()
    calm(bank)
    assert [kind for kind, _ in bank.ledger(payment.id)] == ["authorised", "captured"]
    assert_all_is_well()


def test_a_bank_s_refusals_are_told_and_change_nothing_else(bank: ProviderProcess) -> None:
    order, payment = ordered(1)
    bank.faults(struck("create", "decline"))
    drain()
    assert status_of(order) == ("on_hold", "failed")
    services.pay_again(payment.id, money.VISA, actor=SYSTEM)
    calm(bank)
    assert status_of(order) == ("processing", "authorised")
    bank.faults(struck("capture", "decline"))
    send(work_of(order)[0])
    drain()
    assert Transaction.objects.get(payment=payment, kind="capture").status == "failed"
    assert bank.ledger(payment.id) == [("authorised", 1690)]
    assert disagreements() == []


ORDERS = 24


def _outage(bank: ProviderProcess) -> int:
    """Two dozen orders while the bank hangs; returns how many calls waited for it in vain."""
    payments = [ordered(1)[1] for _ in range(4)]
    payments += [Payment.objects.create(order=payments[0].order, tender="card", token=money.VISA, amount=1,
                                        currency="EUR") for _ in range(ORDERS - 4)]  # fmt: skip
    bank.faults({"on": "*", "fault": "timeout", "seconds": money.TIMEOUT * 3})
    services.authorise([p.id for p in payments], actor=SYSTEM)
    assert set(Payment.objects.values_list("status", flat=True)) == {"unknown"}
    return bank.calls("create")


def test_a_hanging_bank_costs_no_more_than_a_few_calls(bank: ProviderProcess) -> None:
    assert _outage(bank) <= guard.MOST_MISSED * 2
    calm(bank)
    assert set(Payment.objects.values_list("status", flat=True)) == {"authorised"}
    assert [kind for kind, _ in bank.ledger()] == ["authorised"] * ORDERS
    assert disagreements() == []


def test_without_the_breaker_every_call_waits_for_a_hanging_bank(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard.Breaker, "admits", lambda self: True)
    assert _outage(bank) == ORDERS


def _park(bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The handler that asks the bank fails until its delivery is given up; days go by."""
    order, _ = ordered(1)

    def broken(*args: object, **kwargs: object) -> None:
        raise OSError("no route to anywhere")

    with monkeypatch.context() as patch:
        patch.setattr(handlers.services, "authorise", broken)
        for _ in range(30):
            drain()
            Delivery.objects.filter(done_at=None).update(due_at="2020-01-01T00:00:00Z")
    assert Delivery.objects.filter(handler="payments.authorise", parked_at__isnull=False).count() == 1
    later(hours=20)
    return order


def test_a_parked_delivery_strands_no_unpaid_order(bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    order = _park(bank, monkeypatch)
    assert status_of(order) == ("on_hold", "pending")
    services.settle_unknown(actor=SYSTEM, with_pauses=True)
    drain()
    assert status_of(order) == ("processing", "authorised")
    outbox.retry([d.id for d in Delivery.objects.filter(parked_at__isnull=False)], actor=SYSTEM)
    drain()
    assert bank.ledger() == [("authorised", 1690)]
    assert_all_is_well()


def test_without_the_watch_a_parked_delivery_strands_its_order(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = _park(bank, monkeypatch)
    drain()
    assert status_of(order) == ("on_hold", "pending")
    assert bank.ledger() == []


def test_a_long_outage_is_asked_about_for_as_long_as_it_lasts(bank: ProviderProcess) -> None:
    order, payment = ordered(1)
    bank.faults({"on": "*", "fault": "500"})
    drain()
    for day in range(1, 5):
        later(hours=24)
        services.settle_unknown(actor=SYSTEM, with_pauses=True)
        services.settle_unknown(actor=SYSTEM, with_pauses=True)  # a moment later: too early to ask again
        # Too old for its key, it is looked for before it is asked for; and for that the bank is no better.
        assert (bank.calls("create"), bank.calls("search")) == (1, day)
    assert status_of(order) == ("on_hold", "unknown")
    calm(bank)
    assert status_of(order) == ("processing", "authorised")
    assert bank.ledger(payment.id) == [("authorised", 1690)]
    assert_all_is_well()


def test_what_is_cancelled_while_the_bank_is_silent_is_released(bank: ProviderProcess) -> None:
    order, payment = ordered(1)
    bank.faults(struck("create", "timeout_after"), SILENT)
    drain()
    assert status_of(order) == ("on_hold", "unknown")
    bank.faults({"on": "*", "fault": "cut"})
    later(hours=49)  # nobody could be asked for twice the time that an order may be unpaid
    assert cancel_unpaid() == [order.id]
    later(minutes=5)  # until the bank's search knows what it has made
    calm(bank)
    assert status_of(order) == ("cancelled", "voided")
    assert bank.ledger(payment.id) == [("authorised", 1690), ("released", 1690)]
    assert_all_is_well()
