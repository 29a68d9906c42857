"""The cheapest way to send one order, exactly.

Each location used sends one package with one service. A plan costs, in whole nano-euros:

    Σ over packages (fixed + per_unit × units + per_gram × grams)
    + late_per_day × days by which the slowest package misses the due day + unfilled_per_unit × units left.

With the set of packages given, the rest is linear and falls apart by SKU, so filling each SKU from the cheapest
package on is optimal. What remains is a search over sets of packages: branch and bound, where a location that is not
decided yet costs its fixed part spread over the most units it could send, which never overestimates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Key = Any
"""Whatever names a SKU, a location or a service: anything that can be a key of a dictionary."""

NANO = 10**9
MOST_NODES = 2_000
MOST_PACKAGES = 99


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of one SKU that an order wants; `weight_g` is of one unit."""

    sku: Key
    quantity: int
    weight_g: int


@dataclass(frozen=True, slots=True)
class Option:
    """A way that a location can send its package. Costs in nano-euros; `days` until it arrives; `service` is the
    caller's own name for it."""

    location: Key
    service: Key
    days: int
    fixed: int
    per_unit: int
    per_gram: int

    def unit_cost(self, weight_g: int) -> int:
        """What one more unit of that weight costs."""
        return self.per_unit + self.per_gram * weight_g


@dataclass(frozen=True, slots=True)
class Instance:
    """An order to be sourced. `stock[location][sku]` is what the order may take there."""

    demands: Sequence[Demand]
    stock: Mapping[Key, Mapping[Key, int]]
    options: Sequence[Option]
    due_days: int | None = None
    late_per_day: int = 0
    unfilled_per_unit: int = 10_000 * NANO
    max_packages: int = MOST_PACKAGES

    def late_cost(self, days: int) -> int:
        """The price of arriving after the due day."""
        return 0 if self.due_days is None else self.late_per_day * max(0, days - self.due_days)


@dataclass(frozen=True, slots=True)
class Package:
    """What one location sends: units by SKU."""

    option: Option
    units: dict[Key, int]


@dataclass(frozen=True, slots=True)
class Solution:
    """The plan found. `status` is `optimal` only when proven; `bound` is what no plan can undercut."""

    cost: int
    packages: tuple[Package, ...]
    unfilled: dict[Key, int] = field(default_factory=dict)
    status: Literal["optimal", "feasible"] = "optimal"
    bound: int = 0
    nodes: int = 0


def solve(instance: Instance, *, most_nodes: int = MOST_NODES) -> Solution:
    """The cheapest plan; after `most_nodes` steps of search the best so far, marked `feasible`.

    Every SKU stands once in the demands. Equal plans are decided for the option that stands first.
    """
    return proven_single(instance) or _Search(instance, best_single(instance), most_nodes).run()


def proven_single(instance: Instance) -> Solution | None:
    """The cheapest single package where a glance proves that no other plan is cheaper, else None."""
    best = best_single(instance)
    return best if best is not None and _beats_every_split(instance, best) else None


def best_single(instance: Instance) -> Solution | None:
    """The cheapest package that holds the whole order, or None when no location has it all."""
    units, grams = _totals(instance)
    cheapest: tuple[int, Option] | None = None
    serves: dict[Key, bool] = {}
    for option in instance.options:
        cost = option.fixed + option.per_unit * units + option.per_gram * grams + instance.late_cost(option.days)
        if cheapest is not None and cost >= cheapest[0]:
            continue
        place = option.location
        if place not in serves:
            serves[place] = not missing(instance, place)
        if serves[place]:
            cheapest = (cost, option)
    if cheapest is None:
        return None
    cost, option = cheapest
    return Solution(cost, (Package(option, {d.sku: d.quantity for d in instance.demands}),), bound=cost)


def missing(instance: Instance, location: Key) -> int:
    """Units of the order that the location does not have."""
    here = instance.stock.get(location, {})
    return sum(max(0, demand.quantity - here.get(demand.sku, 0)) for demand in instance.demands)


def price(instance: Instance, chosen: Sequence[Option]) -> Solution:
    """The best that can be done with exactly these packages open (unused ones are dropped and not paid)."""
    packages: dict[Key, dict[Key, int]] = {option.location: {} for option in chosen}
    unfilled: dict[Key, int] = {}
    cost = 0
    for demand in instance.demands:
        left = demand.quantity
        ranked = sorted((option.unit_cost(demand.weight_g), n) for n, option in enumerate(chosen))
        for each, n in ranked:
            if each >= instance.unfilled_per_unit or not left:
                break
            place = chosen[n].location
            taken = min(left, instance.stock.get(place, {}).get(demand.sku, 0))
            if taken > 0:
                packages[place][demand.sku] = taken
                cost += taken * each
                left -= taken
        if left:
            unfilled[demand.sku] = left
            cost += left * instance.unfilled_per_unit
    used = [option for option in chosen if packages[option.location]]
    cost += sum(option.fixed for option in used) + instance.late_cost(max((o.days for o in used), default=0))
    return Solution(cost, tuple(Package(option, packages[option.location]) for option in used), unfilled)


def _totals(instance: Instance) -> tuple[int, int]:
    units = sum(demand.quantity for demand in instance.demands)
    return units, sum(demand.quantity * demand.weight_g for demand in instance.demands)


def _beats_every_split(instance: Instance, single: Solution) -> bool:
    """Whether two packages, or leaving a unit, must cost at least as much: the quick proof for most orders."""
    if single.cost > instance.unfilled_per_unit:
        return False
    fixed: dict[Key, int] = {}
    for option in instance.options:
        fixed[option.location] = min(option.fixed, fixed.get(option.location, option.fixed))
    if len(fixed) < 2:
        return True
    units, grams = _totals(instance)
    cheapest, second = sorted(fixed.values())[:2]
    per_unit = min(option.per_unit for option in instance.options)
    per_gram = min(option.per_gram for option in instance.options)
    return single.cost <= cheapest + second + per_unit * units + per_gram * grams


class _Search:
    """Branch and bound over the locations: closed, or open with one of its services."""

    def __init__(self, instance: Instance, best: Solution | None, most_nodes: int) -> None:
        self.instance = instance
        self.most_nodes = most_nodes
        self.nodes = 0
        self.cut = False
        self.choices = _useful_options(instance)
        nothing = price(instance, [])
        self.best = best if best is not None and best.cost < nothing.cost else nothing
        self._prepare()

    def _prepare(self) -> None:
        """Per SKU and location: what is there, and the least that a unit from an undecided location can cost."""
        wanted = {demand.sku: demand.quantity for demand in self.instance.demands}
        self.rows: list[tuple[int, int, list[tuple[Key, int, int, int]]]] = []
        reach = {
            place: sum(min(there, wanted.get(sku, 0)) for sku, there in self.instance.stock.get(place, {}).items())
            for place in self.choices
        }
        for demand in self.instance.demands:
            row = []
            for place, options in self.choices.items():
                there = min(self.instance.stock.get(place, {}).get(demand.sku, 0), demand.quantity)
                if there > 0:
                    least = min(o.unit_cost(demand.weight_g) + o.fixed // reach[place] for o in options)
                    row.append((place, there, least, demand.weight_g))
            self.rows.append((demand.quantity, demand.weight_g, row))

    def run(self) -> Solution:
        """Search until nothing open can be cheaper, or until the nodes are used up."""
        for options in self.choices.values():
            for option in options:
                self._offer(price(self.instance, [option]))
        root = self._bound({}, frozenset())[0]
        self._visit({}, frozenset())
        best = self.best
        status: Literal["optimal", "feasible"] = "feasible" if self.cut else "optimal"
        bound = min(root, best.cost) if self.cut else best.cost
        return Solution(best.cost, best.packages, best.unfilled, status, bound, self.nodes)

    def _offer(self, plan: Solution) -> None:
        if plan.cost < self.best.cost and len(plan.packages) <= self.instance.max_packages:
            self.best = plan

    def _visit(self, opened: dict[Key, Option], closed: frozenset[Key]) -> None:
        if self.nodes >= self.most_nodes:
            self.cut = True
            return
        self.nodes += 1
        bound, place = self._bound(opened, closed)
        if bound >= self.best.cost:
            return
        self._offer(price(self.instance, list(opened.values())))
        if place is None or len(opened) >= self.instance.max_packages:
            return
        for option in self.choices[place]:
            self._visit({**opened, place: option}, closed)
        self._visit(opened, closed | {place})

    def _bound(self, opened: dict[Key, Option], closed: frozenset[Key]) -> tuple[int, Key | None]:
        """What no completion of these decisions can undercut, and the undecided location it leans on most."""
        unfilled = self.instance.unfilled_per_unit
        full = len(opened) >= self.instance.max_packages
        cost = sum(option.fixed for option in opened.values())
        cost += self.instance.late_cost(max((option.days for option in opened.values()), default=0))
        leaning: dict[Key, int] = {}
        for quantity, weight, row in self.rows:
            offers: list[tuple[int, int, Key | None]] = []
            for place, there, least, _ in row:
                option = opened.get(place)
                if option is not None:
                    offers.append((option.unit_cost(weight), there, None))
                elif place not in closed and not full:
                    offers.append((least, there, place))
            offers.sort(key=_by_cost)
            left = quantity
            for each, there, place in offers:
                if each >= unfilled:
                    break
                taken = there if there < left else left
                cost += taken * each
                left -= taken
                if place is not None:
                    leaning[place] = leaning.get(place, 0) + taken
                if not left:
                    break
            cost += left * unfilled
        return cost, max(leaning, key=lambda place: leaning[place]) if leaning else None


def _by_cost(offer: tuple[int, int, Key | None]) -> int:
    return offer[0]


def _useful_options(instance: Instance) -> dict[Key, list[Option]]:
    """Options by location, without locations that have nothing wanted and services that another one beats in all."""
    wanted = {demand.sku for demand in instance.demands}
    choices: dict[Key, list[Option]] = {}
    for option in instance.options:
        here = instance.stock.get(option.location, {})
        if any(sku in wanted and there > 0 for sku, there in here.items()):
            choices.setdefault(option.location, []).append(option)
    return {place: _undominated(instance, options) for place, options in choices.items()}


def _undominated(instance: Instance, options: list[Option]) -> list[Option]:
    kept: list[Option] = []
    for option in sorted(options, key=lambda o: (o.fixed, o.per_gram, o.per_unit, instance.late_cost(o.days))):
        if not any(_at_least_as_good(instance, other, option) for other in kept):
            kept.append(option)
    return kept


def _at_least_as_good(instance: Instance, a: Option, b: Option) -> bool:
    return (
        a.fixed <= b.fixed
        and a.per_unit <= b.per_unit
        and a.per_gram <= b.per_gram
        and instance.late_cost(a.days) <= instance.late_cost(b.days)
    )
