"""What people type, and what it finds."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from backoffice.search.indexing import catch_up, rebuild
from catalog.models import Product, Variant
from core import outbox
from core.actors import SYSTEM
from core.models import SearchDocument
from customers.editing import Particulars, edit_customer
from customers.models import Customer
from fulfillment.models import Shipment
from orders.models import Order
from payments.models import Payment
from returns.models import Return
from returns.services import Back, ReturnInput, receive_and_credit
from tests.backoffice.search.asking import bought, found, leads_to
from tests.factories.orders import placed, shipped
from tests.factories.people import signed_in
from tests.factories.world import MUG, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(world: World) -> Client:
    return signed_in("clerk")


@pytest.mark.parametrize("text", ["muller", "MÜLLER", "mull", "ülle", "jurgen muller", "müller jür", "mulller"])
def test_a_name_is_found_however_it_is_typed(order: Order, clerk: Client, text: str) -> None:
    assert found(clerk, text)["order"] == [order.number]
    assert found(clerk, text)["customer"] == ["Jürgen Müller"]


@pytest.mark.parametrize(
    "text",
    [
        "06 12 34 56 78",
        "0612345678",
        "+33612345678",
        "+33 (0)6 12 34 56 78",
        "0033 6.12.34.56.78",
        "345678",
        "06 12 34 5",
    ],
)
def test_a_telephone_number_is_found_however_it_is_written(order: Order, clerk: Client, text: str) -> None:
    assert found(clerk, text)["customer"] == ["Jürgen Müller"]
    assert found(clerk, text)["order"] == [order.number]


@pytest.mark.parametrize("text", ["+33612345678", "0612345678", "06-12-34-56-78"])
def test_a_number_on_file_without_a_country_is_found_with_one(world: World, clerk: Client, text: str) -> None:
    bought("Paul", "Petit", phone="06 12 34 56 78")
    catch_up()

    assert found(clerk, text)["customer"] == ["Paul Petit"]


def test_another_telephone_number_is_not_found(order: Order, clerk: Client) -> None:
    assert found(clerk, "06 12 34 56 79") == {}


def test_an_email_address_opens_its_customer(order: Order, clerk: Client) -> None:
    assert leads_to(clerk, "J.Mueller@Example.com") == f"/customers/{order.customer_id}/"
    assert found(clerk, "j.mueller@example.com")["order"] == [order.number]


def test_the_beginning_of_an_email_address_finds_it(order: Order, clerk: Client) -> None:
    assert found(clerk, "j.mueller@exa")["customer"] == ["Jürgen Müller"]


def test_a_telephone_number_of_one_customer_opens_them(order: Order, clerk: Client) -> None:
    assert leads_to(clerk, "06 12 34 56 78") == f"/customers/{order.customer_id}/"


def test_a_customers_number_opens_them_though_their_telephone_number_ends_so(order: Order, clerk: Client) -> None:
    Customer.objects.filter(order=order).update(external_id="345678")

    assert leads_to(clerk, "345678") == f"/customers/{order.customer_id}/"


def test_a_name_opens_nobody_even_when_it_is_one_persons(order: Order, clerk: Client) -> None:
    assert leads_to(clerk, "Müller") == ""


def test_a_number_opens_its_order_also_in_small_letters_and_by_its_digits(order: Order, clerk: Client) -> None:
    digits = order.number.partition("-")[2]

    for text in (order.number, order.number.lower(), f"  {order.number} ", digits):
        assert leads_to(clerk, text) == f"/orders/{order.number}/", text


def test_an_order_of_a_second_ago_is_found_by_its_number_and_its_email(world: World, clerk: Client) -> None:
    order = placed(external_id="NEW-1")
    assert not SearchDocument.objects.exists(), "nobody has indexed it yet"

    assert leads_to(clerk, order.number) == f"/orders/{order.number}/"
    assert leads_to(clerk, "NEW-1") == f"/orders/{order.number}/"
    assert found(clerk, "a@example.com")["order"] == [order.number]


def test_the_beginning_of_a_number_finds_the_newest_first(world: World, clerk: Client) -> None:
    orders = [placed() for _ in range(3)]

    assert found(clerk, "web-")["order"] == [order.number for order in reversed(orders)]


def test_the_shops_own_number_finds_the_order(order: Order, clerk: Client) -> None:
    assert leads_to(clerk, "SHOP-77/A") == f"/orders/{order.number}/"
    assert found(clerk, "shop-7")["order"] == [order.number], "its beginning too, whatever the case"


def test_a_scanned_parcel_opens_its_order_at_the_parcels(world: World, clerk: Client) -> None:
    order, _parcels = shipped({MUG: 1})
    code = str(Shipment.objects.get(order=order).tracking_number)

    assert leads_to(clerk, code) == f"/orders/{order.number}/#parcels"
    assert leads_to(clerk, " ".join([code[:4], code[4:]])) == f"/orders/{order.number}/#parcels", "as it is printed"
    assert found(clerk, code[:6])["order"] == [order.number]


def test_a_return_number_opens_its_order_at_the_returns(world: World, clerk: Client) -> None:
    order, _parcels = shipped({MUG: 2})
    back = [ReturnInput(order.pk, [Back(order.lines.get().pk, 1, "sellable", "Too blue")])]
    receive_and_credit(back, actor=SYSTEM, location_id=world.warehouse.pk)

    assert leads_to(clerk, Return.objects.get().rma.lower()) == f"/orders/{order.number}/#returns"


def test_the_providers_number_of_a_payment_finds_the_order(order: Order, clerk: Client) -> None:
    Payment.objects.filter(order=order).update(provider_reference="pi_3Nabc")

    assert leads_to(clerk, "pi_3Nabc") == f"/orders/{order.number}/"


def test_a_sku_and_a_barcode_open_the_product(world: World, clerk: Client) -> None:
    Variant.objects.filter(sku=MUG).update(barcode="3760123456789")

    for text in (MUG, MUG.lower(), "3760123456789"):
        assert leads_to(clerk, text) == f"/stock/{MUG}/", text


@pytest.mark.parametrize("text", ["vaisselle", "VAISS", "isse", "Tableware", "vaissele"])
def test_a_product_is_found_by_its_name_in_any_language(world: World, clerk: Client, text: str) -> None:
    assert set(found(clerk, text)["product"]) == {"Tableware"}


def test_a_products_name_is_found_without_its_accents(world: World, clerk: Client) -> None:
    product = Product.objects.get(code="LIGHT")
    product.names = {"fr": "Théière émaillée n° 5"}
    product.save()

    assert found(clerk, "theiere emaill")["product"] == ["Théière émaillée n° 5"]


def test_a_changed_customer_is_found_by_what_they_are_called_now(order: Order, clerk: Client) -> None:
    particulars = Particulars("Jürgen", "Zimmermann", "jz@example.com", "+33612345678", "fr")
    assert order.customer_id
    edit_customer(order.customer_id, particulars, actor=SYSTEM)
    outbox.drain()

    assert found(clerk, "zimmerman")["customer"] == ["Jürgen Zimmermann"]
    assert "customer" not in found(clerk, "muller")


def test_a_new_order_is_found_by_its_name_once_its_event_is_heard(world: World, clerk: Client) -> None:
    order = bought("Zoé", "Quéniart")
    assert found(clerk, "queniart") == {}

    outbox.drain()

    assert found(clerk, "queniart")["order"] == [order.number]


def test_a_present_is_found_by_both_names(world: World, clerk: Client) -> None:
    address = {"name": "Odile Fabre", "line1": "1 rue X", "postal_code": "69001", "city": "Lyon", "country": "FR"}
    order = placed(shipping_address=address)
    catch_up()

    assert found(clerk, "fabre")["order"] == found(clerk, "bertin")["order"] == [order.number]


def test_exact_words_stand_before_longer_ones_and_the_newest_first(world: World, clerk: Client) -> None:
    first, second = bought("Anne", "Martin", email="1@example.com"), bought("Anne", "Martin", email="2@example.com")
    longer, part = bought("Anne", "Martinez"), bought("Anne", "Saint-Martinien")
    catch_up()

    shown = found(clerk, "martin")["order"]

    assert shown == [second.number, first.number, part.number, longer.number]


def test_each_typed_word_needs_a_name_of_its_own(world: World, clerk: Client) -> None:
    both, _one = bought("Marie", "Marchand"), bought("Marie", "Dupont")
    catch_up()

    assert found(clerk, "marie mar")["order"] == [both.number]


def test_a_short_word_beside_a_longer_one_narrows(world: World, clerk: Client) -> None:
    jo, _anne = bought("Jo", "Bertin", email="jo@example.com"), bought("Anne", "Bertin")
    catch_up()

    assert found(clerk, "jo bertin")["order"] == [jo.number]


@pytest.mark.parametrize("text", ["m", "mü", " ü ", "%", "_", "..", "@"])
def test_two_characters_ask_for_more(order: Order, clerk: Client, text: str) -> None:
    assert found(clerk, text) == {}
    assert "Type three characters or more" in clerk.get("/search/", {"q": text}).content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "\0", "a\0b\0c", "x" * 10_000, "'; DROP TABLE orders_order; --", "%%%%%", "%s %(x)s", "\\\\\\", "<script>x</script>",
        "🙂🙂🙂", "‮abc", "\ud7ff\U0010ffff!", "9" * 400, "+" * 50, "0" * 60, "@@@@", "a@", "@example.com", "((((", "''''", '"""',
        "mull\nmull", "ﬁﬀﬃ", "ẞẞẞ", "١٢٣٤٥٦٧٨", "²³¹²³¹", "a b c d e f g h i j",
    ],
)  # fmt: skip
def test_nonsense_is_answered_in_words(order: Order, clerk: Client, text: str) -> None:
    for path in ("/search/", "/search/palette/"):
        assert clerk.get(path, {"q": text}).status_code == 200, path


def test_no_kind_shows_more_than_its_share_and_the_rest_is_a_press_away(world: World, clerk: Client) -> None:
    for n in range(8):
        bought("Anne", "Martin", email=f"{n}@example.com")
    catch_up()

    answer = clerk.get("/search/palette/", {"q": "martin"})
    groups = {group.kind: group for group in answer.context["results"].groups}

    assert len(groups["order"].hits) == len(groups["customer"].hits) == 6
    assert groups["order"].more == "/orders/?q=martin"
    assert "/search/?q=martin&amp;all=1" in answer.content.decode()


def test_what_may_be_a_name_shows_people_first_and_eight_of_a_kind(world: World, clerk: Client) -> None:
    for n in range(12):
        bought("Anne", "Martin", email=f"{n}@example.com", phone="+33612345678")
    catch_up()

    assert list(found(clerk, "martin")) == ["customer", "order"]
    groups = clerk.get("/search/", {"q": "martin"}).context["results"].groups
    assert [len(group.hits) for group in groups] == [8, 8]


@pytest.mark.parametrize("text", ["martin", "marie martin", "06 12 34 56 78", "WEB-1", "a@example.com", MUG])
def test_a_search_takes_a_constant_number_of_statements(
    world: World, clerk: Client, text: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(7):
        bought("Marie", "Martin", email=f"{n}@example.com", phone="+33612345678")
    catch_up()
    clerk.get("/search/palette/")

    with django_assert_max_num_queries(17):
        clerk.get("/search/palette/", {"q": text})


def test_indexing_again_changes_nothing_and_forgets_what_is_no_more(order: Order, clerk: Client) -> None:
    before = set(SearchDocument.objects.values_list("id", "kind"))
    assert order.customer_id
    Customer.objects.filter(pk=order.customer_id).update(last_name="Neumann", phone="")

    list(rebuild())
    list(rebuild())

    assert set(SearchDocument.objects.values_list("id", "kind")) == before
    assert "customer" not in found(clerk, "muller")
    assert found(clerk, "06 12 34 56 78") == {}
    assert found(clerk, "neumann")["customer"] == ["Jürgen Neumann"]


def test_the_command_indexes_what_nobody_was_told_of(world: World, clerk: Client, capsys: Any) -> None:
    order = bought("Zoé", "Quéniart")

    call_command("search_index")

    assert found(clerk, "queniart")["order"] == [order.number]
    assert "2 orders and customers" in capsys.readouterr().out
