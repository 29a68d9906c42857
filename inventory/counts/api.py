"""The calls about counts: another system has a place counted, says what lies there, and hands it in.

Who counts is not told what the books say: expected units and differences are given for lines that are settled, and for
all lines to programs that may have stock counted or decide about differences.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from catalog.models import Variant
from core.actors import Actor
from core.calls import Caller, Calls, PageQuery, Strict, caller_of, page
from core.ids import new_id
from core.lists import KeysetList
from core.problems import Invalid, NotFound
from inventory.api import Code, location_by_code
from inventory.counts import counting, planning
from inventory.counts.counting import Entry, What
from inventory.counts.models import SETTLED
from inventory.counts.planning import Wish
from inventory.counts.selectors import APPROVE, COUNT, MANAGE, bins_of, with_progress
from inventory.models import CountBin, CountLine, Lot, StockCount
from inventory.services import LARGEST

calls = Calls(tags=["stock"])
MOST_LINES = 200
State = Literal["proposed", "open", "closed", "cancelled"]


class CountQuery(PageQuery):
    """Which counts."""

    state: Literal["proposed", "open", "closed", "cancelled", ""] = ""
    location: str = Field("", max_length=200, description="a location's code")


class CountOut(Strict):
    """A count of some bins of a location, or of some articles wherever they lie in it."""

    number: str
    location: str
    scope: Literal["bins", "articles", "due"]
    state: State
    note: str
    bins: int
    bins_done: int
    to_decide: int = Field(description="differences that wait for somebody who has not counted them")
    created_at: datetime
    closed_at: datetime | None


class CountPage(Strict):
    """A page of counts."""

    items: list[CountOut]
    next: str | None


class CountBinOut(Strict):
    """A bin of a count; "" is what lies in no bin."""

    bin: str
    done: bool
    round: int = Field(description="from 2 on it is counted again, by somebody else")
    taken_by: str


class CountLineOut(Strict):
    """Units of an article in a condition, of a lot, in a bin of a count. What is null is not told to who counts."""

    bin: str
    sku: str
    lot: str
    condition: str
    state: Literal["open", "counted", "approve", "right", "posted", "declined", "outdated"]
    counted: int | None
    counted_at: datetime | None
    counted_by: str
    expected: int | None
    difference: int | None
    value: str | None = Field(description="of the difference at standard cost, EUR")
    posted: int | None
    not_booked: int | None = Field(description="units that had come for documents and were not booked; taken off")
    not_booked_of: str


class CountDetail(CountOut):
    """A count with its bins and a page of its lines."""

    places: list[CountBinOut]
    lines: list[CountLineOut]
    next: str | None


class CountIn(Strict):
    """What shall be counted."""

    location: Code
    scope: Literal["bins", "articles"]
    codes: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(min_length=1, max_length=planning.MOST, description="bins (A-01* is all that begin so), or SKUs"),
    ]
    note: Annotated[str, Field(max_length=planning.LONGEST_NOTE)] = ""


class CountedLineIn(Strict):
    """Units of an article that lie in the bin, all in all. Said again, the later number stands."""

    sku: Code
    quantity: Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
    lot: Annotated[
        str, Field(max_length=40, description="where the SKU asks for lots; left out: of an unknown one")
    ] = ""
    condition: Literal["sellable", "damaged", "quarantine", ""] = Field(
        "", description="left out: as units are in this bin"
    )


class CountedIn(Strict):
    """What lies in a bin, or in no bin (""), as it was counted now."""

    bin: Annotated[str, Field(max_length=200)]
    counted_by: Annotated[
        str, Field(max_length=60, description="the person; who counts again and who decides must be others")
    ] = ""
    lines: Annotated[list[CountedLineIn], Field(max_length=MOST_LINES, description="none: the bin is only begun")]


class HandIn(Strict):
    """A bin is done."""

    bin: Annotated[str, Field(max_length=200)]
    counted_by: Annotated[str, Field(max_length=60)] = ""
    rest_is_none: bool = Field(False, description="what was not counted is not there")


class BinCounted(Strict):
    """A bin of a count with its lines in this round."""

    number: str
    state: State
    place: CountBinOut
    lines: list[CountLineOut]


@calls.reads("/counts", scope=COUNT, gives=CountPage)
def list_counts(request: HttpRequest, query: Query[CountQuery]) -> dict[str, Any]:
    """Counts, the latest first."""
    found = StockCount.objects.select_related("location")
    if query.location:
        found = found.filter(location=location_by_code(query.location, "query", "location"))
    if query.state:
        found = found.filter(status=query.state)
    part = KeysetList(found, order="-created_at").page(query.cursor, query.limit)
    return page(_told(part.items), part.next)


@calls.reads("/counts/{number}", scope=COUNT, gives=CountDetail)
def get_count(request: HttpRequest, number: str, query: Query[PageQuery]) -> dict[str, Any]:
    """One count with its bins and lines."""
    count = _found(number)
    lines = CountLine.objects.filter(spot__count=count).select_related("variant", "lot", "spot__bin")
    part = KeysetList(lines, order="id").page(query.cursor, query.limit)
    return _told([count])[0] | {
        "places": [_bin(spot) for spot in bins_of(count)],
        "lines": _lines(part.items, caller_of(request)),
        "next": part.next or None,
    }


@calls.writes("/counts", scope=MANAGE, takes=CountIn, gives=CountOut, status=201)
def make_count(request: HttpRequest, body: CountIn) -> dict[str, Any]:
    """Have bins or articles of a location counted; people may begin at once."""
    place = location_by_code(body.location, "location")
    wish = Wish(body.scope, body.codes, note=body.note)
    return _told([planning.make(place.pk, wish, actor=caller_of(request).actor)])[0]


@calls.writes("/counts/{number}/counted", scope=COUNT, takes=CountedIn, gives=BinCounted)
def enter_counted(request: HttpRequest, number: str, body: CountedIn) -> dict[str, Any]:
    """Say what lies in a bin of a count, all lines or none; the first to say so has the bin."""
    caller, spot = caller_of(request), _spot(_found(number), body.bin)
    actor = _person(caller, body.counted_by)
    counting.take(spot.pk, actor=actor)
    counting.count_many(spot.pk, _counted(body.lines), actor=actor)
    return _answer(spot, caller)


@calls.writes("/counts/{number}/hand-in", scope=COUNT, takes=HandIn, gives=BinCounted)
def hand_in_count(request: HttpRequest, number: str, body: HandIn) -> dict[str, Any]:
    """A bin is done: small differences are posted, larger ones are counted again or wait for a decision."""
    caller, spot = caller_of(request), _spot(_found(number), body.bin)
    actor = _person(caller, body.counted_by)
    if not spot.taken_key and not spot.is_done and spot.round == 1:
        counting.take(spot.pk, actor=actor)
    counting.finish(spot.pk, actor=actor, rest_is_none=body.rest_is_none)
    return _answer(spot, caller)


def _found(number: str) -> StockCount:
    count = StockCount.objects.select_related("location").filter(number=number).first()
    if count is None:
        raise NotFound(_("There is no count %(number)s.") % {"number": number})
    return count


def _spot(count: StockCount, code: str) -> CountBin:
    spot = count.bins.filter(bin__code=code).first() if code else count.bins.filter(bin=None).first()
    if spot is None:
        known = ", ".join(each.bin.code if each.bin else "“”" for each in bins_of(count)[:10])
        raise Invalid.field(["bin"], _("is no bin of this count; its bins are: %(bins)s") % {"bins": known})
    return spot


def _person(caller: Caller, name: str) -> Actor:
    """Who counted: the program, or the person that it names."""
    name = " ".join(name.split())
    if not name:
        return caller.actor
    return replace(caller.actor, label=f"{name} · {caller.actor.label}", id=f"{caller.actor.id}/{name.casefold()}")


def _counted(lines: Sequence[CountedLineIn]) -> list[tuple[What, Entry]]:
    known = {v.sku: v for v in Variant.objects.filter(sku__in={line.sku for line in lines}, is_stocked=True)}
    codes = {line.lot.strip().upper() for line in lines}
    lots = {(x.variant_id, x.code): x.pk for x in Lot.objects.filter(variant__in=known.values(), code__in=codes)}
    found = []
    for n, line in enumerate(lines):
        variant, lot = known.get(line.sku), line.lot.strip().upper()
        if variant is None:
            raise Invalid.field(["lines", n, "sku"], _("%(sku)s is not kept in stock") % {"sku": line.sku})
        if lot and (variant.pk, lot) not in lots:
            raise Invalid.field(["lines", n, "lot"], _("this article has no such lot"))
        what = What(variant.pk, lots[variant.pk, lot] if lot else None, line.condition)
        found.append((what, Entry(new_id(), line.quantity, is_total=True)))
    return found


# Answers


def _told(counts: list[StockCount]) -> list[dict[str, Any]]:
    with_progress(counts)
    return [
        {
            "number": count.number,
            "location": count.location.code,
            "scope": count.scope,
            "state": count.status,
            "note": count.note,
            "bins": count.n_bins,  # type: ignore[attr-defined]
            "bins_done": count.n_done,  # type: ignore[attr-defined]
            "to_decide": count.n_waiting,  # type: ignore[attr-defined]
            "created_at": count.created_at,
            "closed_at": count.closed_at,
        }
        for count in counts
    ]


def _bin(spot: CountBin) -> dict[str, Any]:
    code = spot.bin.code if spot.bin else ""
    return {"bin": code, "done": spot.is_done, "round": spot.round, "taken_by": spot.taken_by}


def _answer(spot: CountBin, caller: Caller) -> dict[str, Any]:
    spot = counting.find(spot.pk)
    lines = spot.lines.filter(round=F("spot__round")).select_related("variant", "lot", "spot__bin")
    told = _lines(lines.order_by("variant__sku", "lot__code", "condition"), caller)
    return {"number": spot.count.number, "state": spot.count.status, "place": _bin(spot), "lines": told}


def _lines(lines: Any, caller: Caller) -> list[dict[str, Any]]:
    sees_all = bool({MANAGE, APPROVE} & caller.scopes)
    return [_line(line, is_told=sees_all or line.status in SETTLED) for line in lines]


BLIND = dict.fromkeys(("expected", "difference", "value", "posted", "not_booked"))


def _line(line: CountLine, *, is_told: bool) -> dict[str, Any]:
    hidden = "open" if line.counted is None else "counted"
    told = {
        "bin": line.spot.bin.code if line.spot.bin else "",
        "sku": line.variant.sku,
        "lot": line.lot.code if line.lot else "",
        "condition": line.condition,
        "state": line.status if is_told and line.status != "open" else hidden,
        "counted": line.counted,
        "counted_at": line.counted_at,
        "counted_by": line.counted_by,
        "not_booked_of": line.unbooked_of if is_told else "",
    }
    books = {
        "expected": line.expected,
        "difference": line.difference,
        "value": str(line.value) if line.difference is not None else None,
        "posted": line.posted,
        "not_booked": line.unbooked,
    }
    return told | (books if is_told else BLIND)
