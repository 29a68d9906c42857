"""The calls about supply: what another system says is on its way, and what is still to come."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from catalog.models import Variant
from core.actors import Actor
from core.calls import PageQuery, Strict, caller_of, page
from core.lists import KeysetList
from core.problems import Invalid
from inventory.api import Code, location_by_code, variant_by_sku
from inventory.feeds.api import calls as calls
from inventory.models import Location, Supply
from inventory.services import LARGEST
from inventory.supply.locks import lock_supply
from inventory.supply.services import LONGEST_REFERENCE, Expected, change, close, expect

MOST_LINES = 500


class SupplyIn(Strict):
    """Units of a SKU that are to come to a location on a day."""

    sku: Code
    location: Code
    due: date
    quantity: Annotated[
        int, Field(strict=True, ge=0, le=LARGEST, description="in all, what has arrived included; 0: none will come")
    ]
    reference: Annotated[
        str, Field(min_length=1, max_length=LONGEST_REFERENCE, description="such as the order's number")
    ]
    kind: Literal["purchase", "transfer", "return", "vendor"] = "purchase"


class SuppliesIn(Strict):
    """Lines of purchase orders or transfers. A line is known by reference, SKU and location: said again, it is changed."""

    lines: Annotated[list[SupplyIn], Field(min_length=1, max_length=MOST_LINES)]


class SupplyOut(Strict):
    """What is to come; `committed` of it is promised to orders that wait. What has `order_by` is not ordered yet: a vendor
    can be asked for it until then."""

    id: str
    sku: str
    location: str
    kind: str
    reference: str
    due: date
    quantity: int
    arrived: int
    committed: int
    state: str
    order_by: str | None = None


class SuppliesOut(Strict):
    """The lines as they stand now, in the order that they came in."""

    items: list[SupplyOut]


class SupplyPage(Strict):
    """A page of supply."""

    items: list[SupplyOut]
    next: str | None


class SupplyQuery(PageQuery):
    """Which supply."""

    location: str = Field("", max_length=200, description="a location's code")
    sku: str = Field("", max_length=200)
    state: Literal["expected", "closed", ""] = "expected"


@calls.reads("/inbound-supply", scope="stock.view", gives=SupplyPage)
def list_supply(request: HttpRequest, query: Query[SupplyQuery]) -> dict[str, Any]:
    """What is on its way."""
    found = Supply.objects.select_related("variant", "location")
    if query.state:
        found = found.filter(state=query.state)
    if query.location:
        found = found.filter(location=location_by_code(query.location, "query", "location"))
    if query.sku:
        found = found.filter(variant=variant_by_sku(query.sku, "query", "sku"))
    part = KeysetList(found, order="id").page(query.cursor, query.limit)
    return page(map(_answer, part.items), part.next)


@calls.writes("/inbound-supply", scope="supply.manage", takes=SuppliesIn, gives=SuppliesOut, status=201)
def tell_supply(request: HttpRequest, body: SuppliesIn) -> dict[str, Any]:
    """Say what is on its way, or that it comes on another day, in another number, or not at all: all lines or none."""
    named = _named(body.lines)
    lock_supply({variant.pk for variant, _place in named})
    ids = [_tell(n, line, *named[n], caller_of(request).actor) for n, line in enumerate(body.lines)]
    found = {s.pk: s for s in Supply.objects.filter(pk__in=ids).select_related("variant", "location")}
    return {"items": [_answer(found[each]) for each in ids]}


def _named(lines: list[SupplyIn]) -> list[tuple[Variant, Location]]:
    """The variant and the location of each line; Invalid names what is unknown, or said twice."""
    variants = {v.sku: v for v in Variant.objects.filter(sku__in={line.sku for line in lines})}
    places = {p.code: p for p in Location.objects.filter(code__in={line.location for line in lines})}
    errors: list[dict[str, Any]] = []
    seen: set[tuple[str, str, str]] = set()
    for n, line in enumerate(lines):
        if line.sku not in variants:
            errors.append(
                {"loc": ["lines", n, "sku"], "msg": _("“%(sku)s” is not something we sell") % {"sku": line.sku}}
            )
        if line.location not in places:
            said = _("“%(code)s” is not a location of this company") % {"code": line.location}
            errors.append({"loc": ["lines", n, "location"], "msg": said})
        name = (line.reference, line.sku, line.location)
        if name in seen:
            errors.append({"loc": ["lines", n, "sku"], "msg": _("stands twice under this reference and location")})
        seen.add(name)
    if errors:
        raise Invalid(errors=errors)
    return [(variants[line.sku], places[line.location]) for line in lines]


def _tell(n: int, line: SupplyIn, variant: Variant, place: Location, actor: Actor) -> UUID:
    """Bring the line's supply to what is said. Its quantity counts all that ever came of it: a line of which everything
    has come is closed, and what is said beyond that is a further supply."""
    source = uuid5(NAMESPACE_URL, "\x1f".join(("inbound-supply", line.reference, line.sku, line.location)))
    told = list(Supply.objects.filter(source=source).order_by("id"))
    is_open = [supply for supply in told if supply.state == Supply.State.EXPECTED]
    rest = line.quantity - sum(supply.arrived for supply in told if supply.state == Supply.State.CLOSED)
    try:
        if is_open and rest <= is_open[0].arrived:
            return close(is_open[0].pk, reason=_("taken back by the sender"), actor=actor).pk
        if is_open:
            return change(is_open[0].pk, due=line.due, quantity=rest, actor=actor).pk
        if told and rest <= 0:
            return told[-1].pk
        wanted = Expected(variant.pk, place.pk, line.due, rest, line.kind, source, line.reference)
        return expect([wanted], actor=actor)[0]
    except Invalid as wrong:
        raise Invalid(errors=[e | {"loc": ["lines", n, *e["loc"][-1:]]} for e in wrong.errors]) from wrong


def _answer(supply: Supply) -> dict[str, Any]:
    return {
        "id": str(supply.pk),
        "sku": supply.variant.sku,
        "location": supply.location.code,
        "kind": supply.kind,
        "reference": supply.reference,
        "due": supply.due.isoformat(),
        "quantity": supply.quantity,
        "arrived": supply.arrived,
        "committed": supply.committed,
        "state": supply.state,
        "order_by": supply.order_by.isoformat() if supply.order_by else None,
    }
