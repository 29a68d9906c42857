"""Ninety days of the demo company, some days at a time, through the services that live orders go through."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

from django.utils import timezone

from capture.services import Attempt, place_orders
from core.actors import SYSTEM
from core.db import rows
from core.idempotency import Answer
from core.problems import Problem
from fulfillment.amend import cancel
from oms.demo import comebacks
from oms.demo.baskets import Basket
from oms.history import alongside, arrive, send
from returns.services import receive_and_credit

FINAL = ("delivered", "completed", "cancelled")
CANCELLED_SHARE = 0.015
LATE_SHARE = 0.06
TRANSIT_DAYS = {"FR": 2, "GB": 2, "CH": 4}
EXPRESS_DAYS = 1
LATE_DAYS = 4
SHIPPING_HOUR = 15
ARRIVAL_HOUR = 11
RETURN_HOUR = 17
RETURN_WEEKDAYS = (0, 2, 4)
REASONS = ("ordered by mistake", "found it cheaper", "changed my mind", "delivery takes too long")


@dataclass(frozen=True, slots=True)
class Placed:
    """An order of the demo, as the database knows it, with the basket it came from."""

    id: UUID
    basket: Basket
    status: str


def order_of(basket: Basket, payments: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The basket as an order comes in through the API, its placing time included."""
    person = basket.person
    return {
        "channel": basket.channel["code"],
        "external_id": external_id(basket),
        "placed_at": basket.placed_at,
        "customer": {
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "phone": person.phone,
            "language": person.language,
        },
        "shipping_address": {
            "name": f"{person.first_name} {person.last_name}",
            "line1": person.line1,
            "postal_code": person.postal_code,
            "city": person.city,
            "country": person.country,
            "phone": person.phone,
        },
        "fulfillment": {"method": "ship", "service": basket.service},
        "lines": [{"sku": item.sku, "quantity": quantity} for item, quantity in basket.lines],
        "shipping_price": freight(basket),
        "seller": basket.seller,
        "campaign": basket.campaign,
        "payments": payments or [],
    }


def external_id(basket: Basket) -> str:
    """The order number that the shop gave it."""
    return f"ML-{basket.number:06d}"


def goods_value(basket: Basket) -> Decimal:
    """What the goods cost, with tax, in the channel's currency."""
    currency = basket.channel["currency"]
    return sum((item.prices[currency] * quantity for item, quantity in basket.lines), Decimal(0))


def freight(basket: Basket) -> Decimal:
    """What delivery costs the customer: nothing from the channel's limit on."""
    free_from = Decimal(basket.channel["free_from"])
    return Decimal(0) if goods_value(basket) >= free_from else Decimal(basket.channel["freight"])


def place(baskets: Sequence[Basket], *, card: bool = False) -> list[Placed]:
    """Place those that are not there yet; returns all that are there, in order."""
    known = _known(baskets)
    new = [basket for basket in baskets if external_id(basket) not in known]
    attempts = [Attempt(order_of(basket, _card(basket) if card else None), external_id(basket), "") for basket in new]
    outcomes = place_orders(attempts, client="demo", actor=SYSTEM, keep_answers=False) if attempts else []
    for basket, outcome in zip(new, outcomes, strict=True):
        if isinstance(outcome, Answer):
            known[external_id(basket)] = Placed(UUID(outcome.body["id"]), basket, outcome.body["status"])
    return [known[external_id(basket)] for basket in baskets if external_id(basket) in known]


def _card(basket: Basket) -> list[dict[str, Any]]:
    return [{"tender": "card", "amount": goods_value(basket) + freight(basket), "token": "tok_visa"}]


def _known(baskets: Sequence[Basket]) -> dict[str, Placed]:
    by_number = {external_id(basket): basket for basket in baskets}
    found = rows(
        "SELECT id, external_id, status FROM orders_order WHERE external_id = ANY(%(ids)s)", {"ids": list(by_number)}
    )
    return {row.external_id: Placed(row.id, by_number[row.external_id], row.status) for row in found}


class History:
    """The past, `days` days at a time. An interrupted run goes on where it was: orders are known by their number."""

    def __init__(self, seed: int, now: datetime, days: int = 1, *, workers: int = 1) -> None:
        self.seed, self.now, self.days, self.workers = seed, now, days, workers
        self.coming: dict[date, list[UUID]] = {}
        self.returning: dict[date, list[UUID]] = {}
        self.places = comebacks.place_ids()

    def write(self, baskets: Sequence[Basket], progress: Callable[[int], None]) -> None:
        """Everything that these orders, placed on past days, went through until now."""
        done = 0
        times = groupby(baskets, key=lambda basket: _local_day(basket).toordinal() // self.days)
        with alongside(self.workers) as do:
            for _, some in times:
                todays = list(some)
                do(partial(self._day, _local_day(todays[-1]), place(todays)))
                done += len(todays)
                progress(done)
        for day in sorted(self.coming):
            self._arrive(day, Random(f"{self.seed} after {day}"))

    def _day(self, day: date, placed_orders: Sequence[Placed]) -> None:
        random = Random(f"{self.seed} {day}")
        open_orders = [placed for placed in placed_orders if placed.status not in FINAL]
        lost = {placed.id for placed in open_orders if random.random() < CANCELLED_SHARE}
        for order_id in sorted(lost):
            self._cancel(order_id, random.choice(REASONS), self._at(day, SHIPPING_HOUR - 1))
        sent = [placed for placed in open_orders if placed.id not in lost]
        shipped_at = max([self._at(day, SHIPPING_HOUR), *(placed.basket.placed_at for placed in sent)])
        send([placed.id for placed in sent], at=min(shipped_at, self.now), actor=SYSTEM)
        for placed in sent:
            self.coming.setdefault(day + self._transit(placed.basket, random), []).append(placed.id)
        for due in sorted(due for due in self.coming if due <= day):
            self._arrive(due, random)
        if self.days > 1 or day.weekday() in RETURN_WEEKDAYS:
            self._take_back(day, random)

    def _cancel(self, order_id: UUID, reason: str, at: datetime) -> None:
        try:
            cancel(order_id, actor=SYSTEM, reason=reason, at=at)
        except Problem:
            return

    def _transit(self, basket: Basket, random: Random) -> timedelta:
        days = EXPRESS_DAYS if basket.service == "express" else TRANSIT_DAYS[basket.channel["country"]]
        late = random.randrange(1, LATE_DAYS + 1) if random.random() < LATE_SHARE else 0
        return timedelta(days=days + late)

    def _arrive(self, day: date, random: Random) -> None:
        order_ids = self.coming.pop(day)
        at = self._at(day, ARRIVAL_HOUR)
        if at <= self.now:
            arrive(order_ids, at=at, actor=SYSTEM)
            for order_id in order_ids:
                back = day + timedelta(days=random.randint(*comebacks.DAYS))
                self.returning.setdefault(back, []).append(order_id)

    def _take_back(self, day: date, random: Random) -> None:
        """What has come back since the last time."""
        due = [order_id for back in sorted(self.returning) if back <= day for order_id in self.returning.pop(back)]
        for place, given in comebacks.choose(due, random).items():
            receive_and_credit(given, location_id=self.places[place], actor=SYSTEM, at=self._at(day, RETURN_HOUR))

    def _at(self, day: date, hour: int) -> datetime:
        return timezone.localtime(self.now).replace(
            year=day.year, month=day.month, day=day.day, hour=hour, minute=0, second=0, microsecond=0
        )


def _local_day(basket: Basket) -> date:
    return timezone.localdate(basket.placed_at)
