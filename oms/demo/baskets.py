"""What customers of the demo company order: who, through which channel, when, and which variants."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from oms.demo.company import company
from oms.demo.people import Person, people
from oms.demo.products import Variant, categories, variants
from oms.demo.seasons import order_times

LINE_COUNTS = (1, 2, 3, 4, 5, 6)
LINE_WEIGHTS = (38, 27, 16, 10, 6, 3)
QUANTITIES = (1, 2, 3, 4, 6)
QUANTITY_WEIGHTS = (70, 17, 5, 5, 3)
ORDERS_PER_CUSTOMER = 1.7
CAMPAIGNS = ("", "", "", "autumn-linen", "newsletter", "black-friday", "search")
SELLERS = {"store": ("till-1", "till-2"), "call_centre": ("Claire M.", "Nadia B.", "Tom H."), "kiosk": ("kiosk-1",)}


@dataclass(frozen=True)
class Basket:
    """One order as a customer means it; a channel is one entry of company.toml."""

    number: int
    channel: dict[str, Any]
    placed_at: datetime
    person: Person
    lines: tuple[tuple[Variant, int], ...]
    seller: str
    campaign: str
    service: str


def baskets(seed: int, *, until: datetime, days: int, total: int) -> list[Basket]:
    """`total` orders of the last `days` days, oldest first; the same for the same arguments."""
    random = Random(seed)
    channels: list[dict[str, Any]] = company()["channels"]
    shares = [channel["share"] for channel in channels]
    crowd = {country: people(random, country, _crowd(total, country)) for country in ("FR", "GB", "CH")}
    shelves = {country: Shelf(country) for country in crowd}
    moments = order_times(random, until=until, days=days, total=total)
    found: list[Basket] = []
    for number, moment in enumerate(moments, start=1):
        channel = random.choices(channels, shares)[0]
        country = channel["country"]
        found.append(_basket(random, number, channel, moment, random.choice(crowd[country]), shelves[country]))
    return found


class Shelf:
    """The variants that may be sold in a country, with how often each is bought (a few are bought very often)."""

    def __init__(self, country: str) -> None:
        pools = {location["code"]: location["pools"] for location in company()["locations"]}
        pool = "EU" if country == "FR" else country
        self.variants = [item for item in variants() if not item.vendor or pool in pools[item.vendor]]
        self.weights = _weights(self.variants)

    def pick(self, random: Random, count: int) -> list[Variant]:
        """Up to `count` different variants."""
        return list(dict.fromkeys(random.choices(self.variants, self.weights, k=count)))


def _weights(items: list[Variant]) -> list[float]:
    """Each category has its share of sales; within it demand falls off like 1 / rank, in a fixed shuffled order."""
    shares = {category.code: category.share for category in categories()}
    ranked = Random(7).sample(range(len(items)), len(items))
    raw = [1 / (3 + rank % 60) ** 0.8 for rank in ranked]
    totals: dict[str, float] = {}
    for item, weight in zip(items, raw, strict=True):
        totals[item.category] = totals.get(item.category, 0) + weight
    return [shares[item.category] * weight / totals[item.category] for item, weight in zip(items, raw, strict=True)]


def _basket(
    random: Random, number: int, channel: dict[str, Any], moment: datetime, person: Person, shelf: Shelf
) -> Basket:
    count = random.choices(LINE_COUNTS, LINE_WEIGHTS)[0]
    lines = tuple(
        (item, 1 if item.category == "furniture" else random.choices(QUANTITIES, QUANTITY_WEIGHTS)[0])
        for item in shelf.pick(random, count)
    )
    express = channel["country"] != "CH" and random.random() < 0.08
    return Basket(
        number=number,
        channel=channel,
        placed_at=moment,
        person=person,
        lines=lines,
        seller=random.choice(SELLERS.get(channel["kind"], ("",))),
        campaign=random.choice(CAMPAIGNS),
        service="express" if express else "standard",
    )


def _crowd(total: int, country: str) -> int:
    part = {"FR": 0.69, "GB": 0.23, "CH": 0.08}[country]
    return max(5, int(total * part / ORDERS_PER_CUSTOMER))
