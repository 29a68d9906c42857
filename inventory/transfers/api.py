"""The calls about transfers: what is on its way between locations and of which lots, sent and received by another system."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from catalog.models import Variant
from core.actors import Actor
from core.calls import Calls, PageQuery, Strict, caller_of, page
from core.ids import new_id
from core.lists import KeysetList
from core.problems import Invalid, NotFound
from inventory.api import Code, location_by_code
from inventory.models import Transfer, TransferStep
from inventory.services import LARGEST
from inventory.tallies.counting import OfLot, Units
from inventory.transfers import moving, oflots
from inventory.transfers.drafting import MOST_LINES

calls = Calls(tags=["stock"])
Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]


class LotUnitsIn(Strict):
    """Units of a lot, among those of its line."""

    lot: Annotated[str, Field(min_length=1, max_length=40)]
    quantity: Count = 0
    damaged: Count = 0


class MovedLineIn(Strict):
    """Units of a SKU that leave or have come. What is of no lot named here is of the lots that end first."""

    sku: Code
    quantity: Annotated[int, Field(strict=True, ge=0, le=LARGEST, description="sellable units")] = 0
    damaged: Annotated[int, Field(strict=True, ge=0, le=LARGEST, description="only when they have come")] = 0
    lots: Annotated[list[LotUnitsIn], Field(max_length=100)] = Field(default_factory=list)


class MovedIn(Strict):
    """What leaves, or has come."""

    lines: Annotated[list[MovedLineIn], Field(min_length=1, max_length=MOST_LINES)]
    note: Annotated[str, Field(max_length=moving.LONGEST)] = ""


class LotInTransit(Strict):
    """Units of a lot that are on their way."""

    lot: str
    quantity: int
    expires_on: date | None


class TransferLineOut(Strict):
    """Units of a SKU: asked for, and what became of them."""

    sku: str
    quantity: int
    sent: int
    received: int
    damaged: int
    written_off: int
    in_transit: int
    lots_in_transit: list[LotInTransit]


class TransferOut(Strict):
    """A transfer from one location to another."""

    number: str
    origin: str
    target: str
    status: str
    due: date
    lines: list[TransferLineOut]


class TransferPage(Strict):
    """A page of transfers."""

    items: list[TransferOut]
    next: str | None


class TransferQuery(PageQuery):
    """Which transfers."""

    origin: str = Field("", max_length=200, description="a location's code")
    target: str = Field("", max_length=200, description="a location's code")
    status: Literal["draft", "in_transit", "partly_received", "received", "short", "cancelled", ""] = ""


@calls.reads("/transfers", scope="stock.transfer", gives=TransferPage)
def list_transfers(request: HttpRequest, query: Query[TransferQuery]) -> dict[str, Any]:
    """What goes from one location to another."""
    found = Transfer.objects.select_related("origin", "target").prefetch_related("lines__variant")
    for name in ("origin", "target"):
        if code := getattr(query, name):
            found = found.filter(**{name: location_by_code(code, "query", name)})
    if query.status:
        found = found.filter(status=query.status)
    part = KeysetList(found, order="-id").page(query.cursor, query.limit)
    return page(_answers(part.items), part.next)


@calls.writes("/transfers/{number}/send", scope="stock.transfer", takes=MovedIn, gives=TransferOut)
def send_transfer(request: HttpRequest, number: str, body: MovedIn) -> dict[str, Any]:
    """Units leave; what was asked for and is not sent stays where it is."""
    return _moved(number, body, moving.send, caller_of(request).actor)


@calls.writes("/transfers/{number}/receive", scope="stock.transfer", takes=MovedIn, gives=TransferOut)
def receive_transfer(request: HttpRequest, number: str, body: MovedIn) -> dict[str, Any]:
    """Units have come; what is missing stays in transit."""
    return _moved(number, body, moving.receive, caller_of(request).actor)


def _moved(number: str, body: MovedIn, act: Callable[..., TransferStep], actor: Actor) -> dict[str, Any]:
    found = Transfer.objects.filter(number=number).first()
    if found is None:
        raise NotFound(_("There is no transfer %(number)s.") % {"number": number})
    act(found.pk, _units(body.lines), key=new_id(), actor=actor, note=body.note)
    whole = Transfer.objects.select_related("origin", "target").prefetch_related("lines__variant")
    return _answers([whole.get(pk=found.pk)])[0]


def _units(lines: Sequence[MovedLineIn]) -> dict[UUID, Units]:
    """Units by variant; Invalid names the line that makes no sense."""
    ids = dict(Variant.objects.filter(sku__in={line.sku for line in lines}).values_list("sku", "pk"))
    found: dict[UUID, Units] = {}
    for n, line in enumerate(lines):
        variant = ids.get(line.sku)
        if variant is None:
            said = _("“%(sku)s” is not something we sell") % {"sku": line.sku}
            raise Invalid.field(["lines", n, "sku"], said)
        if variant in found:
            raise Invalid.field(["lines", n, "sku"], _("stands here twice: put the quantities together"))
        named = tuple(OfLot(x.lot.strip().upper(), x.quantity, x.damaged) for x in line.lots)
        if len({x.code for x in named}) < len(named):
            raise Invalid.field(["lines", n, "lots"], _("name each lot once"))
        if sum(x.sellable for x in named) > line.quantity or sum(x.damaged for x in named) > line.damaged:
            raise Invalid.field(["lines", n, "lots"], _("more units of lots than of the line"))
        found[variant] = Units(line.quantity, line.damaged, tuple(x for x in named if x.all))
    return found


def _answers(transfers: Sequence[Transfer]) -> list[dict[str, Any]]:
    """Transfers whose places and lines are loaded."""
    lots = oflots.in_transit([transfer.pk for transfer in transfers])
    return [
        {
            "number": transfer.number,
            "origin": transfer.origin.code,
            "target": transfer.target.code,
            "status": transfer.status,
            "due": transfer.due_on,
            "lines": [
                _line(line, lots.get(line.pk, ())) for line in sorted(transfer.lines.all(), key=lambda x: x.position)
            ],
        }
        for transfer in transfers
    ]


def _line(line: Any, lots: Any) -> dict[str, Any]:
    counts = {
        name: getattr(line, name) for name in ("quantity", "sent", "received", "damaged", "written_off", "in_transit")
    }
    moving = [{"lot": lot.code, "quantity": units, "expires_on": lot.expires_on} for lot, units in lots]
    return {"sku": line.variant.sku, **counts, "lots_in_transit": moving}
