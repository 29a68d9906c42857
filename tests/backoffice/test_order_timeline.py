"""One timeline of everything: narrowed by kind and by text, paged, with notes, letters and before → after."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import notes
from core.actors import SYSTEM, Actor
from core.models import TimelineEntry
from core.problems import Invalid
from notifications.models import Message
from orders.holds import open_hold
from orders.models import Order
from tests.factories.orders import packed, placed, released, shipped
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
CLAIRE = Actor("user", "Claire Lefèvre", "7")


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def clerk(world: World) -> Client:
    return signed_in("clerk")


def page(client: Client, order: Order, **query: str) -> str:
    answer = client.get(f"/orders/{order.number}/", query, headers={"HX-Target": "timeline"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_tells_before_and_after_in_words(clerk: Client) -> None:
    order = placed({MUG: 1})
    open_hold([order.pk], "manual", actor=CLAIRE, note="Ask first")

    text = page(clerk, order)

    assert "Waiting for routing → On hold" in text
    assert "Ask first" in text


@pytest.mark.parametrize(
    ("show", "there", "gone"),
    [
        ("goods", "packed the parcel", "Claire"),
        ("money", "Nothing of this kind", "packed the parcel"),
        ("people", "Ring twice", "released the work"),
    ],
)
def test_it_is_narrowed_to_a_kind(clerk: Client, show: str, there: str, gone: str) -> None:
    order, _ = packed({MUG: 1})
    notes.add(order.pk, "Ring twice", actor=CLAIRE)

    text = page(clerk, order, show=show)

    assert there in text
    assert gone not in text


def test_it_is_searched_by_the_words_that_are_read(clerk: Client) -> None:
    order, _ = packed({MUG: 1})
    notes.add(order.pk, "Ring twice", actor=CLAIRE)

    assert "Ring twice" in page(clerk, order, find="claire")
    assert "Ring twice" in page(clerk, order, find="TWICE")
    assert "Ring twice" not in page(clerk, order, find="label")


def test_it_is_paged_to_the_very_first_row(clerk: Client) -> None:
    order = placed({MUG: 1})
    for n in range(30):
        notes.add(order.pk, f"Note number {n}", actor=CLAIRE)
    seen, address = [], f"/orders/{order.number}/"
    while address:
        part = clerk.get(address, headers={"HX-Target": "timeline"}).context["timeline"]
        seen += [entry["note"] for entry in part.entries]
        address = f"/orders/{order.number}/?older={part.older}" if part.older else ""

    assert [note for note in seen if note] == [f"Note number {n}" for n in reversed(range(30))]
    assert len(seen) == TimelineEntry.objects.filter(about=order.pk).count()


@pytest.mark.parametrize("query", [{"show": "nonsense"}, {"find": "\0"}, {"find": "x" * 5000}, {"show": "money\0"}])
def test_an_odd_address_is_no_error(clerk: Client, query: dict[str, str]) -> None:
    page(clerk, placed(), **query)


def test_a_cursor_that_cannot_be_read_is_told_calmly(clerk: Client) -> None:
    answer = clerk.get(f"/orders/{placed().number}/", {"older": "nonsense"})

    assert answer.status_code == 422


# Notes


def test_a_note_stands_there_with_its_writer(clerk: Client) -> None:
    order = placed()

    answer = clerk.post(f"/orders/{order.number}/note/", {"text": "Ring <b>twice</b>\nat the back"})

    assert answer.status_code == 302
    text = page(clerk, order)
    assert "Ring &lt;b&gt;twice&lt;/b&gt;" in text
    assert "clerk" in text


def test_a_note_sent_twice_is_one(clerk: Client) -> None:
    order = placed()
    sent = {"text": "Ring twice", "key": str(uuid4())}

    for _ in range(2):
        clerk.post(f"/orders/{order.number}/note/", sent)

    assert TimelineEntry.objects.filter(about=order.pk, action="note.add").count() == 1


@pytest.mark.parametrize("text", ["", "  \n ", "\0", "x" * 2001])
def test_a_note_that_says_nothing_or_too_much_is_refused_and_kept(clerk: Client, text: str) -> None:
    order = placed()

    answer = clerk.post(f"/orders/{order.number}/note/", {"text": text, "key": "nonsense"})

    assert answer.status_code == 422
    assert not TimelineEntry.objects.filter(about=order.pk, action="note.add").exists()
    with pytest.raises(Invalid):
        notes.add(order.pk, text, actor=SYSTEM)


def test_a_note_leaves_open_pages_up_to_date(clerk: Client) -> None:
    order = placed()
    before = order.version

    notes.add(order.pk, "Ring twice", actor=CLAIRE)

    order.refresh_from_db()
    assert order.version == before


# Contact, letters, exceptions


def test_the_contact_is_put_right_and_told(clerk: Client) -> None:
    order = placed()
    before = order.email

    answer = clerk.post(f"/orders/{order.number}/contact/", {"email": "New@example.com", "phone": "+33 6 12 34"})

    order.refresh_from_db()
    assert answer.status_code == 302
    assert (order.email, order.shipping_address["phone"]) == ("New@example.com", "+33 6 12 34")
    assert f"E-mail: {before} → New@example.com" in page(clerk, order)


@pytest.mark.parametrize("sent", [{"email": "nonsense"}, {"email": "a@b.cd", "phone": "<x>"}, {"phone": "1" * 41}])
def test_a_wrong_contact_is_told_and_kept(clerk: Client, sent: dict[str, str]) -> None:
    order = placed()

    answer = clerk.post(f"/orders/{order.number}/contact/", sent)

    assert answer.status_code == 422
    assert "data-open" in answer.content.decode()
    version = order.version
    order.refresh_from_db()
    assert order.version == version


def letter(order: Order) -> Message:
    return Message.objects.create(
        about=order.pk, kind="shipped", source=uuid4(), to=order.email, language="en", subject="S", text="T", html="H"
    )


def test_a_letter_is_sent_again_once_to_where_the_order_is_reached_now(clerk: Client) -> None:
    order = placed()
    first = letter(order)
    Order.objects.filter(pk=order.pk).update(email="new@example.com")
    sent = {"letter": first.pk, "key": str(uuid4())}

    for _ in range(2):
        assert clerk.post(f"/orders/{order.number}/letter/", sent).status_code == 302

    again = Message.objects.filter(about=order.pk).exclude(pk=first.pk).get()
    assert (again.to, again.text, again.sent_at) == ("new@example.com", "T", None)
    assert f"/mail/{again.pk}/" in page(clerk, order)


@pytest.mark.parametrize("wanted", ["nonsense", "", "346395f3-37f9-4940-b38e-14d6e32e3bb3"])
def test_a_letter_of_another_order_is_not_sent(clerk: Client, wanted: str) -> None:
    order = placed()
    letter(placed())

    assert clerk.post(f"/orders/{order.number}/letter/", {"letter": wanted}).status_code == 404
    assert Message.objects.count() == 1


def test_finance_sends_no_letters(world: World) -> None:
    order = placed()

    assert signed_in("finance").post(f"/orders/{order.number}/letter/", {"letter": letter(order).pk}).status_code == 403


# What it costs


@pytest.mark.parametrize("role", ["clerk", "manager"])
def test_the_page_asks_the_same_number_of_questions_for_any_size(role: str, world: World) -> None:
    reader = signed_in(role)
    small, _ = released({MUG: 1})
    large, _ = shipped({MUG: 3, CANDLE: 2})
    for n in range(40):
        notes.add(large.pk, f"Note {n}", actor=CLAIRE)
        letter(large)

    assert questions(reader, large) <= questions(reader, small) + 3  # returns, shipments' lines and the like


def questions(client: Client, order: Order) -> int:
    client.get(f"/orders/{order.number}/")
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/orders/{order.number}/").status_code == 200
    return len(asked)
