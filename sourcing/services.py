"""Deciding where orders are sent from, in sets: three statements to read, one to record, whatever their number."""

import time
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from core.bulk import dump
from core.db import require_atomic, run
from core.ids import new_id
from core.money import quantise
from inventory.selectors import Free
from sourcing.alternatives import Ride, alternatives
from sourcing.network import Lane, Network, network
from sourcing.orders import Demanding, Stock, Wanted, demanding, free_stock
from sourcing.plans import Parcel, Plan, PlannedLine
from sourcing.promise import arrival
from sourcing.solver import NANO, Demand, Instance, Option, Package, Solution, missing, proven_single, solve

LATE_PER_DAY = 2 * NANO
"""What a day after the promise is worth avoiding, in nano-euros."""

PLENTY = 10**9
Timetable = dict[tuple[int, datetime], Option]
"""The option that each lane (by its `id`) is at a moment: the orders of a set share most of them."""


def decide(order_ids: Sequence[UUID], *, at: datetime | None = None, pins_only: bool = False) -> list[Plan]:
    """The cheapest plan for the reserved units of each order, in the order asked for; nothing is written.

    An order may use its own pins and what is free in its channel's pool; orders that come earlier in the set take
    first. Orders without reserved units are left out. A place that no longer ships gets no new work: what only it has
    is unfilled. With `pins_only` each unit is sent from where it is pinned, which always works: the way out when
    somebody else took what was free.
    """
    orders = demanding(order_ids, at or timezone.now())
    places = {place for order in orders for line in order.lines for place in line.pins}
    known = network(pool_ids={order.pool_id for order in orders}, site_ids=places)
    plans: dict[UUID, Plan] = {}
    open_orders: list[_Sourcing] = []
    timetable: Timetable = {}
    for order in orders:
        sourcing = _Sourcing(order, known, timetable, everywhere=pins_only)
        plan = sourcing.from_pins() if pins_only else sourcing.without_looking_further()
        if plan is None:
            open_orders.append(sourcing)
        else:
            plans[order.order_id] = plan
    free = free_stock(sourcing.order for sourcing in open_orders)
    for sourcing in open_orders:
        plans[sourcing.order.order_id] = sourcing.from_anywhere(free)
    return [plans[order.order_id] for order in orders]


def record(plans: Sequence[Plan], *, actor: Actor) -> None:
    """Keep the decisions with their alternatives, in the caller's transaction and one statement."""
    require_atomic()
    if not plans:
        return
    # One JSON text: an array of JSON texts would have every quotation mark escaped on the way.
    found = [_row(plan) for plan in plans]
    run(_INSERT, {"at": timezone.now(), "by": actor.label, "rows": dump(found)})


def _row(plan: Plan) -> dict[str, Any]:
    """The decision's own columns."""
    return {
        "id": new_id(),
        "order_id": plan.order_id,
        "status": plan.status,
        "plan": plan.document(),
        "cost": plan.cost,
        "unfilled": sum(line.quantity for line in plan.unfilled),
        "alternatives": plan.alternatives,
        "seconds": round(plan.seconds, 6),
    }


_INSERT = """
INSERT INTO sourcing_decision
    (id, order_id, decided_at, decided_by, status, plan, cost, unfilled, alternatives, seconds)
SELECT d.id, d.order_id, %(at)s, %(by)s, d.status, d.plan, d.cost, d.unfilled, d.alternatives, d.seconds
FROM json_to_recordset(%(rows)s::json)
     AS d (id uuid, order_id uuid, status text, plan jsonb, cost numeric, unfilled int, alternatives jsonb, seconds float8)
"""


class Stopwatch:
    """Seconds spent on one thing among others."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.go_on()

    def go_on(self) -> None:
        """Count from now."""
        self.since = time.perf_counter()

    def pause(self) -> float:
        """Stop counting; the seconds so far."""
        now = time.perf_counter()
        self.seconds += now - self.since
        self.since = now
        return self.seconds


class _Sourcing:
    """One order being sourced; `everywhere` lets it leave a place that does not ship, if it is pinned there."""

    def __init__(self, order: Demanding, known: Network, timetable: Timetable, *, everywhere: bool = False) -> None:
        self.clock = Stopwatch()
        self.order = order
        self.pinned = order.pinned()
        self.lanes = self._lanes(known, everywhere)
        self.options = [timetable.get((id(lane), order.at)) or self._option(lane, timetable) for lane in self.lanes]
        self.demands = self._demands()
        self.clock.pause()

    def without_looking_further(self) -> Plan | None:
        """The plan when one place holds all pins and no other could be cheaper even with endless stock."""
        if len(self.pinned) != 1:
            return None
        self.clock.go_on()
        (home,) = self.pinned
        endless = {line.variant_id: PLENTY for line in self.order.lines}
        everywhere = {option.location: endless for option in self.options}
        instance = self._instance(everywhere)
        found = proven_single(instance)
        self.clock.pause()
        if found is None or found.packages[0].option.location != home:
            return None
        return None if missing(self._instance(self.pinned), home) else self._plan(found, instance)

    def from_pins(self) -> Plan:
        """Every unit from where it is pinned."""
        self.clock.go_on()
        instance = self._instance(self.pinned)
        return self._plan(solve(instance), instance)

    def from_anywhere(self, free: Free) -> Plan:
        """The cheapest of all; what it takes of the free stock is gone for the orders after it."""
        self.clock.go_on()
        variants = {line.variant_id for line in self.order.lines}
        channel, stock = self.order.channel_id, Stock()
        ours = free.of(channel)
        for option in self.options:
            own, here = self.pinned.get(option.location, {}), ours.get(option.location, {})
            stock[option.location] = {
                v: own.get(v, 0) + max(0, here.get(v, 0)) for v in variants if v in own or v in here
            }
        instance = self._instance(stock)
        found = solve(instance)
        for package in found.packages:
            place = package.option.location
            for variant, units in package.units.items():
                taken = units - self.pinned.get(place, {}).get(variant, 0)
                if taken > 0:
                    free.take(channel, place, variant, taken)
        return self._plan(found, instance)

    def _lanes(self, known: Network, everywhere: bool) -> list[Lane]:
        """Legal lanes, those of pinned places first: among equals nothing is moved."""
        order = self.order
        legal = known.lanes(order.pool_id, order.country, order.postal_code, order.service)
        first = [lane for lane in legal if lane.site.id in self.pinned]
        there = {lane.site.id for lane in first}
        strays = [place for place in self.pinned if place not in there and (everywhere or known.sites[place].ships)]
        stray_lanes = known.lanes_from(strays, order.country, order.postal_code, order.service) if strays else []
        return [*first, *stray_lanes, *(lane for lane in legal if lane.site.id not in there)]

    def _option(self, lane: Lane, timetable: Timetable) -> Option:
        at = self.order.at
        promise = arrival(lane.site, lane.card, at)
        days = (promise.latest - at.date()).days
        ride = Ride(lane, promise)
        option = Option(lane.site.id, ride, days, lane.fixed, lane.site.unit_cost, lane.card.per_gram)
        timetable[id(lane), at] = option
        return option

    def _demands(self) -> list[Demand]:
        units: dict[UUID, int] = {}
        for line in self.order.lines:
            units[line.variant_id] = units.get(line.variant_id, 0) + line.quantity
        weights = {line.variant_id: line.weight_g for line in self.order.lines}
        return [Demand(variant, quantity, weights[variant]) for variant, quantity in units.items()]

    def _instance(self, stock: Stock) -> Instance:
        due = None if self.order.due is None else (self.order.due - self.order.at.date()).days
        return Instance(self.demands, stock, self.options, due_days=due, late_per_day=LATE_PER_DAY)

    def _plan(self, found: Solution, instance: Instance) -> Plan:
        lines = {line.line_id: line.quantity for line in self.order.lines}
        parcels = tuple(self._parcel(package, lines) for package in found.packages)
        left = tuple(
            PlannedLine(line.line_id, line.variant_id, lines[line.line_id])
            for line in self.order.lines
            if lines[line.line_id]
        )
        return Plan(
            order_id=self.order.order_id,
            parcels=parcels,
            unfilled=left,
            cost=sum((parcel.cost for parcel in parcels), Decimal(0)),
            status=found.status,
            alternatives=alternatives(instance, found),
            seconds=self.clock.pause(),
        )

    def _parcel(self, package: Package, left: dict[UUID, int]) -> Parcel:
        ride: Ride = package.option.service
        lane, promise = ride.lane, ride.promise
        weights = {demand.sku: demand.weight_g for demand in self.demands}
        grams = sum(units * weights[variant] for variant, units in package.units.items())
        units = sum(package.units.values())
        freight = lane.freight_of(grams)
        return Parcel(
            location_id=lane.site.id,
            carrier=lane.card.carrier,
            service=lane.card.service or self.order.service,
            lines=tuple(self._share(package, left)),
            freight=_euros(freight),
            cost=_euros(freight + lane.site.order_cost + lane.site.unit_cost * units),
            earliest=promise.earliest,
            latest=promise.latest,
        )

    def _share(self, package: Package, left: dict[UUID, int]) -> list[PlannedLine]:
        """The package's units by order line, lines pinned there first; `left` keeps what each line still wants."""
        place = package.option.location
        shared: list[PlannedLine] = []
        wanting: dict[UUID, list[Wanted]] = {}
        for line in self.order.lines:
            wanting.setdefault(line.variant_id, []).append(line)
        for variant, units in package.units.items():
            for line in sorted(wanting[variant], key=lambda line: place not in line.pins):
                taken = min(units, left[line.line_id])
                if taken:
                    shared.append(PlannedLine(line.line_id, line.variant_id, taken))
                    left[line.line_id] -= taken
                    units -= taken
        return shared


def _euros(nanos: int) -> Decimal:
    return quantise(Decimal(nanos) / NANO, "EUR")
