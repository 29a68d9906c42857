"""Writing a transfer down, and changing or cancelling it before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Variant
from core.actors import Actor
from core.days import company_day
from core.db import require_atomic, rows
from core.ids import new_id
from core.once import made_once
from core.problems import Conflict, Invalid, NotFound
from core.states import apply
from core.timeline import record
from core.versions import Stale
from core.wording import word
from inventory import incoming
from inventory.models import Location, Supply, Transfer, TransferLine
from inventory.services import LARGEST
from inventory.transfers.states import TRANSFER, UNDER_WAY

MOST_LINES = 500
LONGEST_NOTE = 1_000
FARTHEST = timedelta(days=365)
NEXT = "SELECT nextval('inventory_transfer_number') AS n"
NOT_OURS = (Location.Kind.VENDOR, Location.Kind.TRANSIT)


@dataclass(frozen=True, slots=True)
class Item:
    """Units of a variant to be sent."""

    variant_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a transfer shall take, and when it shall be there."""

    items: Sequence[Item]
    due_on: date
    note: str = ""


def lock(transfer_id: UUID) -> Transfer:
    """The transfer, locked: the arbiter of all that happens to it. NotFound when there is none."""
    require_atomic()
    found = Transfer.objects.select_for_update(no_key=True, of=("self",)).select_related("origin", "target")
    transfer = found.filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound(_("There is no such transfer."))
    return transfer


def draft(origin_id: UUID, target_id: UUID, wish: Wish, *, actor: Actor, key: UUID | None = None) -> Transfer:
    """Write a transfer down; nothing moves and nothing is kept for it yet. Under the same `key` it is written once.

    Conflict when another one was written under it.
    """
    places = Location.objects.filter(pk__in=[origin_id, target_id], is_active=True).exclude(kind__in=NOT_OURS)
    known = set(places.values_list("pk", flat=True))
    for name, place in (("origin", origin_id), ("target", target_id)):
        if place not in known:
            raise Invalid.field([name], _("choose a place of ours"))
    if origin_id == target_id:
        raise Invalid.field(["target"], _("choose another place than it comes from"))
    _check(wish)
    wanted = (origin_id, target_id, wish.due_on, wish.note.strip(), tuple(wish.items))
    made = made_once(
        Transfer,
        key := key or new_id(),
        lambda: _draft(key, origin_id, target_id, wish, actor=actor),
        lambda known: (known.origin_id, known.target_id, *_told(as_it_is(known))) == wanted,
    )
    if made is None:
        number = Transfer.objects.get(pk=key).number
        raise Conflict(
            _("This form was kept as %(number)s before. Keep it again to write another one.") % {"number": number}
        )
    return made


def _told(wish: Wish) -> tuple[Any, ...]:
    return wish.due_on, wish.note, tuple(wish.items)


def _draft(key: UUID, origin_id: UUID, target_id: UUID, wish: Wish, *, actor: Actor) -> Transfer:
    with transaction.atomic():
        transfer = Transfer.objects.create(
            id=key,
            number=f"TR-{rows(NEXT)[0].n}",
            origin_id=origin_id,
            target_id=target_id,
            due_on=wish.due_on,
            note=wish.note.strip(),
        )
        _write_lines(transfer, wish)
        told = {"units": sum(item.quantity for item in wish.items)}
        record(transfer.pk, "transfer.draft", actor=actor, after="draft", data=told)
    return transfer


def change(transfer_id: UUID, wish: Wish, *, actor: Actor, version: str = "") -> Transfer:
    """Change a draft; of a transfer that is under way the day and the note. Stale when somebody was faster."""
    _check(wish)
    with transaction.atomic():
        transfer = lock(transfer_id)
        if version and version != str(transfer.version):
            raise Stale(transfer.pk, transfer.version)
        is_draft = transfer.status == "draft"
        if not is_draft and transfer.status not in UNDER_WAY:
            raise Conflict(said_no(transfer, _("it cannot be changed any more")))
        before = as_it_is(transfer)
        wish = wish if is_draft else Wish(before.items, wish.due_on, wish.note)
        changes = _changes(before, wish)
        if not changes:
            return transfer
        transfer.due_on, transfer.note, transfer.version = wish.due_on, wish.note.strip(), transfer.version + 1
        transfer.save(update_fields=["due_on", "note", "version"])
        if is_draft:
            _write_lines(transfer, wish)
        else:
            incoming.follow(coming(transfer), actor=actor)
        record(transfer.pk, "transfer.change", actor=actor, data={"changes": changes})
    return transfer


def cancel(transfer_id: UUID, *, actor: Actor, reason: str) -> Transfer:
    """It is not sent at all. A second call changes nothing."""
    if not reason.strip():
        raise Invalid.field(["reason"], _("say why"))
    with transaction.atomic():
        transfer = lock(transfer_id)
        if transfer.status == "cancelled":
            return transfer
        if transfer.status != "draft":
            raise Conflict(said_no(transfer, _("it cannot be cancelled any more")))
        version, told = transfer.version + 1, {"reason": reason.strip()}
        return apply(TRANSFER, transfer, "cancel", actor=actor, data=told, version=version)


def as_it_is(transfer: Transfer) -> Wish:
    """What stands now."""
    lines = transfer.lines.order_by("position")
    items = tuple(Item(line.variant_id, line.quantity) for line in lines)
    return Wish(items, transfer.due_on, transfer.note)


def coming(transfer: Transfer) -> incoming.Coming:
    """What is in transit is supply at the target."""
    lines = [incoming.Waited(x.pk, x.variant_id, x.in_transit) for x in transfer.lines.order_by("position")]
    return incoming.Coming(Supply.Kind.TRANSFER, transfer.number, transfer.target_id, transfer.due_on, lines)


def said_no(transfer: Transfer, what: str) -> str:
    """A refusal that names the transfer and its state."""
    state = str(word(transfer.status, "transfer").text).lower()
    return _("%(number)s is “%(state)s”: %(what)s.") % {"number": transfer.number, "state": state, "what": what}


def _write_lines(transfer: Transfer, wish: Wish) -> None:
    transfer.lines.all().delete()
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, position=n, variant_id=item.variant_id, quantity=item.quantity)
        for n, item in enumerate(wish.items, 1)
    )


def _changes(before: Wish, wish: Wish) -> dict[str, list[Any]]:
    old, new = ({item.variant_id: item.quantity for item in each.items} for each in (before, wish))
    skus = dict(Variant.objects.filter(pk__in=old.keys() | new.keys()).order_by("sku").values_list("pk", "sku"))
    changes: dict[str, list[Any]] = {
        sku: [str(old.get(key, "")), str(new.get(key, ""))] for key, sku in skus.items() if old.get(key) != new.get(key)
    }
    if before.due_on != wish.due_on:
        changes["due_on"] = [str(before.due_on), str(wish.due_on)]
    if before.note != wish.note.strip():
        changes["note"] = [before.note, wish.note.strip()]
    return changes


def _check(wish: Wish) -> None:
    """Refuse what cannot be meant, by its field."""
    if not 0 < len(wish.items) <= MOST_LINES:
        raise Invalid.field(["lines"], _("name 1 to %(most)s articles") % {"most": MOST_LINES})
    ids = [item.variant_id for item in wish.items]
    known = set(Variant.objects.filter(pk__in=ids, is_stocked=True).values_list("pk", flat=True))
    errors: list[dict[str, Any]] = []
    for n, item in enumerate(wish.items):
        if not 0 < item.quantity <= LARGEST:
            words = _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST}
            errors.append({"loc": ["lines", n, "quantity"], "msg": words})
        if item.variant_id not in known:
            errors.append({"loc": ["lines", n, "sku"], "msg": _("no article that is stocked")})
        elif item.variant_id in ids[:n]:
            errors.append({"loc": ["lines", n, "sku"], "msg": _("stands here twice: put the quantities together")})
    if abs(wish.due_on - company_day()) > FARTHEST:
        errors.append({"loc": ["due_on"], "msg": _("give a day within a year")})
    if len(wish.note) > LONGEST_NOTE:
        errors.append({"loc": ["note"], "msg": _("up to %(most)s characters") % {"most": LONGEST_NOTE}})
    if errors:
        raise Invalid(errors=errors)
