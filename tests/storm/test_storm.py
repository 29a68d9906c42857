"""Thousands of orders while workers, broker, database connections and provider fail at random: each ends as it should."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from pytest_django.fixtures import Settings

from catalog.models import Price
from tests.factories.provider import KEY
from tests.storm import reckoning
from tests.storm.company import found_company
from tests.storm.customers import Customers
from tests.storm.system import System, running
from tests.storm.weather import Weather

PEOPLE = 3


@dataclass(frozen=True)
class Size:
    """How many orders and faults; in seconds: between two orders of a customer, between two faults, until a lost
    delivery is found again, and for everything."""

    orders: int
    faults: int
    pace: float
    pause: float
    patience: float
    deadline: float


SMALL = Size(orders=150, faults=12, pace=0.2, pause=0.5, patience=4, deadline=240)
MANY = int(os.environ.get("STORM_ORDERS", "10000"))
LARGE = Size(orders=MANY, faults=MANY // 80, pace=0, pause=3, patience=10, deadline=1500)


@dataclass(frozen=True)
class Outcome:
    """How a storm ended: what was still to do when its time was over, and what was wrong."""

    taken: int
    happened: str
    unfinished: list[str]
    wrongs: list[str]


def storm(folder: Path, settings: Settings, size: Size, *, app: str = "tests.storm.hurried", seed: int = 1) -> Outcome:
    """Customers, floor and faults together; then the faults cease and everything comes to its end by itself."""
    started, spent = time.monotonic(), list[str]()
    company = found_company(size.orders)
    prices = {p.variant.sku: p.amount for p in Price.objects.select_related("variant")}
    with running(folder, os.environ["DATABASE_URL"], app=app, seed=seed, patience=size.patience) as system:
        settings.PROVIDER_URL, settings.PROVIDER_KEY = system.variables["PROVIDER_URL"], KEY
        headers = {"Authorization": f"Bearer {company.world.api_key}"}
        customers = Customers(
            system.variables["WEB_URL"], headers, wanted=size.orders, seed=seed, pace=size.pace, prices=prices
        )
        weather = Weather(system, seed=seed, pause=size.pause)
        spent.append(f"up after {time.monotonic() - started:.0f} s")
        customers.start(PEOPLE)
        end = time.monotonic() + size.deadline
        wait_in(system, lambda: customers.are_done and weather.happened.total() >= size.faults, end, weather.blow)
        spent.append(f"storm over after {time.monotonic() - started:.0f} s")
        customers.send_home()
        weather.clear_up()
        quiet = Quiet(folder / "unfinished.log")
        wait_in(system, quiet, end)
        spent.append(f"drained after {time.monotonic() - started:.0f} s")
        told = f"{', '.join(spent)}; {dict(weather.happened)}; refused: {dict(customers.refused)}"
        wrongs = customers.unexpected + reckoning.wrongs(
            customers.accepted, company.stock, folder / "simulator.sqlite3"
        )
        return Outcome(len(customers.accepted), told, quiet.left, wrongs)


class Quiet:
    """Whether nothing is left to do; what is, is written down for who wants to know what took so long.

    It is asked until it was so once: a webhook that comes later still is looked into, and changes nothing.
    """

    def __init__(self, file: Path) -> None:
        self.left: list[str] = []
        self._file = file

    def __call__(self) -> bool:
        self.left = reckoning.unfinished()
        with open(self._file, "a") as file:
            file.write(f"{time.monotonic():.0f}: {len(self.left)} {self.left[:5]}\n")
        return not self.left


BREATH = Event()


def wait_in(system: System, happened: Callable[[], bool], end: float, each: Callable[[], None] = lambda: None) -> None:
    """Look after the processes, of which the dead are started again, until it has happened or the time is over."""
    while not happened() and time.monotonic() < end:
        system.supervisor.look_after()
        each()
        BREATH.wait(0.1)


@pytest.mark.usefixtures("fresh_database")
def test_orders_in_a_storm_all_end_as_they_should(tmp_path: Path, settings: Settings) -> None:
    ended = storm(tmp_path, settings, SMALL)
    print(ended.happened)
    assert ended.taken >= SMALL.orders
    assert ended.unfinished == []
    assert ended.wrongs == []


@pytest.mark.long
@pytest.mark.usefixtures("fresh_database")
def test_ten_thousand_orders_in_a_storm_all_end_as_they_should(tmp_path: Path, settings: Settings) -> None:
    ended = storm(tmp_path, settings, LARGE)
    print(ended.happened)
    assert ended.taken >= LARGE.orders
    assert ended.unfinished == []
    assert ended.wrongs == []


@pytest.mark.long
@pytest.mark.usefixtures("fresh_database")
def test_a_new_key_for_each_call_to_the_provider_ends_wrong(tmp_path: Path, settings: Settings) -> None:
    ended = storm(tmp_path, settings, SMALL, app="tests.storm.careless")
    assert ended.wrongs
