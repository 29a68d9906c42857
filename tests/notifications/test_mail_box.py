"""The mail box screen."""

from base64 import b64encode
from hashlib import sha256

import pytest
from django.test import Client
from django.urls import reverse

from core.outbox import drain
from tests.factories.messages import message
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db


def test_the_box_lists_letters_with_order_and_state() -> None:
    small_world()
    order = placed({MUG: 1})
    drain()
    page = signed_in("clerk").get(reverse("mail")).content.decode()

    assert f"Your order {order.number} is confirmed" in page
    assert f'href="/orders/{order.number}/"' in page
    assert "Waiting" in page


def test_letters_are_found_by_order_by_recipient_and_by_kind() -> None:
    small_world()
    order = placed({MUG: 1})
    drain()
    message(to="other@example.com", subject="Something else")
    clerk = signed_in("clerk")

    def found(**query: str) -> bool:
        page = clerk.get(reverse("mail"), query).content.decode()
        return order.number in page.partition("<tbody")[2]

    assert found(q=order.number) and found(q="A@example.com") and found(kind="order_confirmation")
    assert not found(q="other@example.com") and not found(kind="shipped") and not found(q="WEB-0")


def test_letters_that_could_not_be_sent_are_one_tab_away() -> None:
    message(subject="Fine")
    message(subject="Stuck", error="550 unknown", attempts=2)
    page = signed_in("clerk").get(reverse("mail"), {"state": "stuck"}).content.decode()

    assert "Stuck" in page and "Fine" not in page


def test_a_letter_is_shown_in_a_frame_that_can_do_nothing() -> None:
    letter = message()
    clerk = signed_in("clerk")
    page = clerk.get(reverse("mail-message", args=[letter.pk])).content.decode()
    body = clerk.get(reverse("mail-body", args=[letter.pk]))
    policy = body["Content-Security-Policy"]

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "default-src 'none'" in policy and "sandbox" in policy and "unsafe-inline" not in policy
    assert b64encode(sha256(b"p { margin: 0; }").digest()).decode() in policy
    assert body["X-Frame-Options"] == "SAMEORIGIN"


def test_a_letter_can_be_read_as_plain_text() -> None:
    letter = message(text="Only <text> here")
    page = signed_in("clerk").get(reverse("mail-message", args=[letter.pk]), {"as": "text"}).content.decode()

    assert "Only &lt;text&gt; here" in page


@pytest.mark.parametrize("role", ["store", "warehouse", "finance"])
def test_mail_is_for_those_who_may_see_it(role: str) -> None:
    letter = message()
    client = signed_in(role)
    for name, args in (("mail", []), ("mail-message", [letter.pk]), ("mail-body", [letter.pk])):
        assert client.get(reverse(name, args=args)).status_code == 403


def test_a_stranger_is_sent_to_sign_in() -> None:
    answer = Client().get(reverse("mail"))

    assert answer.status_code == 302 and "/sign-in/" in answer["Location"]


def test_a_letter_that_does_not_exist_is_not_found() -> None:
    assert signed_in("clerk").get("/mail/00000000-0000-7000-8000-000000000000/").status_code == 404


@pytest.mark.parametrize("words", ["\0", "@\0", "%", "x" * 5000, "'; DROP TABLE"])
def test_odd_words_find_nothing_and_break_nothing(words: str) -> None:
    small_world()

    assert signed_in("clerk").get(reverse("mail"), {"q": words}).status_code == 200
