"""Levels as they come, what is wrong with one in words, and what is left to be applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.db import rows
from inventory.models import Condition
from inventory.services import LARGEST

Level = Mapping[str, Any]
"""As it is kept: `location`, `sku`, `on_hand`, `damaged`, `quarantine`, `as_of`, `sequence`, and `n`, its number in the
message. What could not be read stands as the text that came."""
APPLIED, UNCHANGED, STALE, REFUSED = "applied", "unchanged", "stale", "refused"
OUTCOMES = (APPLIED, UNCHANGED, STALE, REFUSED)
FIELDS = {Condition.SELLABLE: "on_hand", Condition.DAMAGED: "damaged", Condition.QUARANTINE: "quarantine"}
LARGEST_SEQUENCE = 2**63 - 1
CLOCKS_DIFFER = timedelta(minutes=1)
OLDEST = timedelta(days=31)
"""An older count is a wrong date: all that moved since would be added to it."""
"""How far a sender's clock may be ahead of ours."""

REFUSALS: dict[str, str | Promise] = {
    "sku": _("“%(sku)s” is not something we sell"),
    "not_stocked": _("%(sku)s is not kept in stock"),
    "location": _("this feed does not speak for “%(location)s”"),
    "which": _("name the place: this feed does not speak for one alone"),
    "on_hand": _("on_hand must be a whole number from 0 to %(largest)s"),
    "damaged": _("damaged must be a whole number from 0 to %(largest)s, or left out"),
    "quarantine": _("quarantine must be a whole number from 0 to %(largest)s, or left out"),
    "sequence": _("sequence must be a whole number from 0 on, or left out"),
    "as_of": _("as_of must say when it was counted, with its time zone, as in 2026-11-23T10:00:00+01:00"),
    "old": _("as_of lies more than %(days)s days back: look at the year"),
    "future": _("as_of lies in the future: look at the sender's clock"),
}


@dataclass(frozen=True, slots=True)
class Readable:
    """A level that means something: units by condition of a variant at a place."""

    place_in_chunk: int
    variant_id: UUID
    location_id: UUID
    counted: dict[str, int]
    as_of: datetime
    sequence: int | None

    def is_after(self, sequence: int | None, as_of: datetime | None) -> bool:
        """Whether it is newer than the level with these; a database trigger holds the same."""
        if as_of is None:
            return True
        if self.as_of < as_of:
            return False
        if self.sequence is None or sequence is None:
            return self.as_of > as_of
        return self.sequence > sequence


class Unusable(Exception):  # noqa: N818 - an answer, by its code in REFUSALS
    """This level is refused."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def refused(code: str) -> str:
    """The outcome of a level that was refused for this reason."""
    return f"{REFUSED}:{code}"


def why(outcome: str, level: Level) -> str:
    """Why a level was refused, in the reader's words; "" when it was not."""
    status, _colon, code = outcome.partition(":")
    if status != REFUSED:
        return ""
    named = {
        "sku": level.get("sku", ""),
        "location": level.get("location", ""),
        "largest": LARGEST,
        "days": OLDEST.days,
    }
    return str(REFUSALS.get(code, code)) % named


VARIANTS = "SELECT id, sku, is_stocked FROM catalog_variant WHERE sku = ANY(%(skus)s)"


def read(levels: Sequence[Level], places: Mapping[str, UUID]) -> tuple[list[Readable], list[str]]:
    """What can be applied of these levels at the feed's places (by code), and the outcomes of the others ("" so far)."""
    known = {row.sku: row for row in rows(VARIANTS, {"skus": list({str(level["sku"]) for level in levels})})}
    now = timezone.now()
    readable, outcomes = [], []
    for place_in_chunk, level in enumerate(levels):
        try:
            readable.append(_readable(place_in_chunk, level, places, known, now))
            outcomes.append("")
        except Unusable as refusal:
            outcomes.append(refused(refusal.code))
    return readable, outcomes


def _readable(n: int, level: Level, places: Mapping[str, UUID], known: Mapping[str, Any], now: datetime) -> Readable:
    location = _location(level.get("location", ""), places)
    variant = known.get(str(level["sku"]))
    if variant is None:
        raise Unusable("sku")
    if not variant.is_stocked:
        raise Unusable("not_stocked")
    counted = {
        str(condition): units for condition, name in FIELDS.items() if (units := _units(level, name)) is not None
    }
    return Readable(n, variant.id, location, counted, _as_of(level.get("as_of"), now), _sequence(level.get("sequence")))


def _location(code: str, places: Mapping[str, UUID]) -> UUID:
    if not code:
        if len(places) != 1:
            raise Unusable("which")
        return next(iter(places.values()))
    if code not in places:
        raise Unusable("location")
    return places[code]


def _units(level: Level, name: str) -> int | None:
    value = level.get(name)
    if value is None and name != "on_hand":
        return None
    return _whole(value, LARGEST, name)


def _sequence(value: Any) -> int | None:
    if value is None:
        return None
    return _whole(value, LARGEST_SEQUENCE, "sequence")


def _whole(value: Any, largest: int, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise Unusable(name)
    return value


def _as_of(value: Any, now: datetime) -> datetime:
    """When it was counted; a clock that is a little ahead of ours means now."""
    at = moment(value) if isinstance(value, str) else None
    if at is None:
        raise Unusable("as_of")
    if at > now + CLOCKS_DIFFER:
        raise Unusable("future")
    if at < now - OLDEST:
        raise Unusable("old")
    return min(at, now)


def moment(text: str) -> datetime | None:
    """A moment of ISO 8601 that names its zone; None for anything else."""
    try:
        at = parse_datetime(text)
        return at if at is not None and timezone.is_aware(at) and at.utctimetuple() else None
    except (ValueError, OverflowError):
        return None


def newest(readable: Sequence[Readable]) -> tuple[list[Readable], list[int]]:
    """Of several levels for one stock row the newest alone; and the places of the others."""
    kept: dict[tuple[UUID, UUID], Readable] = {}
    older = []
    for level in readable:
        key = (level.variant_id, level.location_id)
        other = kept.get(key)
        if other is not None and not level.is_after(other.sequence, other.as_of):
            older.append(level.place_in_chunk)
            continue
        if other is not None:
            older.append(other.place_in_chunk)
        kept[key] = level
    return list(kept.values()), older
