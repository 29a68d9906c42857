"""Who waits in the demo company: a pre-order, one whose goods will not come, and one that was served when they came."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from capture.services import Attempt, place_orders
from catalog.models import Variant
from catalog.services import set_pre_order
from core.actors import SYSTEM, Actor
from core.days import company_day
from core.idempotency import Answer
from core.ids import new_id
from fulfillment import backorders
from fulfillment.expected import expect_again
from fulfillment.routing import route
from inventory.models import Location, Stock, Supply
from inventory.selectors import atp
from inventory.services import In, receive
from inventory.supply.services import Expected, arrive, close, expect
from orders.models import Channel, Order

BUYER, DOCK = Actor("user", "Inès Morel"), Actor("user", "Karim Haddad")
HOTEL, UNLUCKY, AHEAD, SERVED, ASKED = (f"ML-W{n}" for n in range(5))
UNITS, COMES, MOST = 2, 24, 500
PEOPLE = {
    HOTEL: ("Hôtel", "Beaurivage", "12 quai de Saône", "69009", "Lyon"),
    UNLUCKY: ("Maud", "Perrin", "4 rue des Tanneurs", "67000", "Strasbourg"),
    AHEAD: ("Théo", "Garnier", "27 avenue Foch", "54000", "Nancy"),
    ASKED: ("Noé", "Vidal", "31 cours Lafayette", "69003", "Lyon"),
    SERVED: ("Lise", "Aubert", "8 place du Marché", "35000", "Rennes"),
}


def wait(now: datetime) -> None:
    """Set it all up, once: a hotel buys what there is of three products, and three others want some."""
    channel = Channel.objects.filter(code="web", is_active=True).first()
    if channel is None or Order.objects.filter(external_id=HOTEL).exists():
        return
    scarce = few(channel)
    if len(scarce) < 3:
        return
    wanted = [variant for variant, _ in scarce]
    with transaction.atomic():
        place(HOTEL, now, scarce)
        supply = _expect(wanted)
        for variant in wanted:
            set_pre_order(variant.pk, True, actor=BUYER)
        unlucky, _ahead, served = (
            place(number, now, [(variant, UNITS)])
            for number, variant in zip((UNLUCKY, AHEAD, SERVED), wanted, strict=True)
        )
        close(supply[0].pk, reason="le fournisseur est en rupture", actor=BUYER)
        expect_again(Order.objects.get(pk=unlucky).lines.values_list("id", flat=True), actor=SYSTEM)
        _come(supply[-1])
        backorders.take_up([wanted[-1].pk], actor=SYSTEM)
        route([served], actor=SYSTEM)


def few(channel: Channel) -> list[tuple[Variant, int]]:
    """The three products of which the channel has least and nothing is on its way, and how many it has."""
    coming = Supply.objects.filter(state=Supply.State.EXPECTED).values("variant")
    here = Stock.objects.filter(location__kind=Location.Kind.WAREHOUSE, location__poollocation__pool=channel.pool_id)
    stored = Variant.objects.filter(is_stocked=True, is_active=True, pk__in=here.values("variant"))
    found = list(stored.exclude(pk__in=coming).order_by("sku"))
    free = atp([variant.pk for variant in found], channel.pool_id, channel.pk)
    some = [(variant, free[variant.pk]) for variant in found if 0 < free[variant.pk] <= MOST]
    return sorted(some, key=lambda each: each[1])[:3]


def place(number: str, now: datetime, lines: Sequence[tuple[Variant, int]]) -> UUID:
    """One of the people orders; the order's id."""
    first, last, line1, postal_code, city = PEOPLE[number]
    body: dict[str, Any] = {
        "channel": "web",
        "external_id": number,
        "placed_at": now,
        "customer": {"email": f"{number.lower()}@example.com", "first_name": first, "last_name": last, "language": "fr"},
        "shipping_address": {
            "name": f"{first} {last}", "line1": line1, "postal_code": postal_code, "city": city, "country": "FR",
        },
        "fulfillment": {"method": "ship", "service": "standard"},
        "lines": [{"sku": variant.sku, "quantity": units} for variant, units in lines],
    }  # fmt: skip
    (outcome,) = place_orders([Attempt(body, number, "")], client="demo", actor=SYSTEM, keep_answers=False)
    if not isinstance(outcome, Answer):
        raise outcome
    return UUID(outcome.body["id"])


def _expect(variants: Sequence[Variant]) -> list[Supply]:
    place = (
        Stock.objects.filter(variant=variants[0], location__kind=Location.Kind.WAREHOUSE)
        .order_by("location__code")[0]
        .location
    )
    lines = [
        Expected(
            variant.pk, place.pk, company_day() + timedelta(days=due), COMES, Supply.Kind.PURCHASE, new_id(), reference
        )
        for variant, due, reference in zip(variants, (6, 12, 0), ("ASN-2001", "ASN-2002", "ASN-2003"), strict=True)
    ]
    made = expect(lines, actor=BUYER)
    return [Supply.objects.get(pk=key) for key in made]


def _come(supply: Supply) -> None:
    receive([In(supply.variant_id, supply.location_id, COMES)], source=new_id(), actor=DOCK, note="BL 30112")
    arrive(supply.pk, COMES, actor=DOCK)
