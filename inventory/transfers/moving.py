"""A transfer's units on their way: sent, received, written off. Each step is booked once, under its key.

Locks: the transfer, its count, the stock rows, the supply, as everywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounting import journal, postings
from accounting.postings import Document, Goods
from core.actors import Actor
from core.days import company_day
from core.db import rows
from core.money import ZERO, quantise, share
from core.outbox import publish
from core.problems import Conflict, Invalid
from core.states import apply
from core.timeline import record
from core.versions import Stale
from inventory import incoming
from inventory.free import FREE
from inventory.locks import lock_places
from inventory.models import Condition, Transfer, TransferLine, TransferStep, TransferStepLine
from inventory.services import LARGEST, In, carry, goods, standard_costs, write_down
from inventory.tallies import counting
from inventory.tallies.counting import Units
from inventory.transfers import oflots
from inventory.transfers.drafting import coming, lock, said_no
from inventory.transfers.events import TransferReceived, TransferSent
from inventory.transfers.states import TRANSFER, UNDER_WAY

LONGEST = 200
Kind = TransferStep.Kind

FREE_THERE = f"""
SELECT s.variant_id, greatest(0, {FREE}) AS free FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
WHERE s.location_id = %(place)s AND s.variant_id = ANY(%(variants)s)
ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s
"""  # noqa: S608 - constants


def free_at(place_id: UUID, variant_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Units that are free at a place, with their stock rows locked so that it stays true."""
    found = rows(FREE_THERE, {"place": place_id, "variants": list(variant_ids)})
    return {row.variant_id: row.free for row in found}


# From a count


def book_sent(transfer_id: UUID, tally_id: UUID, *, actor: Actor, version: str = "", note: str = "") -> TransferStep:
    """Send what was counted, once, whoever presses the button. Stale when more was counted than the page showed."""
    return _book(send, transfer_id, tally_id, actor, version, note)


def book_received(
    transfer_id: UUID, tally_id: UUID, *, actor: Actor, version: str = "", note: str = ""
) -> TransferStep:
    """Receive what was counted, in the same way."""
    return _book(receive, transfer_id, tally_id, actor, version, note)


Act = Callable[..., TransferStep]


def _book(act: Act, transfer_id: UUID, tally_id: UUID, actor: Actor, version: str, note: str) -> TransferStep:
    with transaction.atomic():
        lock(transfer_id)
        tally = counting.locked(transfer_id, tally_id)
        if tally.outcome != counting.BOOKED:
            counting.check_version(tally, version)
            step = act(transfer_id, counting.units(tally), key=tally.pk, actor=actor, note=note)
            counting.close(tally, counting.BOOKED, actor=actor)
            return step
    return TransferStep.objects.get(key=tally_id)


# The steps


def send(transfer_id: UUID, units: Mapping[UUID, Units], *, key: UUID, actor: Actor, note: str = "") -> TransferStep:
    """Free units leave for the target. What was asked for and is not sent stays where it is, and is forgotten.

    Refused in words when more is to leave than is free, or something that nobody asked for.
    """
    with transaction.atomic():
        transfer = lock(transfer_id)
        if step := _earlier(transfer, key):
            return step
        if transfer.status != "draft":
            raise Conflict(said_no(transfer, _("it cannot be sent")))
        lines = _lines(transfer, units, note)
        for line, sent in lines:
            if sent.damaged:
                raise Invalid.field(["condition"], _("only sellable units are sent"))
            if sent.all > line.quantity:
                told = {"sku": line.variant.sku, "n": line.quantity}
                raise Conflict(_("Only %(n)s × %(sku)s are asked for: put the others back.") % told)
        _insist_on_free(transfer, lines)
        parts = oflots.leaving(transfer, lines)
        _value(transfer, lines)
        version = transfer.version + 1
        transfer = apply(TRANSFER, transfer, "send", actor=actor, sent_at=timezone.now(), version=version)
        step = _step(transfer, Kind.SEND, key, lines, actor, note)
        gone = [
            In(line.variant_id, transfer.origin_id, -sent.all, Condition.SELLABLE, parts.get(line.pk, ()))
            for line, sent in lines
        ]
        _move(transfer, step, lines, gone, actor)
        oflots.have_left(step)
        incoming.follow(coming(transfer), actor=actor)
        publish([TransferSent(about=transfer.pk, number=transfer.number, units=_sum(lines))])
    return step


def receive(transfer_id: UUID, units: Mapping[UUID, Units], *, key: UUID, actor: Actor, note: str = "") -> TransferStep:
    """Units arrive at the target, those of a lot that is not sold any more in quarantine. What is missing stays in
    transit."""
    with transaction.atomic():
        transfer = lock(transfer_id)
        if step := _earlier(transfer, key):
            return step
        _insist_under_way(transfer, _("nothing can be received for it"))
        lines = _lines(transfer, units, note)
        for line, came in lines:
            if came.all > line.in_transit:
                told = {"sku": line.variant.sku, "n": line.in_transit}
                raise Conflict(_("Only %(n)s × %(sku)s are in transit: put the others aside.") % told)
        of_lots = oflots.shares(transfer, lines)
        arrival = oflots.arriving(transfer, lines, of_lots)
        _bump(transfer)
        step = _step(transfer, Kind.RECEIVE, key, lines, actor, note)
        oflots.write_down(step, of_lots)
        _move(transfer, step, lines, arrival.units, actor)
        incoming.arrive(coming(transfer), oflots.promised(lines, arrival), actor=actor)
        _settle(transfer, actor)
        publish([TransferReceived(about=transfer.pk, number=transfer.number, units=_sum(lines))])
    return step


def write_off(transfer_id: UUID, *, key: UUID, reason: str, actor: Actor, version: str = "") -> TransferStep:
    """What is in transit will not arrive: its value is lost, and nobody waits for it any more."""
    if not reason.strip():
        raise Invalid.field(["reason"], _("say why"))
    with transaction.atomic():
        transfer = lock(transfer_id)
        if step := _earlier(transfer, key):
            return step
        if version and version != str(transfer.version):
            raise Stale(transfer.pk, transfer.version)
        _insist_under_way(transfer, _("nothing of it is in transit"))
        lost = transfer.lines.filter(in_transit__gt=0).select_related("variant").order_by("position")
        lines = [(line, Units(line.in_transit)) for line in lost]
        _bump(transfer)
        of_lots = oflots.shares(transfer, lines)
        step = _step(transfer, Kind.WRITE_OFF, key, lines, actor, reason.strip())
        oflots.write_down(step, of_lots)
        document = Document(id=step.pk, date=company_day(), label=_label(transfer, step))
        journal.post([postings.transfer_lost(document, goods=_worth(transfer.origin_id, lines))], actor=actor)
        incoming.follow(coming(transfer), actor=actor)
        _settle(transfer, actor)
    return step


def _earlier(transfer: Transfer, key: UUID) -> TransferStep | None:
    return TransferStep.objects.filter(transfer=transfer, key=key).first()


def _insist_under_way(transfer: Transfer, what: str) -> None:
    if transfer.status not in UNDER_WAY:
        raise Conflict(said_no(transfer, what))


Moved = Sequence[tuple[TransferLine, Units]]


def _lines(transfer: Transfer, units: Mapping[UUID, Units], note: str) -> Moved:
    """The lines of what was counted; what does not belong to the transfer is refused."""
    counted = {variant: each for variant, each in units.items() if each.all}
    if not counted:
        raise Invalid.field(["lines"], _("nothing has been counted yet"))
    if any(not 0 <= n <= LARGEST for each in counted.values() for n in (each.sellable, each.damaged)):
        raise Invalid.field(["lines"], _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST})
    if len(note) > LONGEST:
        raise Invalid.field(["note"], _("up to %(most)s characters") % {"most": LONGEST})
    found = transfer.lines.filter(variant__in=counted).select_related("variant").order_by("position")
    lines = [(line, counted[line.variant_id]) for line in found]
    if len(lines) < len(counted):
        raise Conflict(
            _("Something was counted that is not in %(number)s: put it aside.") % {"number": transfer.number}
        )
    return lines


def _insist_on_free(transfer: Transfer, lines: Moved) -> None:
    free = free_at(transfer.origin_id, [line.variant_id for line, _ in lines])
    for line, sent in lines:
        if sent.all > free.get(line.variant_id, 0):
            told = {"sku": line.variant.sku, "n": free.get(line.variant_id, 0), "place": transfer.origin.name}
            raise Conflict(_("Only %(n)s × %(sku)s are free at %(place)s: the others are promised.") % told)


def _value(transfer: Transfer, lines: Moved) -> None:
    """What the sent units cost goes with them, whatever the standard cost is when they arrive. Rounded so that the lines add
    up to the whole."""
    lock_places([(line.variant_id, transfer.origin_id) for line, _ in lines])
    costs, exact, told = standard_costs(line.variant_id for line, _ in lines), ZERO, ZERO
    for line, sent in lines:
        exact += costs[line.variant_id] * sent.all
        line.value = quantise(exact, "EUR") - told
        told += line.value
    TransferLine.objects.bulk_update([line for line, _ in lines], ["value"])


def _step(transfer: Transfer, kind: str, key: UUID, lines: Moved, actor: Actor, note: str) -> TransferStep:
    """Write the step; the database counts it into the lines."""
    step = TransferStep.objects.create(transfer=transfer, kind=kind, key=key, note=note.strip(), actor=actor.label)
    TransferStepLine.objects.bulk_create(
        TransferStepLine(step=step, line=line, sellable=each.sellable, damaged=each.damaged) for line, each in lines
    )
    damaged = sum(each.damaged for _, each in lines)
    told = {"units": _sum(lines), "damaged": damaged, "reason": step.note}
    record(transfer.pk, f"transfer.units_{kind}", actor=actor, data={name: n for name, n in told.items() if n})
    return step


def _move(transfer: Transfer, step: TransferStep, lines: Moved, units: Sequence[In], actor: Actor) -> None:
    """Units off the origin's books or onto the target's, with their value."""
    is_out = step.kind == Kind.SEND
    place = transfer.origin_id if is_out else transfer.target_id
    carry([(unit, step.pk) for unit in units], actor=actor, note=_label(transfer, step))
    document = Document(id=step.pk, date=company_day(), label=_label(transfer, step))
    carried = _worth(place, lines)
    entry = (
        postings.transfer_sent(document, goods=carried)
        if is_out
        else postings.transfer_received(document, goods=carried, worth=goods(units))
    )
    journal.post([entry], actor=actor)
    if broken := [] if is_out else [unit for unit in units if unit.condition == Condition.DAMAGED]:
        write_down(broken, source=step.pk, label=document.label, actor=actor)


def _worth(place: UUID, lines: Moved) -> list[Goods]:
    """The value of these units: of those that were sent, the next ones that are no longer in transit."""
    return [
        Goods(place, each.all, share(line.value, line.gone, line.gone + each.all, max(line.sent, each.all), "EUR"))
        for line, each in lines
    ]


def _label(transfer: Transfer, step: TransferStep) -> str:
    return " · ".join(part for part in (transfer.number, step.note) if part)


def _sum(lines: Moved) -> int:
    return sum(each.all for _, each in lines)


def _bump(transfer: Transfer) -> None:
    transfer.version += 1
    transfer.save(update_fields=["version"])


def _settle(transfer: Transfer, actor: Actor) -> None:
    """Bring the state to what the lines say."""
    lines = list(transfer.lines.all())
    if any(line.in_transit for line in lines):
        target, action = "partly_received", "receive_part"
    elif any(line.written_off for line in lines):
        target, action = "short", "close_short"
    else:
        target, action = "received", "receive"
    if target != transfer.status:
        apply(TRANSFER, transfer, action, actor=actor)
