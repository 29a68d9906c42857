"""Safety stock by rule: units, or days of cover at the rate at which a place has sent them.

A number set by hand stands above every rule. Rules are read anew every night, and when one comes or goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import rows, run
from core.outbox import publish
from core.problems import Conflict, Invalid, NotFound
from core.timeline import Row, record, record_many
from inventory.events import SafetyRulesChanged
from inventory.locks import lock_rows
from inventory.models import Location, SafetyRule, Stock
from inventory.services import LARGEST
from inventory.supply.risen import WANTED, tell_rows

CHUNK = 1_000
LONGEST_COVER = 365
LONGEST_LOOK = 52
"""Weeks."""


@dataclass(frozen=True, slots=True)
class RuleWish:
    """A rule as somebody wants it. Without place and kind it is for all places, without category for all products."""

    units: int = 0
    days: int = 0
    weeks: int = 8
    location_id: UUID | None = None
    location_kind: str = ""
    category: str = ""


def add_rule(wish: RuleWish, *, actor: Actor) -> SafetyRule:
    """A new rule; a worker applies it at once. Invalid by the field, Conflict where there is one for the same."""
    _check(wish)
    try:
        with transaction.atomic():
            rule = SafetyRule.objects.create(
                location_id=wish.location_id, location_kind=wish.location_kind, category=wish.category,
                units=wish.units, days=wish.days, weeks=wish.weeks,
            )  # fmt: skip
            data = {"units": wish.units, "days": wish.days, "weeks": wish.weeks}
            record(rule.pk, "safety_rule.add", actor=actor, data=data)
            publish([SafetyRulesChanged(about=rule.pk)])
    except IntegrityError as error:
        raise Conflict(_("There is a rule for the same places and products. Remove it first.")) from error
    return rule


def _check(wish: RuleWish) -> None:
    numbers = (("units", 0, LARGEST), ("days", 0, LONGEST_COVER), ("weeks", 1, LONGEST_LOOK))
    for name, least, most in numbers:
        if not least <= getattr(wish, name) <= most:
            said = _("must be a whole number from %(least)s to %(most)s") % {"least": least, "most": most}
            raise Invalid.field([name], said)
    if not wish.units and not wish.days:
        raise Invalid.field(["units"], _("say how many units, or how many days they should last"))
    if wish.location_id and not Location.objects.filter(pk=wish.location_id).exists():
        raise Invalid.field(["location"], _("choose one of our places"))
    if wish.location_kind and (wish.location_id or wish.location_kind not in Location.Kind.values):
        raise Invalid.field(["location_kind"], _("choose a kind of place, or one place"))


def remove_rule(rule_id: UUID, *, actor: Actor) -> None:
    """End a rule; a worker applies those that are left. A second call does nothing."""
    with transaction.atomic():
        if SafetyRule.objects.filter(pk=rule_id).delete()[0]:
            record(rule_id, "safety_rule.remove", actor=actor)
            publish([SafetyRulesChanged(about=rule_id)])


# Where nothing was set by hand: the narrowest rule that fits, and what has been sent from there in the rule's weeks.
FOLLOWING = """
SELECT s.id, s.safety, coalesce(r.units, 0) AS least, r.id IS NOT NULL AS has_rule,
       ceil(coalesce(r.days, 0) * coalesce((
           SELECT -sum(m.quantity) FROM inventory_movement m
           WHERE m.variant_id = s.variant_id AND m.location_id = s.location_id AND m.reason = 'shipment'
             AND m.at >= %(now)s::timestamptz - r.weeks * interval '1 week'), 0) / (7.0 * coalesce(r.weeks, 1)))::int AS cover
FROM inventory_stock s
JOIN inventory_location l ON l.id = s.location_id
JOIN catalog_variant v ON v.id = s.variant_id JOIN catalog_product p ON p.id = v.product_id
LEFT JOIN LATERAL (
    SELECT * FROM inventory_safetyrule r
    WHERE (r.location_id = s.location_id OR r.location_id IS NULL) AND r.location_kind IN ('', l.kind)
      AND r.category IN ('', p.category)
    ORDER BY r.location_id IS NULL, r.location_kind = '', r.category = '' LIMIT 1) r ON true
WHERE (s.safety_from = 'rule' OR s.safety_from = '' AND s.safety = 0) AND (%(ids)s::uuid[] IS NULL OR s.id = ANY(%(ids)s))
"""
SET = """
UPDATE inventory_stock s SET safety = w.safety, safety_from = w.safety_from
FROM unnest(%(ids)s::uuid[], %(safety)s::int[], %(from)s::text[]) AS w(id, safety, safety_from)
WHERE s.id = w.id AND s.safety_from <> 'hand' AND s.safety <> w.safety
RETURNING s.id
"""


def apply_rules(*, actor: Actor, now: datetime | None = None, stock_ids: Sequence[UUID] | None = None) -> int:
    """Bring the safety stock that follows rules up to date, everywhere or at some stock rows; how many rows changed.

    What is promised already stays promised. In pieces, each in a transaction of its own; a second call changes nothing.
    """
    ids = None if stock_ids is None else list(stock_ids)
    found = rows(FOLLOWING, {"now": now or timezone.now(), "ids": ids})
    wanted = {row.id: (row.safety, min(LARGEST, max(row.least, row.cover)), row.has_rule) for row in found}
    differing = [(key, *each) for key, each in sorted(wanted.items()) if each[0] != each[1]]
    return sum(_set(differing[start : start + CHUNK], actor) for start in range(0, len(differing), CHUNK))


def _set(wanted: Sequence[tuple[UUID, int, int, bool]], actor: Actor) -> int:
    with transaction.atomic():
        lock_rows([key for key, _before, _after, _has in wanted])
        done = rows(
            SET,
            {
                "ids": [key for key, _before, _after, _has in wanted],
                "safety": [after for _key, _before, after, _has in wanted],
                "from": ["rule" if has_rule else "" for _key, _before, _after, has_rule in wanted],
            },
        )
        changed = {row.id for row in done}
        told = (
            Row(key, "stock.safety", str(before), str(after), {"by_rule": True})
            for key, before, after, _has in wanted
            if key in changed
        )
        record_many(told, actor=actor)
        lower = [key for key, before, after, _has in wanted if key in changed and after < before]
        tell_rows([row.id for row in rows(AWAITED, {"ids": lower})] if lower else [])
    return len(changed)


AWAITED = f"SELECT s.id FROM inventory_stock s WHERE s.id = ANY(%(ids)s) AND {WANTED}"  # noqa: S608 - a constant
FOLLOW = "UPDATE inventory_stock SET safety = 0, safety_from = '' WHERE id = %(id)s"


def follow_rules(variant_id: UUID, location_id: UUID, *, actor: Actor) -> None:
    """The safety stock of a product at a place is that of the rules again, at once."""
    with transaction.atomic():
        stock = (
            Stock.objects.select_for_update(no_key=True).filter(variant_id=variant_id, location_id=location_id).first()
        )
        if stock is None:
            raise NotFound(_("It has never lain at this place."))
        if stock.is_set_by_hand:
            run(FOLLOW, {"id": stock.pk})
            record(stock.pk, "stock.safety", actor=actor, before=str(stock.safety), after="0", data={"follows": True})
            apply_rules(actor=actor, stock_ids=[stock.pk])


def cover_now() -> dict[UUID, int]:
    """By rule, of how many products it keeps something back; for the page of rules."""
    return {row.id: row.n for row in rows(KEPT)}


KEPT = """
SELECT r.id, count(DISTINCT s.variant_id)::int AS n FROM inventory_stock s
JOIN inventory_location l ON l.id = s.location_id
JOIN catalog_variant v ON v.id = s.variant_id JOIN catalog_product p ON p.id = v.product_id
CROSS JOIN LATERAL (
    SELECT r.id FROM inventory_safetyrule r
    WHERE (r.location_id = s.location_id OR r.location_id IS NULL) AND r.location_kind IN ('', l.kind)
      AND r.category IN ('', p.category)
    ORDER BY r.location_id IS NULL, r.location_kind = '', r.category = '' LIMIT 1) r
WHERE s.safety_from = 'rule' AND s.safety > 0 GROUP BY r.id
"""
