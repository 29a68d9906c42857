"""The rules: for how long stock is kept under each kind of hold."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.problems import Invalid
from core.timeline import record
from orders.keeping.models import LONGEST_HOURS, KeepingRule
from orders.keeping.services import overdue
from orders.models import Channel, Hold

KINDS = tuple(kind for kind in Hold.Kind.values if kind != Hold.Kind.PAYMENT)
"""A payment's time is its channel's own: an order that is not paid in it is cancelled."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """What a change of the rules lets go at once: so many orders, with so many units."""

    orders: int
    units: int


def at_once(change: Callable[[], object]) -> LetGo:
    """What a change of the rules would let go at once. It is tried, and taken back."""
    with transaction.atomic():
        before = overdue()
        change()
        after = overdue()
        transaction.set_rollback(True)
    return LetGo(max(0, after[0] - before[0]), max(0, after[1] - before[1]))


def set_rule(kind: str, hours: int | None, *, channel_id: UUID | None = None, actor: Actor) -> KeepingRule:
    """Keep stock under a kind of hold for so many hours (None: as long as it is held), in one channel or in all.

    It counts for the orders that are held now too. The same again changes nothing.
    """
    if kind not in KINDS:
        raise Invalid.field(["kind"], _("must be one of: %(choices)s") % {"choices": ", ".join(KINDS)})
    if hours is not None and not 1 <= hours <= LONGEST_HOURS:
        said = _("must be a whole number from %(least)s to %(most)s") % {"least": 1, "most": LONGEST_HOURS}
        raise Invalid.field(["hours"], said)
    with transaction.atomic():
        channel = Channel.objects.filter(pk=channel_id).first() if channel_id else None
        if channel_id and channel is None:
            raise Invalid.field(["channel"], _("choose one of our channels"))
        rule, is_new = KeepingRule.objects.select_for_update().get_or_create(
            kind=kind, channel=channel, defaults={"hours": hours}
        )
        before = None if is_new else rule.hours
        if is_new or before != hours:
            rule.hours = hours
            rule.save(update_fields=["hours"])
            record(rule.pk, "keeping_rule.set", actor=actor, before=str(before or ""), after=str(hours or ""))
    return rule


def remove_rule(rule_id: UUID, *, actor: Actor) -> None:
    """A channel's own rule ends, and that of all channels counts. A second call does nothing."""
    with transaction.atomic():
        if KeepingRule.objects.filter(pk=rule_id).exclude(channel=None).delete()[0]:
            record(rule_id, "keeping_rule.remove", actor=actor)
