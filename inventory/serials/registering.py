"""Numbers that become known: how they are spelt, and that each is told once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Variant
from core.actors import Actor
from core.bulk import Table
from core.db import require_atomic, rows
from core.ids import new_id
from core.problems import Invalid
from core.templatetags.ui import say_moment
from core.timeline import Row, record_many
from inventory.models import Location, SerialNumber
from inventory.serials.trail import Trace, traces

CODE = re.compile(r"[!-~]{1,64}")
LONGEST = 64
Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Numbers of units of a variant that lie at a place. `loc` is the field that named them; there are no more than `most`."""

    variant_id: UUID
    location_id: UUID
    codes: Sequence[str]
    most: int | None = None
    loc: Loc = ("serials",)


@dataclass(frozen=True, slots=True)
class New:
    """A number that may not be known yet, where its unit lies."""

    id: UUID
    variant_id: UUID
    code: str
    location_id: UUID


@dataclass(slots=True)
class _Read:
    """What was sent, spelt as it is kept: where each number stood, and what is wrong with others."""

    new: list[New] = field(default_factory=list)
    locs: dict[UUID, list[str | int]] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)


TABLE = Table(
    "inventory_serialnumber",
    {"id": "uuid", "variant_id": "uuid", "code": "text", "location_id": "uuid"},
    computed={"state": "'here'", "reason": "''"},
)
MAKE = f"{TABLE.insert()} ON CONFLICT (variant_id, code) DO NOTHING RETURNING id"


def spelt(text: str) -> str:
    """A number as it is kept: capitals, nothing around it. "" for what cannot be one."""
    code = text.strip().upper()
    return code if CODE.fullmatch(code) else ""


def split(text: str) -> list[str]:
    """The numbers of a text, one a line or with blanks between them."""
    return text.split()


def make(new: Sequence[New]) -> set[UUID]:
    """Keep those numbers that are not known yet; returns their ids. In one order, so that nobody waits in a circle."""
    require_atomic()
    ordered = sorted(new, key=lambda each: (each.variant_id, each.code))
    return {row.id for row in rows(MAKE, TABLE.params(ordered))}


def register(named: Sequence[Named], *, actor: Actor, note: str = "") -> int:
    """Units whose numbers are told lie at their places. Returns how many numbers became known.

    Invalid names the field: of one that is no number, is told twice, or is known already, and in words where its unit is.
    """
    if not named:
        return 0
    with transaction.atomic():
        _insist_on_asking(named)
        read = _read(named)
        if read.errors:
            raise Invalid(errors=read.errors)
        made = make(read.new)
        if known := [each for each in read.new if each.id not in made]:
            raise Invalid(errors=_where_they_are(known, read))
        places = Location.objects.in_bulk({each.location_id for each in named})
        data = {"note": note} if note else {}
        record_many(
            (Row(n.id, "serial.receive", after="here", data={"place": places[n.location_id].name} | data) for n in read.new),
            actor=actor,
        )  # fmt: skip
    return len(made)


def _insist_on_asking(named: Sequence[Named]) -> None:
    variants = Variant.objects.in_bulk({each.variant_id for each in named})
    said = _("%(sku)s does not ask for serial numbers: leave them out")
    errors = [
        {"loc": list(each.loc), "msg": said % {"sku": variants[each.variant_id].sku}}
        for each in named
        if each.codes and not variants[each.variant_id].tracks_serials
    ]
    if errors:
        raise Invalid(errors=errors)


def _read(named: Sequence[Named]) -> _Read:
    read, seen = _Read(), set[tuple[UUID, str]]()
    for each in named:
        if each.most is not None and len(each.codes) > each.most:
            said = _("%(n)s numbers are too many: one for each unit at most")
            read.errors.append(
                {"loc": list(each.loc), "msg": said % {"n": len(each.codes)}}
            )  # fmt: skip
        for n, text in enumerate(each.codes):
            code, loc = spelt(text), [*each.loc, n]
            if not code:
                read.errors.append({"loc": loc, "msg": unreadable(text)})
            elif (each.variant_id, code) in seen:
                read.errors.append({"loc": loc, "msg": _("%(code)s stands here twice") % {"code": code}})
            else:
                seen.add((each.variant_id, code))
                made = New(new_id(), each.variant_id, code, each.location_id)
                read.new.append(made)
                read.locs[made.id] = loc
    return read


def unreadable(text: str) -> str:
    """Why something that was typed is no serial number."""
    said = _("“%(text)s” is no serial number: give 1 to %(most)s letters, digits and signs, without blanks")
    return said % {"text": text.strip()[:LONGEST], "most": LONGEST}


def _where_they_are(known: Sequence[New], read: _Read) -> list[dict[str, Any]]:
    found = SerialNumber.objects.select_related("location").filter(
        variant__in={each.variant_id for each in known}, code__in={each.code for each in known}
    )
    by_name = {(each.variant_id, each.code): each for each in found}
    left = traces([each.pk for each in by_name.values()])
    return [
        {"loc": read.locs[each.id], "msg": _where(known_one, left.get(known_one.pk))}
        for each in known
        if (known_one := by_name[(each.variant_id, each.code)])
    ]


def _where(serial: SerialNumber, trace: Trace | None) -> str:
    if serial.state == SerialNumber.State.HERE:
        place = serial.location.name if serial.location else ""
        return _("%(code)s is known already: it lies at %(place)s") % {"code": serial.code, "place": place}
    return not_here(serial.code, serial.state, serial.reason, trace)


def not_here(code: str, state: str, reason: str, trace: Trace | None) -> str:
    """Why a unit that is sent or gone cannot be here: when and with which order it left, and the way out."""
    if state == SerialNumber.State.GONE:
        said = _("%(code)s is marked as gone (%(reason)s): mark it as found first")
        return said % {"code": code, "reason": reason}
    if trace is None:
        return _("%(code)s was sent: take it back by a return first") % {"code": code}
    told = {"code": code, "order": trace.order, "day": say_moment(trace.at) if trace.at else "—"}
    return _("%(code)s was sent with order %(order)s (%(day)s): take it back by a return first") % told
