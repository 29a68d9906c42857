"""Nobody pays, pays late, pays again, or pays in the very moment of the cancellation: stock is freed, no money is taken
for a cancelled order, and never are two cards held for one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
from django.db import connection, transaction

from core.actors import SYSTEM, Actor
from core.db import rows
from core.invariants import disagreements
from core.models import Event, TimelineEntry
from core.outbox import drain
from core.problems import Conflict
from fulfillment import deadlines
from fulfillment.deadlines import UNPAID_REASON, cancel_unpaid, remind_unpaid
from notifications.models import Message
from orders.models import Channel, Order
from payments import providers, services
from payments.models import Payment
from payments.services import authorisations
from tests.factories.provider import ProviderProcess, soon
from tests.faults.money import (
    ASKING,
    DECLINED,
    VISA,
    assert_all_is_well,
    calm,
    later,
    ordered,
    send,
    status_of,
    work_all,
    work_of,
)

SILENT = {"on": "webhook", "fault": "never"}
CUSTOMER = Actor("customer", "Anne Bertin")


def reserved() -> int:
    return int(rows("SELECT coalesce(sum(reserved + allocated), 0) AS units FROM inventory_stock")[0].units)


def letters(order: Order) -> list[str]:
    return list(Message.objects.filter(about=order.id).order_by("id").values_list("kind", flat=True))


@pytest.mark.parametrize(("token", "status"), [(DECLINED, "failed"), (ASKING, "requires_action")])
def test_who_does_not_pay_is_reminded_and_then_cancelled(bank: ProviderProcess, token: str, status: str) -> None:
    order, payment = ordered(2, token)
    drain()
    assert (status_of(order), reserved()) == (("on_hold", status), 2)
    assert (remind_unpaid(), cancel_unpaid()) == ([], [])
    later(hours=13)
    assert (remind_unpaid(), remind_unpaid(), cancel_unpaid()) == ([order.id], [], [])
    later(hours=12)
    assert (cancel_unpaid(), cancel_unpaid()) == ([order.id], [])
    calm(bank)
    assert (status_of(order), reserved()) == (("cancelled", "voided"), 0)
    assert letters(order)[-2:] == ["payment_reminder", "cancelled"]
    assert "It was not paid in time." in Message.objects.get(about=order.id, kind="cancelled").text
    (entry,) = TimelineEntry.objects.filter(about=order.id, action="order.cancel")
    assert entry.data["reason"] == UNPAID_REASON
    assert bank.ledger(payment.id) == []
    assert_all_is_well()


def test_a_channel_may_wait_longer_or_for_ever(bank: ProviderProcess) -> None:
    order, _ = ordered(1, DECLINED)
    drain()
    later(hours=30)
    for hours in (48, None):
        Channel.objects.update(payment_hours=hours)
        assert (cancel_unpaid(), remind_unpaid()) == ([], [order.id] if hours else [])
    later(days=300)
    assert (cancel_unpaid(), remind_unpaid()) == ([], [])


def test_a_hold_on_an_order_that_is_paid_for_has_no_limit(bank: ProviderProcess) -> None:
    order, _ = ordered(1)
    drain()
    with transaction.atomic():
        rows(
            "UPDATE orders_hold SET status = 'open', resolved_at = NULL WHERE order_id = %(id)s RETURNING id",
            {"id": order.id},
        )
    later(hours=99)
    assert cancel_unpaid() == []


def unheard(bank: ProviderProcess) -> tuple[Order, Payment]:
    """The customer paid, and nobody told us; the time is over."""
    order, payment = ordered(1, ASKING)
    bank.faults(SILENT)
    drain()
    payment.refresh_from_db()
    httpx.post(payment.action_url, data={"result": "pass"})
    later(hours=25)
    return order, payment


def test_the_bank_is_asked_before_an_order_is_cancelled(bank: ProviderProcess) -> None:
    order, payment = unheard(bank)
    assert cancel_unpaid() == []
    calm(bank)
    assert status_of(order) == ("processing", "authorised")
    assert bank.ledger(payment.id) == [("authorised", 1690)]
    assert_all_is_well()


def test_without_asking_an_order_that_is_paid_is_cancelled(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "ask_about", lambda order_ids, actor: set())
    order, payment = unheard(bank)
    assert cancel_unpaid() == [order.id]
    calm(bank)
    assert bank.ledger(payment.id) == [("authorised", 1690), ("released", 1690)]


def test_while_the_bank_is_silent_an_order_waits_but_not_for_ever(bank: ProviderProcess) -> None:
    order, payment = unheard(bank)
    bank.faults({"on": "*", "fault": "cut"})
    assert cancel_unpaid() == []
    later(hours=24)
    assert cancel_unpaid() == [order.id]
    calm(bank)
    assert status_of(order) == ("cancelled", "voided")
    assert bank.ledger(payment.id) == [("authorised", 1690), ("released", 1690)]
    assert_all_is_well()


def paid_meanwhile(monkeypatch: pytest.MonkeyPatch) -> tuple[Order, Payment, Any]:
    """The customer's new card goes through after the overdue orders were listed, and before they are cancelled."""
    order, payment = ordered(1, DECLINED)
    drain()
    later(hours=25)

    def pays(order_ids: object, actor: object) -> set[object]:
        services.pay_again(payment.id, VISA, actor=CUSTOMER)
        services.authorise([payment.id], actor=CUSTOMER)
        return set()

    monkeypatch.setattr(deadlines, "ask_about", pays)
    return order, payment, cancel_unpaid()


def test_who_pays_before_the_lock_is_ours_is_not_cancelled(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, payment, cancelled = paid_meanwhile(monkeypatch)
    assert cancelled == []
    calm(bank)
    assert status_of(order) == ("processing", "authorised")
    assert bank.ledger(payment.id) == [("authorised", 1690)]
    assert_all_is_well()


def test_without_a_second_look_under_the_lock_a_paid_order_is_cancelled(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "_STILL_UNPAID", "SELECT %(id)s::uuid AS id, %(statuses)s::text[] AS statuses")
    order, _, cancelled = paid_meanwhile(monkeypatch)
    assert cancelled == [order.id]


def test_paying_and_cancelling_at_once_end_in_one_of_both(bank: ProviderProcess) -> None:
    for _ in range(4):
        order, payment = ordered(1, DECLINED)
        bank.faults(SILENT)
        drain()
        later(hours=25)
        services.pay_again(payment.id, VISA, actor=CUSTOMER)
        at_once(lambda one=payment: services.authorise([one.id], actor=CUSTOMER), cancel_unpaid)  # type: ignore[misc]
        later(minutes=5)
        calm(bank)
        assert status_of(order) in (("cancelled", "voided"), ("processing", "authorised"))
        is_cancelled = status_of(order)[0] == "cancelled"
        kinds = [kind for kind, _ in bank.ledger(payment.id)]
        assert kinds == (["authorised", "released"] if is_cancelled else ["authorised"]) or (is_cancelled and not kinds)
    assert_all_is_well()


def at_once(*acts: Callable[[], object]) -> None:
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        for future in [pool.submit(run, act) for act in acts]:
            future.result()


def another_card(bank: ProviderProcess) -> list[tuple[str, int]]:
    """The customer leaves the bank's question open, pays with another card, and answers it all the same."""
    order, payment = ordered(1, ASKING)
    bank.faults(SILENT)
    drain()
    payment.refresh_from_db()
    question = payment.action_url
    services.pay_again(payment.id, VISA, actor=CUSTOMER)
    services.authorise([payment.id], actor=CUSTOMER)
    httpx.post(question, data={"result": "pass"})
    work_all()
    assert status_of(order) == ("processing", "authorised")
    return bank.ledger(payment.id)


def test_two_cards_are_never_held_for_one_order(bank: ProviderProcess) -> None:
    assert another_card(bank) == [("authorised", 1690)]
    calm(bank)
    assert_all_is_well()


def test_without_giving_up_the_first_card_both_are_held(bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorisations, "_give_up_former", lambda payment: None)
    assert another_card(bank) == [("authorised", 1690), ("authorised", 1690)]
    assert any("second intent" in sentence for sentence in disagreements())


def test_a_customer_chooses_a_card_on_the_bank_s_page(bank: ProviderProcess) -> None:
    order, payment = ordered(1, DECLINED)
    drain()
    services.pay_again(payment.id, actor=Actor("user", "Clara Clerk"))
    drain()
    payment.refresh_from_db()
    assert letters(order)[-1] == "payment_link"
    page = payment.action_url
    assert httpx.post(page, data={"card": "pm_card_chargeDeclined"}).headers["location"] == page
    back = httpx.post(page, data={"card": "pm_card_mastercard"}).headers["location"]
    assert httpx.get(back).status_code == 303
    soon(lambda: _pays(order))
    assert bank.ledger(payment.id) == [("authorised", 1690)]
    calm(bank)
    assert_all_is_well()


def _pays(order: Order) -> bool:
    drain()
    return status_of(order) == ("processing", "authorised")


def test_a_page_left_open_ends_with_its_order(bank: ProviderProcess) -> None:
    order, payment = ordered(1, DECLINED)
    drain()
    services.pay_again(payment.id, actor=SYSTEM)
    drain()
    payment.refresh_from_db()
    page = payment.action_url
    later(hours=25)
    assert cancel_unpaid() == [order.id]
    calm(bank)
    assert httpx.get(page).status_code == 410
    assert httpx.post(page, data={"card": "pm_card_visa"}).status_code == 410
    assert (status_of(order), bank.ledger(payment.id)) == (("cancelled", "voided"), [])
    with pytest.raises(Conflict):
        services.pay_again(payment.id, actor=CUSTOMER)
    assert_all_is_well()


def test_while_an_answer_is_waited_for_no_other_card_is_taken(bank: ProviderProcess) -> None:
    _, payment = ordered(1)
    bank.faults({"on": "create", "fault": "cut_after"}, SILENT)
    drain()
    with pytest.raises(Conflict, match="could pay twice"):
        services.pay_again(payment.id, VISA, actor=CUSTOMER)
    calm(bank)
    assert bank.ledger(payment.id) == [("authorised", 1690)]


def test_nothing_is_asked_while_a_transaction_is_open(bank: ProviderProcess) -> None:
    _, payment = ordered(1)
    with pytest.raises(RuntimeError), transaction.atomic():
        services.authorise([payment.id], actor=SYSTEM)
    assert bank.calls("create") == 0


def test_what_is_asked_inside_a_transaction_outlives_its_end(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, payment = ordered(1)
    Payment.objects.filter(pk=payment.pk).delete()
    monkeypatch.setattr(providers.transaction, "atomic", lambda **named: _no_check())
    with pytest.raises(ZeroDivisionError), transaction.Atomic(None, True, False):
        payment.save(force_insert=True)
        (wanted,) = rows(authorisations.WANTED, {"ids": [payment.pk], "statuses": ["pending"]})
        providers.ask_each(authorisations._ask, [wanted], late=lambda item: None)
        raise ZeroDivisionError  # the process dies, the transaction is gone
    assert not Payment.objects.exists()
    assert bank.ledger(payment.id) == [("authorised", 1690)]


def _no_check() -> Any:
    return transaction.Atomic(None, True, False)


def test_what_reaches_the_bank_after_everybody_has_gone_is_found_and_released(bank: ProviderProcess) -> None:
    order, payment = ordered(1)
    (wanted,) = rows(authorisations.WANTED, {"ids": [payment.pk], "statuses": ["pending"]})
    bank.faults(SILENT)
    later(hours=25)
    assert cancel_unpaid() == [order.id]
    later(minutes=5)
    calm(bank)  # the bank was asked, and had nothing
    bank.faults(SILENT)
    authorisations._ask(wanted)  # a call that was long under way; whoever made it does not live to hear the answer
    assert any("second intent" in sentence for sentence in disagreements())
    assert (services.release_strays(actor=SYSTEM), services.release_strays(actor=SYSTEM)) == (1, 0)
    calm(bank)
    assert bank.ledger(payment.id) == [("authorised", 1690), ("released", 1690)]
    assert_all_is_well()


def test_an_authorisation_that_lapses_stops_the_order_until_it_is_paid_anew(bank: ProviderProcess) -> None:
    order, payment = ordered(1)
    drain()
    assert status_of(order) == ("processing", "authorised")
    payment.refresh_from_db()
    bank.client().v1.payment_intents.cancel(payment.provider_reference)
    soon(lambda: _stands(order, "on_hold"))
    assert Payment.objects.get(pk=payment.pk).status == "expired"
    services.pay_again(payment.id, VISA, actor=SYSTEM)
    calm(bank)
    assert status_of(order) == ("processing", "authorised")
    send(work_of(order)[0])
    calm(bank)
    moved = [("authorised", 1690), ("released", 1690), ("authorised", 1690), ("captured", 1690)]
    assert bank.ledger(payment.id) == moved
    assert_all_is_well()


def _stands(order: Order, status: str) -> bool:
    drain()
    order.refresh_from_db()
    return order.status == status


def test_each_attempt_to_pay_is_told(bank: ProviderProcess) -> None:
    order, payment = ordered(1, DECLINED)
    drain()
    for token in (DECLINED, VISA):
        services.pay_again(payment.id, token, actor=SYSTEM)
        drain()
    actions = list(TimelineEntry.objects.filter(about=order.id, action__startswith="payment.").order_by("at", "id"))
    assert [entry.action.partition(".")[2] for entry in actions] == ["fail", "ask_again"] * 2 + ["authorise"]
    assert Event.objects.filter(about=order.id, kind="payment.failed").count() == 2
    assert_all_is_well()
