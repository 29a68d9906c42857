"""Goods of one product are received by hand, once for each form however often it is sent."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import run
from core.problems import Conflict
from inventory.holdings.lots import LotInput, receive_lot
from inventory.models import Movement
from inventory.services import In, receive

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('receipt ' || %(key)s, 0))"


@dataclass(frozen=True, slots=True)
class Came:
    """Units of a product that have come to a place; `lot` where the product asks for lots."""

    variant_id: UUID
    location_id: UUID
    quantity: int
    condition: str
    lot: LotInput | None = None
    vendor: str = ""
    note: str = ""


def take_in(came: Came, *, key: UUID, actor: Actor) -> None:
    """Receive them under `key`. Conflict when something else was received under it."""
    with transaction.atomic():
        run(ONE_AT_A_TIME, {"key": str(key)})
        if _is_known(came, key):
            return
        if came.lot:
            receive_lot(came.variant_id, came.location_id, came.quantity, came.lot, condition=came.condition, actor=actor, source=key, vendor=came.vendor, note=came.note)  # fmt: skip
        else:
            unit = In(came.variant_id, came.location_id, came.quantity, came.condition)
            receive([unit], source=key, actor=actor, vendor=came.vendor, note=came.note)


def _is_known(came: Came, key: UUID) -> bool:
    found = Movement.objects.filter(source=key).order_by().values("variant", "location").annotate(units=Sum("quantity"))
    known = [(row["variant"], row["location"], row["units"]) for row in found]
    if known and known != [(came.variant_id, came.location_id, came.quantity)]:
        raise Conflict(_("Goods were received by this form before. Receive again if more has come."))
    return bool(known)
