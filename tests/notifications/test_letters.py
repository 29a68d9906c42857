"""What customers are told, and that they are told once."""

from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from types import SimpleNamespace

import pytest
from django.conf import settings

from core.actors import SYSTEM
from core.ids import new_id
from core.models import Event, TimelineEntry
from core.outbox import drain
from fulfillment.amend import cancel
from fulfillment.tracking_events import deliver
from notifications import letters
from notifications.models import Message
from notifications.services import Fact, tell
from orders.models import Channel, Order
from orders.tracking import tracking_url
from returns.services import Back, ReturnInput, receive_and_credit
from tests.factories.orders import line_ids, make_voucher, packed, placed, shipped, voucher
from tests.factories.world import MUG, VASE, small_world

pytestmark = pytest.mark.django_db


def told(order: Order) -> list[str]:
    return list(Message.objects.filter(about=order.pk).order_by("id").values_list("kind", flat=True))


def test_a_customer_hears_of_the_order_its_parcel_and_its_arrival() -> None:
    small_world()
    order, shipments = shipped({MUG: 2})
    deliver(shipments, actor=SYSTEM)
    drain()

    assert sorted(told(order)) == ["delivered", "order_confirmation", "shipped"]


def test_the_confirmation_names_items_total_and_the_way_to_follow() -> None:
    small_world()
    order = placed({MUG: 2, VASE: 1})
    drain()

    letter = Message.objects.get(kind="order_confirmation")
    assert letter.to == "a@example.com"
    assert letter.subject == f"Your order {order.number} is confirmed"
    for words in ("2 × Tableware", "1 × Tableware", "€58.90", "€4.90", tracking_url(order)):
        assert words in letter.text
        assert words.replace(" × ", " ×</td><td>") in unescape(letter.html)


def test_a_french_customer_is_told_in_french() -> None:
    small_world()
    customer = {"email": "anne@example.com", "first_name": "Anne", "last_name": "Bertin", "language": "fr"}
    order = placed({MUG: 1}, customer=customer)
    drain()

    letter = Message.objects.get(about=order.pk)
    assert letter.language == "fr"
    assert letter.subject == f"Votre commande {order.number} est confirmée"
    assert "Bonjour Anne Bertin," in letter.text
    assert '<html lang="fr">' in letter.html


def test_the_shipping_letter_names_carrier_number_and_contents() -> None:
    small_world()
    order, (shipment_id,) = shipped({MUG: 2})
    drain()

    letter = Message.objects.get(kind="shipped")
    number = order.shipments.get(pk=shipment_id).tracking_number
    assert f"It travels with postal under the number {number}." in letter.text
    assert "2 × Tableware" in letter.text


def test_a_cancelled_order_is_told_plainly() -> None:
    small_world()
    order = placed({MUG: 1})
    cancel(order.pk, reason="changed my mind", actor=SYSTEM)
    drain()

    assert "Nothing will be sent." in Message.objects.get(kind="cancelled").text


def test_a_return_is_told_with_what_goes_back() -> None:
    small_world()
    order, _ = shipped({MUG: 2})
    receive_and_credit([ReturnInput(order.pk, [Back(line_ids(order)[MUG], 1)])], actor=SYSTEM)
    drain()

    letter = Message.objects.get(kind="return_received")
    assert "€12.00 goes back to you" in letter.text
    assert "1 × Tableware" in letter.text


def test_a_failed_payment_says_what_to_do() -> None:
    small_world()
    order = placed({MUG: 1})

    assert tell(letters.PAYMENT_FAILED, [Fact(new_id(), order.pk)]) == 1
    text = Message.objects.get(kind="payment_failed").text
    assert "Your bank declined €16.90. Nothing was charged." in text
    assert "Pay with another card on its page" in text


def test_the_letter_of_an_open_payment_names_what_is_left_to_pay_and_until_when() -> None:
    small_world()
    order = placed({MUG: 1})
    said = {"amount": "6.90", "until": "2026-11-24T09:00:00+00:00"}

    assert tell(letters.PAYMENT_LINK, [Fact(new_id(), order.pk, said=said)]) == 1
    link = Message.objects.get(kind="payment_link")
    assert link.subject == f"Please finish the payment of order {order.number}"
    assert "€6.90 is still to be paid." in link.text and tracking_url(order) in link.text

    assert tell(letters.PAYMENT_REMINDER, [Fact(new_id(), order.pk, said=said)]) == 1
    reminder = Message.objects.get(kind="payment_reminder").text
    assert "We keep your order until Tuesday 24 November, 10:00." in reminder


@pytest.mark.parametrize(("reason", "why"), [("Not paid in time", True), ("ordered twice", False)])
def test_the_letter_of_a_cancellation_says_when_nobody_paid(reason: str, why: bool) -> None:
    small_world()
    order = placed({MUG: 1})

    tell(letters.CANCELLED, [Fact(new_id(), order.pk, said={"reason": reason})])
    assert ("It was not paid in time." in Message.objects.get(kind="cancelled").text) is why


def test_the_same_fact_is_told_once_however_often_it_is_delivered() -> None:
    small_world()
    order = placed({MUG: 1})
    drain()
    event = Event.objects.get(kind="order.placed", about=order.pk)

    assert tell(letters.ORDER_CONFIRMATION, [Fact(event.pk, order.pk), Fact(event.pk, order.pk)]) == 0
    assert told(order) == ["order_confirmation"]
    assert TimelineEntry.objects.filter(about=order.pk, action="message.order_confirmation").count() == 1


def test_many_orders_are_told_with_as_many_queries_as_one(django_assert_max_num_queries: object) -> None:
    small_world()
    orders = [placed({MUG: 1}) for _ in range(5)]

    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert tell(letters.ORDER_CONFIRMATION, [Fact(new_id(), order.pk) for order in orders]) == 5


def test_history_is_silent() -> None:
    small_world()
    Channel.objects.update(is_history=True)
    order = placed({MUG: 1})
    drain()

    assert told(order) == []
    assert tell(letters.ORDER_CONFIRMATION, [Fact(new_id(), order.pk)]) == 0


def test_an_order_without_an_address_is_passed_over() -> None:
    small_world()
    order = placed({MUG: 1}, customer={"external_id": "C-1", "first_name": "Anne"})
    drain()

    assert told(order) == []


def test_a_voucher_is_no_parcel() -> None:
    small_world()
    make_voucher()
    order = placed(lines=[voucher()])
    drain()

    assert told(order) == ["order_confirmation"]


def test_names_cannot_bring_markup_into_a_letter() -> None:
    small_world()
    order = placed({MUG: 1})
    order.lines.update(name='<img src="x" onerror="alert(1)"> & more')
    tell(letters.ORDER_CONFIRMATION, [Fact(new_id(), order.pk)])

    letter = Message.objects.get(about=order.pk)
    assert "<img" not in letter.html
    assert '<img src="x" onerror="alert(1)"> & more' in letter.text


@pytest.mark.parametrize("kind", letters.KINDS)
@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_every_letter_is_whole_in_every_language(kind: str, language: str) -> None:
    small_world()
    order, _ = packed({MUG: 1})
    Order.objects.update(language=language)
    order.refresh_from_db()
    line = SimpleNamespace(name="Tableware", quantity=1, amount=Decimal(12))
    returned = SimpleNamespace(rma="R-1", credit=Decimal(12))
    facts = letters.Facts(order, tracking_url(order), [line], order.shipments.get(), returned)
    letter = letters.write(kind, facts)

    assert letter.subject and "\n" not in letter.subject
    assert f'<html lang="{language}">' in letter.html
    for part in (letter.subject, letter.text, letter.html):
        assert "{{" not in part and "{%" not in part
    assert tracking_url(order) in letter.text and tracking_url(order) in letter.html


def test_a_time_in_a_letter_is_that_of_the_channels_customers() -> None:
    small_world()
    order, _ = packed({MUG: 1})
    until = datetime(2026, 11, 24, 9, 13, tzinfo=UTC)

    def said(time_zone: str) -> str:
        facts = letters.Facts(order, tracking_url(order), until=until, time_zone=time_zone)
        return letters.write(letters.PAYMENT_REMINDER, facts).text

    assert "10:13" in said("")
    assert "10:13" in said("Europe/Paris")
    assert "09:13" in said("Europe/London")
