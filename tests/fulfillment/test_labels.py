"""What is printed for a parcel."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from fulfillment.carriers.builtin import check_digit, is_tracking_number, tracking_number
from fulfillment.labels import label, packing_slip
from fulfillment.models import Shipment
from fulfillment.selectors import parcel
from tests.factories.orders import packed
from tests.factories.world import CANDLE, MUG, small_world


def text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_the_check_digit_is_that_of_the_postal_standard() -> None:
    assert check_digit("47312482") == 9
    assert tracking_number(47312482) == "ML473124829FR"


def test_a_misread_number_is_found() -> None:
    assert is_tracking_number("ML473124829FR")
    assert not is_tracking_number("ML473124828FR")
    assert not is_tracking_number("ML4731248")


@pytest.mark.django_db
def test_the_label_says_from_whom_to_whom_and_how() -> None:
    small_world()
    order, _ = packed({MUG: 2})
    shipment = parcel(Shipment.objects.get().id)
    page = PdfReader(BytesIO(label(shipment))).pages[0]
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [105, 148]
    words = page.extract_text()
    for wanted in ("Lyon warehouse", "Anne Bertin", "69001 Lyon", "STANDARD", order.number, shipment.tracking_number):
        assert wanted in words
    assert "0.82 kg" in words


@pytest.mark.django_db
def test_a_long_address_is_printed_to_its_end() -> None:
    small_world()
    long = "Résidence des Trois Érables, bâtiment C, escalier 4, porte gauche, " * 2 + "27 rue de la République"
    packed(
        {MUG: 1},
        shipping_address={"name": "A B", "line1": long, "postal_code": "69001", "city": "Lyon", "country": "FR"},
    )
    assert "de la République 69001 Lyon" in " ".join(text(label(parcel(Shipment.objects.get().id))).split())


@pytest.mark.django_db
def test_the_packing_slip_lists_what_is_in_the_box() -> None:
    small_world()
    order, _ = packed({MUG: 2, CANDLE: 1})
    words = text(packing_slip(parcel(Shipment.objects.get().id)))
    for wanted in (MUG, CANDLE, order.number, "Anne Bertin"):
        assert wanted in words
