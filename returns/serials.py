"""Units with serial numbers that come back: each left with the very order line, and comes back once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.actors import Actor
from core.bulk import Table
from core.db import rows, run
from core.ids import new_id
from core.problems import Invalid
from inventory.models import SerialNumber
from inventory.serials.meeting import bring_back
from inventory.serials.registering import spelt
from inventory.serials.trail import Trace, traces

MOST_CHOICES = 20
HAS = """
EXISTS (SELECT FROM fulfillment_fulfillmentline w JOIN fulfillment_pickedserial k ON k.fulfillment_line_id = w.id
        WHERE w.order_line_id = l.id AND k.has_left) AS has_serials
"""
"""Whether units of an order line `l` left by their numbers, as a column."""
_LEFT = """
SELECT w.order_line_id AS line_id, k.id, k.serial_id, s.code, r.id IS NOT NULL AS is_back
FROM fulfillment_fulfillmentline w JOIN fulfillment_pickedserial k ON k.fulfillment_line_id = w.id AND k.has_left
JOIN inventory_serialnumber s ON s.id = k.serial_id LEFT JOIN returns_returnedserial r ON r.picked_id = k.id
WHERE w.order_line_id = ANY(%(lines)s) ORDER BY k.id
"""


@dataclass(frozen=True, slots=True)
class Coming:
    """Units of an order line that come back; `out` are those that are out before, `loc` the field that names them.

    `codes` is None where nobody said which units these are.
    """

    line: Any
    quantity: int
    out: int
    codes: Sequence[str] | None
    loc: Sequence[str | int]


OF_ORDER = """
SELECT w.fulfillment_order_id AS work_id, w.order_line_id AS line_id, k.serial_id, s.code, k.has_left,
       r.id IS NOT NULL AS is_back
FROM fulfillment_fulfillmentorder f JOIN fulfillment_fulfillmentline w ON w.fulfillment_order_id = f.id
JOIN fulfillment_pickedserial k ON k.fulfillment_line_id = w.id JOIN inventory_serialnumber s ON s.id = k.serial_id
LEFT JOIN returns_returnedserial r ON r.picked_id = k.id WHERE f.order_id = %(order)s ORDER BY k.id
"""


def of_order(order_id: UUID) -> list[Any]:
    """The units that an order has in hand or had, by their numbers: whether each has left, and is back."""
    return rows(OF_ORDER, {"order": order_id})


def chosen(coming: Sequence[Coming]) -> list[list[Any]]:
    """Which units each of these is, by how they left. The orders are locked.

    Invalid names a number that did not leave with the line or is back already; and asks which they are, where only some
    of the line's units come back.
    """
    asked = [each for each in coming if each.codes or each.line.has_serials]
    if not asked:
        return [[] for _each in coming]
    left: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for row in rows(_LEFT, {"lines": [each.line.line_id for each in asked]}):
        left[row.line_id][row.code] = row
    out = {line: {code: row for code, row in known.items() if not row.is_back} for line, known in left.items()}
    others = _others(asked, left)
    errors: list[dict[str, Any]] = []
    found = [_units(each, left[each.line.line_id], out.get(each.line.line_id, {}), others, errors) for each in coming]
    if errors:
        raise Invalid(errors=errors)
    return found


Others = Mapping[tuple[UUID, str], Trace]


def _others(coming: Sequence[Coming], left: Mapping[UUID, Mapping[str, Any]]) -> Others:
    """Where those units are from that did not leave with their line, by variant and number."""
    wrong = {
        (each.line.variant_id, code)
        for each in coming
        for text in each.codes or ()
        if (code := spelt(text)) and code not in left[each.line.line_id]
    }
    if not wrong:
        return {}
    variants, codes = {variant for variant, _code in wrong}, {code for _variant, code in wrong}
    known = list(SerialNumber.objects.filter(variant__in=variants, code__in=codes))
    last = traces([serial.pk for serial in known])
    return {(serial.variant_id, serial.code): last[serial.pk] for serial in known if serial.pk in last}


def _units(
    each: Coming, left: Mapping[str, Any], out: dict[str, Any], others: Others, errors: list[dict[str, Any]]
) -> list[Any]:
    """The units of one line, taken from those that are `out`."""
    units, before = [], len(errors)
    for n, text in enumerate(each.codes or ()):
        code = spelt(text)
        if code in out:
            units.append(out.pop(code))
        else:
            errors.append({"loc": [*each.loc, n], "msg": _why_not(code or text.strip(), each, left, others, units)})
    if len(errors) > before:
        return units
    if len(units) > each.quantity:
        said = _("%(n)s numbers are too many: one for each unit at most")
        errors.append({"loc": list(each.loc), "msg": said % {"n": len(units)}})
    if each.quantity >= each.out:
        units += out.values()
        out.clear()
    elif out and (each.codes is None or len(out) > each.out - each.quantity):
        errors.append({"loc": list(each.loc), "msg": _which(each, out)})
    return units


def _which(each: Coming, out: Mapping[str, Any]) -> str:
    said = ngettext(
        "say which unit of %(sku)s came back, by its serial number: %(choices)s",
        "say which %(n)s units of %(sku)s came back, by their serial numbers: %(choices)s",
        each.quantity,
    )
    choices = ", ".join(list(out)[:MOST_CHOICES]) + (" …" if len(out) > MOST_CHOICES else "")
    return said % {"n": each.quantity, "sku": each.line.sku, "choices": choices}


def _why_not(code: str, each: Coming, left: Mapping[str, Any], others: Others, units: Sequence[Any]) -> str:
    """Why a unit is not one of those that come back; that it is another than was sent is a usual fraud."""
    if any(unit.code == code for unit in units):
        return _("%(code)s stands here twice") % {"code": code}
    if code in left:
        return _("%(code)s is back already") % {"code": code}
    trace = others.get((each.line.variant_id, code))
    if trace is None or not trace.has_left:
        return _("no unit with the number %(code)s was ever sent") % {"code": code}
    return _("the unit %(code)s was sent with order %(order)s, not with this one") % {
        "code": code,
        "order": trace.order,
    }


@dataclass(frozen=True, slots=True)
class Returned:
    """A unit that comes back with a line of a return."""

    id: UUID
    line_id: UUID
    picked_id: UUID


TABLE = Table("returns_returnedserial", {"id": "uuid", "line_id": "uuid", "picked_id": "uuid"})


def take_in(units: Sequence[tuple[UUID, Any, dict[str, str]]], place_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Units lie at the place again, whatever their condition: each with its line of the return, and what is told of it."""
    run(TABLE.insert(), TABLE.params([Returned(new_id(), line, unit.id) for line, unit, _told in units]))
    bring_back({unit.serial_id: told for _line, unit, told in units}, place_id, actor=actor, at=at)
