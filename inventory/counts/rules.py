"""How a place counts: what it tolerates, when articles are due again."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core.actors import Actor
from core.problems import Invalid, NotFound
from core.timeline import record
from core.versions import Stale
from inventory.models import CountRule, Location

MOST_UNITS, MOST_VALUE, MOST_LINES, LONGEST = 10_000, Decimal(100_000), 500, 3_650


@dataclass(frozen=True, slots=True)
class Wish:
    """How a place shall count."""

    units: int = 2
    value: Decimal = Decimal(20)
    recounts: bool = True
    proposes: bool = False
    most: int = 30
    days_a: int = 30
    days_b: int = 90
    days_c: int = 180


def rule_of(location_id: UUID | None) -> CountRule:
    """The rule of a place: its own, else that of all places, else the usual one."""
    found = CountRule.objects.filter(location=location_id) | CountRule.objects.filter(location=None)
    return found.order_by(F("location").asc(nulls_last=True)).first() or CountRule()


def set_rule(location_id: UUID | None, wish: Wish, *, actor: Actor, version: str = "") -> CountRule:
    """Set the rule of a place, or of all that have none of their own. Counts that are there keep what they began with."""
    _check(wish)
    with transaction.atomic():
        place = _arbiter(location_id)
        rule = CountRule.objects.filter(location=place).first() or CountRule(location=place)
        before = as_it_is(rule)
        is_new = rule._state.adding
        if before == wish and not is_new:
            return rule
        if version and version != version_of(rule):
            raise Stale(rule.pk, version_of(rule))
        for name in Wish.__slots__:
            setattr(rule, name, getattr(wish, name))
        rule.save()
        changes = {n: [str(getattr(before, n)), str(getattr(wish, n))] for n in Wish.__slots__ if getattr(before, n) != getattr(wish, n)}  # fmt: skip
        record(rule.pk, "count_rule.set", actor=actor, data={"changes": changes})
    return rule


def _arbiter(location_id: UUID | None) -> Location | None:
    """Whoever else sets the same rule waits here."""
    if location_id is None:
        list(CountRule.objects.select_for_update(no_key=True).filter(location=None))
        return None
    place = Location.objects.select_for_update(no_key=True).filter(pk=location_id).first()
    if place is None:
        raise NotFound(_("There is no such place."))
    return place


def _check(wish: Wish) -> None:
    limits = {"units": (0, MOST_UNITS), "value": (0, MOST_VALUE), "most": (1, MOST_LINES)}
    limits |= dict.fromkeys(("days_a", "days_b", "days_c"), (1, LONGEST))
    for name, (least, most) in limits.items():
        if not least <= getattr(wish, name) <= most:
            raise Invalid.field([name], _("must be from %(least)s to %(most)s") % {"least": least, "most": most})


def as_it_is(rule: CountRule) -> Wish:
    """What stands now."""
    return Wish(**{name: getattr(rule, name) for name in Wish.__slots__})


def version_of(rule: CountRule) -> str:
    """What a page about it shows."""
    return "/".join(str(getattr(rule, name)) for name in Wish.__slots__)
