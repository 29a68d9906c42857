"""Deeds of people who count: a count is made, bins are counted by two people, differences are decided by a third."""

from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.ids import new_id
from inventory.counts import counting, planning, settling
from inventory.counts.counting import Entry, What
from inventory.counts.planning import Wish
from inventory.models import Bin, CountBin, CountLine, Location, Movement, StockCount
from tests.factories.world import CANDLE, MUG, VASE, World
from tests.scenarios.books import Books
from tests.scenarios.deed import Deed, nth

TEAM = (Actor("user", "Carl Counter", "5"), Actor("user", "Dora Double", "6"))
CHIEF = Actor("user", "May Manager", "7")
GOODS = (MUG, CANDLE, VASE)
GUESSES = (0, 4, 12, 3, 11)


class AtWork(Protocol):
    """Who does it."""

    world: World


class Counters:
    """Counts, and what becomes of them. They are never refused for what is promised."""

    def have_something_counted(self: AtWork, n: int, units: int) -> Deed | None:
        """Some articles, the bins of a place, or what is due."""
        place: Location = (self.world.warehouse, self.world.store)[n % 2]
        wishes = (Wish("articles", GOODS[: units % 3 + 1]), Wish("bins", ["*"]), Wish("due", most=units))
        if units == 2 and not Bin.objects.filter(location=place).exists():
            return None
        wish = wishes[n // 2 % 3]
        return Deed(
            f"{wish.scope} at {place.code} are to be counted", lambda: planning.make(place.pk, wish, actor=CHIEF)
        )

    def count_in_a_bin(self, n: int, units: int) -> Deed | None:
        """Some of what lies there, by one of two people; it is left, and may be gone on with."""
        spot, who = _spot(n), TEAM[units % 2]
        if spot is None:
            return None

        def do() -> None:
            with transaction.atomic():
                counting.take(spot.pk, actor=who, is_over=units > 2)
                if units == 2:
                    counting.count_many(spot.pk, _all_of(spot, n), actor=who)
                    return
                for i, line in enumerate(spot.lines.filter(status="open", round=spot.round).order_by("id")):
                    entry = Entry(new_id(), GUESSES[(n + i + units) % 5], is_total=n % 3 > 0)
                    counting.count(spot.pk, _what(line), entry, actor=who)

        return Deed(f"{who.label} counts in {spot.count.number}", do)

    def find_something_in_a_bin(self: AtWork, n: int, units: int) -> Deed | None:
        """What the books do not know of there."""
        spot, who = _spot(n), TEAM[units % 2]
        if spot is None:
            return None
        sku = GOODS[n % 3]

        def do() -> None:
            with transaction.atomic():
                counting.take(spot.pk, actor=who)
                counting.count(spot.pk, What(self.world.variants[sku].pk), Entry(new_id(), units), actor=who)

        return Deed(f"{who.label} finds {units} {sku} in {spot.count.number}", do)

    def finish_a_bin(self, n: int, units: int) -> Deed | None:
        """What is not counted is not there."""
        spot = _spot(n)
        who = next((each for each in TEAM if spot and spot.taken_key == settling.key_of(each)), TEAM[0])
        if spot is None:
            return None
        return Deed(
            f"{who.label} is done with a bin of {spot.count.number}",
            _then_moved(spot.count_id, lambda: counting.finish(spot.pk, actor=who, rest_is_none=True)),
            _posted,
        )

    def decide_about_a_difference(self, n: int, units: int) -> Deed | None:
        """Post it, leave the books as they are, or have it counted again."""
        line = nth(list(CountLine.objects.filter(status="approve").select_related("spot", "variant").order_by("id")), n)
        if line is None:
            return None
        acts: tuple[Callable[..., Any], ...] = (
            settling.approve,
            settling.approve,
            settling.decline,
            settling.send_back,
        )
        act, who = acts[units % 4], TEAM[0] if n % 5 == 4 else CHIEF
        return Deed(
            f"{who.label}: {act.__name__} {line.difference} {line.variant.sku}",
            _then_moved(line.spot.count_id, lambda: act(line.pk, reason="looked", actor=who)),
            _posted,
        )

    def give_a_count_up(self, n: int, units: int) -> Deed | None:
        count = nth(list(StockCount.objects.filter(status="open").order_by("id")), n)
        if count is None or units != 1:
            return None
        return Deed(
            f"{count.number} is cancelled", lambda: planning.cancel(count.pk, actor=CHIEF, reason="another day")
        )


def _spot(n: int) -> CountBin | None:
    found = CountBin.objects.filter(is_done=False, count__status="open").select_related("count")
    return nth(list(found.order_by("id")), n)


def _all_of(spot: CountBin, n: int) -> list[tuple[What, Entry]]:
    """All that is to be counted in a bin, as another system says it: at one moment."""
    lines = spot.lines.filter(status="open", round=spot.round).order_by("id")
    return [(_what(line), Entry(new_id(), GUESSES[(n + i) % 5], is_total=True)) for i, line in enumerate(lines)]


def _what(line: CountLine) -> What:
    return What(line.variant_id, line.lot_id, line.condition)


Moved = list[tuple[UUID, str, str, str, int]]


def _then_moved(count_id: UUID, act: Callable[[], Any]) -> Callable[[], Moved]:
    """Do it; then all movements of the count, those of before too."""

    def do() -> Moved:
        with transaction.atomic():
            act()
            lines = CountLine.objects.filter(spot__count=count_id).values("pk")
            names = ("pk", "variant__sku", "location__code", "condition", "quantity")
            return list(Movement.objects.filter(source__in=lines).values_list(*names))

    return do


def _posted(books: Books, moved: Moved) -> None:
    for key, sku, place, condition, quantity in moved:
        if key not in books.counted:
            books.counted.add(key)
            books.is_plain = False
            books.stock[sku, place, condition] += quantity


COUNTING = ("have_something_counted", "count_in_a_bin", "count_in_a_bin", "find_something_in_a_bin", "finish_a_bin",
            "finish_a_bin", "decide_about_a_difference", "give_a_count_up")  # fmt: skip
