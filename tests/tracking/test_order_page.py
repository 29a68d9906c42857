"""The public page: who gets to see what."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from core.ids import new_id
from orders.models import Order
from orders.tracking import token_of
from tests.factories.orders import shipped
from tests.factories.people import signed_in
from tests.factories.world import MUG, small_world
from tracking import views

pytestmark = pytest.mark.django_db

PERSONAL = ("Anne", "1 rue X", "69001", "Tableware", "a@example.com", "Lyon warehouse")


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def path(order: Order) -> str:
    return f"/t/{token_of(order.pk, order.tracking_version)}/"


def opened(client: Client, order: Order) -> str:
    answer = client.get(path(order))
    assert answer.status_code == 200
    return str(answer.content.decode())


def prove(client: Client, order: Order, proof: str) -> Any:
    return client.post(path(order), {"proof": proof})


def sent() -> Order:
    small_world()
    return shipped({MUG: 2})[0]


def test_the_link_alone_tells_where_the_order_stands_and_nothing_personal() -> None:
    order = sent()
    page = opened(Client(), order)

    assert "Your parcel is on its way" in page and order.number in page and "Handed to postal" in page
    for word in (*PERSONAL, str(order.shipments.get().tracking_number)):
        assert word not in page


@pytest.mark.parametrize("proof", ["69001", " 69 001 ", "a@example.com", "A@Example.COM"])
def test_the_postcode_or_the_address_opens_the_rest(proof: str) -> None:
    order, client = sent(), Client()
    assert prove(client, order, proof).status_code == 303

    page = opened(client, order)
    for word in ("Anne Bertin", "1 rue X", "2 ×</span> Tableware", str(order.shipments.get().tracking_number)):
        assert word in page


@pytest.mark.parametrize("proof", ["69002", "", "b@example.com", "69001\x00", "6900", "é" * 300])
def test_a_wrong_proof_opens_nothing(proof: str) -> None:
    order, client = sent(), Client()
    answer = prove(client, order, proof)

    assert answer.status_code == 422
    for page in (answer.content.decode(), opened(client, order)):
        assert not [word for word in PERSONAL if word in page.replace(f'value="{proof}"', "")]


def test_an_empty_address_is_no_proof() -> None:
    order, client = sent(), Client()
    Order.objects.update(email="", shipping_address={})

    assert prove(client, order, " ").status_code == 422
    assert "Show everything" not in opened(client, order)


def test_the_proof_of_one_order_does_not_open_another() -> None:
    mine, client = sent(), Client()
    other = shipped({MUG: 1})[0]
    prove(client, mine, "69001")
    client.cookies[views.COOKIE]["path"] = "/"

    assert "Tableware" in opened(client, mine)
    assert "Tableware" not in opened(client, other)


def test_unknown_wrong_and_outdated_tokens_get_the_same_answer() -> None:
    order = sent()
    right = token_of(order.pk, 1)
    unknown = token_of(new_id(), 1)
    forged = right[:-2] + ("AA" if not right.endswith("AA") else "BA")
    outdated = token_of(order.pk, 0)
    answers = [Client().get(f"/t/{token}/") for token in (unknown, forged, outdated, "abc", "x" * 3000)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({strip(answer) for answer in answers}) == 1


def strip(answer: Any) -> str:
    """The page without what belongs to the request and not to the order."""
    head, _, rest = answer.content.decode().partition("hx-headers=")
    return head + rest.partition(">")[2]


def test_the_page_is_for_nobody_else() -> None:
    order = sent()
    for answer in (Client().get(path(order)), Client().get("/t/abc/")):
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]


def test_the_proof_is_kept_where_scripts_and_other_pages_cannot_read_it() -> None:
    order = sent()
    cookie = prove(Client(), order, "69001").cookies[views.COOKIE]

    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == path(order)


def test_guessing_the_proof_of_an_order_ends_soon_from_wherever_it_is_tried() -> None:
    order = sent()
    for number in range(views.PROOFS_PER_ORDER):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        assert prove(client, order, f"{number:05}").status_code == 422

    answer = prove(Client(REMOTE_ADDR="192.0.2.99"), order, "69001")
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0


def test_one_address_cannot_try_many_orders() -> None:
    orders = [sent(), *(shipped({MUG: 1})[0] for _ in range(2))]
    tries = [prove(Client(), orders[number % 3], "00000").status_code for number in range(views.PROOFS_PER_ADDRESS + 1)]

    assert set(tries[:-1]) == {422} and tries[-1] == 429


def test_one_address_cannot_read_pages_without_end() -> None:
    client = Client()
    answers = [client.get("/t/abc/").status_code for _ in range(views.PAGES_A_MINUTE + 1)]

    assert set(answers[:-1]) == {404} and answers[-1] == 429


def test_the_page_speaks_the_language_of_the_order_until_another_is_chosen() -> None:
    order = sent()
    Order.objects.update(language="fr")
    client = Client(HTTP_ACCEPT_LANGUAGE="en")

    assert "Votre colis est en route" in opened(client, order)
    assert "Your parcel is on its way" in client.get(path(order) + "?lang=en").content.decode()
    assert "Votre colis est en route" in client.get(path(order) + "?lang=xx").content.decode()


def test_looking_changes_nothing_and_other_methods_are_refused() -> None:
    order = sent()

    assert Client().put(path(order)).status_code == 405
    assert Client().delete(path(order)).status_code == 405


def test_somebody_of_the_staff_sees_the_page_as_its_customer_does() -> None:
    order = sent()
    assert 'id="palette"' not in opened(signed_in("manager"), order)
