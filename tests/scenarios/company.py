"""The company in which stories begin: made once, and copied for each story, so that commits are real."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

import payments.providers
from capture import references
from catalog.services import set_serials
from core.actors import SYSTEM
from inventory.holdings.lots import LotInput, receive_lot, track
from inventory.services import adjust
from payments.providers import guard, stripe
from payments.services import settlement, voids
from sourcing.network import forget
from tests import database
from tests.factories.feeds import feed_at
from tests.factories.holdings import bins_at
from tests.factories.world import CANDLE, VASE, World, small_world
from tests.scenarios import statements
from tests.scenarios.bank import SECRET, Bank

UNITS = {"warehouse": 12, "store": 4}
SOON = date.today() + timedelta(days=400)
_days = count(1)


@dataclass(frozen=True)
class Company:
    """A world in a database of its own that nobody works in; `stock` counts its units by (SKU, place, condition)."""

    world: World
    original: str
    stock: dict[tuple[str, str, str], int]
    patch: pytest.MonkeyPatch

    @contextmanager
    def opened(self) -> Iterator[Bank]:
        """A copy of it to work in, and its bank."""
        bank = Bank()
        client = bank.client()
        self.patch.setattr(stripe, "client", lambda: client)
        connections.close_all()
        with database.copied(self.original, str(next(_days))) as name, database.leading_to(name):
            references.forget()
            forget()
            yield bank
        bank.store.close()


def found_company(original: str, patch: pytest.MonkeyPatch, settings: Settings) -> Company:
    """Make the world in the database that Django works on, and leave it."""
    statements.install(patch)
    patch.setattr(
        logging.root.manager, "disable", logging.ERROR
    )  # of the faults that are made here, thousands of lines
    settings.PROVIDER_KEY, settings.PROVIDER_WEBHOOK_SECRET = "sk_test_bank", SECRET
    # Calls one after the other, and no wait for anything: the same story always goes the same way.
    patch.setattr(payments.providers, "AT_ONCE", 1)
    patch.setattr(guard, "MOST_MISSED", 10**9)
    patch.setattr(settlement, "FIRST_CHANCE", timedelta(0))
    patch.setattr(voids, "SEARCH_LAG", timedelta(0))
    world = small_world(stock=UNITS["warehouse"], store_stock=UNITS["store"])
    rule = {"expected_minutes": 60, "when_silent": "hold_share", "hold_share": 50}
    feed_at(world.warehouse, world.store, code="EYES", **rule)
    for place in (world.warehouse, world.store):
        bins_at(place, "A-01", "A-02")
        bins_at(place, "Q-01", kind="quarantine")
    set_serials(world.variants[VASE].pk, True, actor=SYSTEM)
    track(world.variants[CANDLE].pk, expiry=True, shelf_days=30, actor=SYSTEM)
    for place, units in ((world.warehouse, 3), (world.store, 1)):
        receive_lot(world.variants[CANDLE].pk, place.pk, units, LotInput("C-1", SOON), actor=SYSTEM)
        adjust(world.variants[CANDLE].pk, place.pk, -units, reason="lots begin", actor=SYSTEM)
    places = {world.warehouse.code: UNITS["warehouse"], world.store.code: UNITS["store"]}
    stock = {(sku, place, "sellable"): units for sku in world.variants for place, units in places.items()}
    return Company(world, original, stock, patch)
