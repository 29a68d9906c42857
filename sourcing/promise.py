"""When a parcel arrives: cut-off, handling, working days on the road. The same figure is promised and planned with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from core.days import after, working_day
from sourcing.network import Card, Site, network

EVENING = time(18)
"""The end of the day's work at a site without a cut-off."""
LATE_DAYS = 5
"""Days after which supply that is late is hoped for, so that a customer hears of a delay once, not every day."""


@dataclass(frozen=True, slots=True)
class Promise:
    """The days between which the last parcel arrives, both included."""

    earliest: date
    latest: date


def promise(site_ids: Iterable[UUID], service: str, country: str, postal_code: str, at: datetime) -> Promise | None:
    """The promise of an order that leaves from these locations when it is accepted at `at`; None without locations."""
    wanted = list(site_ids)
    lanes = network(site_ids=wanted).lanes_from(wanted, country, postal_code, service)
    arrivals = [arrival(lane.site, lane.card, at) for lane in lanes]
    return slowest(arrivals)


def slowest(arrivals: Iterable[Promise]) -> Promise | None:
    """The promise of several parcels together."""
    known = list(arrivals)
    return Promise(max(p.earliest for p in known), max(p.latest for p in known)) if known else None


def ready(site: Site, at: datetime) -> datetime:
    """When what is collected at the site is ready, of an order accepted at `at` (aware): at the hour of the cut-off, by
    which the work of a day is done, of the day on which a parcel would leave."""
    by = site.cut_off or EVENING
    here, in_time = _in_time(site.zone, by, at)
    return datetime.combine(leaves_on(here.date(), in_time, site.handling_days), by, site.zone)


def arrival(site: Site, card: Card, at: datetime) -> Promise:
    """The days on which a parcel from the site arrives when its order is accepted at `at` (aware)."""
    here, in_time = _in_time(site.zone, site.cut_off, at)
    return _arrival(here.date(), in_time, site.handling_days, card.days_min, card.days_max)


def _in_time(zone: ZoneInfo, cut_off: time | None, at: datetime) -> tuple[datetime, bool]:
    """The time of a place, and whether the cut-off of its day is still to come."""
    here = at.astimezone(zone)
    in_time = cut_off is None or here.time() < cut_off
    if here.fold and in_time and cut_off:  # the hour that comes twice in autumn: what was missed once stays missed
        in_time = at < datetime.combine(here.date(), cut_off, zone).astimezone(UTC)
    return here, in_time


def available_at(due: date, site_id: UUID, now: datetime) -> datetime:
    """When units that are due at a site on a day can leave: with the next day's work. What is late is hoped for within
    `LATE_DAYS` from now."""
    zone = network(site_ids=[site_id]).sites[site_id].zone
    today = now.astimezone(zone).date()
    here = due if due >= today else today + timedelta(days=LATE_DAYS)
    return datetime.combine(here + timedelta(days=1), time.min, zone)


def leaves_on(day: date, in_time: bool, handling_days: int) -> date:
    """The working day on which it is handed to the carrier: the same one when in time for the cut-off."""
    start = working_day(day)
    if start == day and not in_time:
        start = after(start, 1)
    return after(start, handling_days)


@lru_cache(maxsize=4096)
def _arrival(day: date, in_time: bool, handling_days: int, fastest: int, slowest_days: int) -> Promise:
    leaves = leaves_on(day, in_time, handling_days)
    return Promise(after(leaves, fastest), after(leaves, slowest_days))
