"""Setting feeds up: who speaks for which places, how often, and what happens when nobody does."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.problems import Invalid, NotFound
from core.timeline import record
from core.versions import Stale
from inventory.feeds import silence
from inventory.models import Location, StockFeed, StockFeedPlace
from inventory.services import LARGEST

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
LONGEST_SILENCE = 60 * 24 * 31
"""Minutes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a feed shall be. `expected_minutes` None: nobody waits for it."""

    name: str
    kind: str
    places: frozenset[UUID]
    is_active: bool = True
    expected_minutes: int | None = None
    when_silent: str = StockFeed.WhenSilent.GO_ON
    hold_units: int = 0
    hold_share: int = 0

    @property
    def columns(self) -> dict[str, Any]:
        """What stands in the feed's own row; a number that its rule does not read is none."""
        known = asdict(self) | {
            "hold_units": self.hold_units if self.when_silent == StockFeed.WhenSilent.HOLD_UNITS else 0,
            "hold_share": self.hold_share if self.when_silent == StockFeed.WhenSilent.HOLD_SHARE else 0,
        }
        return {name: value for name, value in known.items() if name != "places"}


def make_feed(code: str, wish: Wish, *, actor: Actor) -> StockFeed:
    """A new feed. Invalid by the field; a place has one voice only."""
    if not CODE.fullmatch(code) or code in ("new", "messages"):
        raise Invalid.field(["code"], _("use letters, digits, dots and hyphens, 60 at most"))
    _check(wish)
    with transaction.atomic():
        feed = StockFeed(code=code, **wish.columns)
        try:
            with transaction.atomic():
                feed.save(force_insert=True)
        except IntegrityError as error:
            raise Invalid.field(["code"], _("another feed has the code %(code)s") % {"code": code}) from error
        _speak_for(feed, wish.places)
        record(feed.pk, "stock_feed.make", actor=actor, data={"places": _codes(wish.places)})
    return feed


def change_feed(feed_id: UUID, wish: Wish, *, actor: Actor, version: str = "") -> StockFeed:
    """Change a feed; a second identical call changes nothing. Stale when somebody was faster than this `version`.

    Whether it is silent, and what its places hold back, is judged anew at once.
    """
    _check(wish)
    with transaction.atomic():
        feed = StockFeed.objects.select_for_update(no_key=True).filter(pk=feed_id).first()
        if feed is None:
            raise NotFound(_("There is no such feed."))
        before = as_it_is(feed)
        if wish.columns == before.columns and wish.places == before.places:
            return feed
        if version and version != str(feed.version):
            raise Stale(feed.pk, feed.version)
        _change(feed, before, wish, actor)
        record(feed.pk, "stock_feed.change", actor=actor, data={"changes": _changes(before, wish)})
    return feed


def _change(feed: StockFeed, before: Wish, wish: Wish, actor: Actor) -> None:
    for name, value in wish.columns.items():
        setattr(feed, name, value)
    feed.version += 1
    if not (before.is_active and before.expected_minutes):
        feed.watched_since = timezone.now()  # nobody waited for it until now
    _give_up(feed, before.places - wish.places)
    _speak_for(feed, wish.places - before.places)
    silence.settle(feed, actor=actor)


def as_it_is(feed: StockFeed) -> Wish:
    """What stands now."""
    columns = {name: getattr(feed, name) for name in Wish.__slots__ if name != "places"}
    return Wish(places=frozenset(feed.places.values_list("pk", flat=True)), **columns)


def _changes(before: Wish, wish: Wish) -> dict[str, list[Any]]:
    old, new = before.columns, wish.columns
    changed = {name: [old[name], value] for name, value in new.items() if old[name] != value}
    if wish.places != before.places:
        changed["places"] = [", ".join(_codes(before.places)), ", ".join(_codes(wish.places))]
    return changed


def _check(wish: Wish) -> None:
    """Refuse what cannot be meant, all of it by its fields."""
    rules = StockFeed.WhenSilent
    largest = {"largest": LARGEST}
    wrong = {
        "name": "" if wish.name.strip() else _("give it a name"),
        "places": "" if wish.places else _("choose the places that it speaks for"),
        "expected_minutes": ""
        if wish.expected_minutes is None or 0 < wish.expected_minutes <= LONGEST_SILENCE
        else _("give 1 to %(most)s minutes, or nothing if it comes whenever it likes") % {"most": LONGEST_SILENCE},
        "hold_units": ""
        if wish.when_silent != rules.HOLD_UNITS or 0 < wish.hold_units <= LARGEST
        else _("must be a whole number from 1 to %(largest)s") % largest,
        "hold_share": ""
        if wish.when_silent != rules.HOLD_SHARE or 0 < wish.hold_share < 100
        else _("must be a whole number from 1 to 99"),
    }
    errors = [{"loc": [name], "msg": words} for name, words in wrong.items() if words]
    if errors:
        raise Invalid(errors=errors)


def _speak_for(feed: StockFeed, places: Iterable[UUID]) -> None:
    """Take places on; a place that another feed speaks for is refused by name."""
    wanted = sorted(places)
    taken = StockFeedPlace.objects.filter(location__in=wanted).select_related("feed", "location").first()
    if taken is None:
        try:
            with transaction.atomic():
                StockFeedPlace.objects.bulk_create([StockFeedPlace(feed=feed, location_id=place) for place in wanted])
        except IntegrityError:  # somebody was faster, or there is no such place
            taken = StockFeedPlace.objects.filter(location__in=wanted).select_related("feed", "location").first()
            if taken is None:
                raise Invalid.field(["places"], _("choose the places that it speaks for")) from None
    if taken is not None:
        said = _("%(feed)s speaks for %(place)s already: a place has one voice")
        raise Invalid.field(["places"], said % {"feed": taken.feed.name, "place": taken.location.name})


def _give_up(feed: StockFeed, places: Iterable[UUID]) -> None:
    """Leave places to others; they hold nothing back any more."""
    gone = sorted(places)
    StockFeedPlace.objects.filter(feed=feed, location__in=gone).delete()
    Location.objects.filter(pk__in=gone).update(held_units=0, held_share=0)


def _codes(places: Iterable[UUID]) -> list[str]:
    return sorted(Location.objects.filter(pk__in=list(places)).values_list("code", flat=True))
