"""One small company with a thing of each kind, all of them at the warehouse of Lyon, and what the table calls them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils import timezone

from accounting.models import JournalEntry
from core.actors import SYSTEM
from core.ids import new_id
from core.incidents import open_incident
from core.jobs.models import Job
from core.models import Grant, Session
from core.people import devices
from fulfillment import floor
from fulfillment.models import FulfillmentOrder, Shipment
from inventory.holdings.bins import make_bins
from inventory.models import CountLine, Lot
from inventory.serials.gone import mark_gone
from orders import holds
from orders.models import Hold
from orders.tracking import token_of
from payments.models import Payment
from purchasing.models import Vendor
from returns.requests import Asked, request_return
from tests.factories.counts import bin_of, counted, of_articles, of_bins, tolerate
from tests.factories.feeds import feed_at, kept
from tests.factories.messages import message
from tests.factories.orders import PICKER, packed, released, shipped
from tests.factories.purchases import bought, terms
from tests.factories.serials import asked_of, registered, serial
from tests.factories.supply import coming
from tests.factories.transfers import drafted
from tests.factories.transfers import sent as transferred
from tests.factories.world import MUG, VASE, World, make_location, open_stock, order_body, small_world


@dataclass(frozen=True)
class Things:
    """What the words in braces stand for; `here` is where all of it belongs, `elsewhere` another place."""

    words: Mapping[str, Any]
    here: UUID
    elsewhere: UUID

    def fill(self, value: Any) -> Any:
        """The value with its words in braces replaced; a text that is one word alone becomes the thing itself."""
        if isinstance(value, dict):
            return {key: self.fill(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if not isinstance(value, str) or "{" not in value:
            return value
        return self.words.get(value.strip("{}"), None) or value.format_map(self.words)


def things() -> Things:
    """Make the company and everything that the table names."""
    world = small_world()
    made = _orders() | _company(world) | _people(world) | _supplied(world) | _counted(world) | _numbered(world)
    return Things(made, world.warehouse.pk, world.store.pk)


def _people(world: World) -> dict[str, Any]:
    person = get_user_model().objects.create_user("anna", "anna@example.com", first_name="Anna")
    grant = Grant.objects.create(user=person, role="store", location_id=world.warehouse.pk)
    session = Session.objects.create(key="not-a-real-session", user=person)
    tablet, _secret = devices.register("Counter 1", world.warehouse.pk, 3, actor=SYSTEM)
    return {
        "person": str(person.pk),
        "grant": str(grant.pk),
        "session": str(session.id),
        "tablet": str(tablet.pk),
    }


def _company(world: World) -> dict[str, Any]:
    return {
        "sku": MUG,
        "variant": str(world.variants[MUG].pk),
        "place": str(world.warehouse.pk),
        "place_code": world.warehouse.code,
        "address": order_body()["shipping_address"],
        "now": timezone.now().isoformat(),
        "message": str(message().pk),
        "entry": str(JournalEntry.objects.latest("id").pk),
        "job": str(_somebodys_job().pk),
        "incident": str(open_incident("shortfall", about=new_id(), actor=SYSTEM, location_id=world.warehouse.pk).pk),
        "lot": str(Lot.objects.create(variant=world.variants[MUG], code="L-1").pk),
        "bin": str((spot := make_bins(world.warehouse.pk, ["A-01"], actor=SYSTEM)[0]).pk),
        "bin_code": spot.code,
        "today": timezone.now().date().isoformat(),
        "supply": str(coming(world, 8).pk),
        "feed": (feed := feed_at(world.warehouse)).code,
        "feed_message": str(kept(feed, []).pk),
    }


def _supplied(world: World) -> dict[str, Any]:
    """A purchase order for Lyon, and transfers between it and a depot that nobody works at."""
    depot = make_location("DEPOT", "Depot", "warehouse", "59000", "Lille")
    open_stock(depot, {world.variants[MUG]: 5})
    return {
        "po": bought(world.warehouse, {MUG: 5}).number,
        "terms": str(terms(Vendor.objects.get(code="ACME"), MUG, world.warehouse).pk),
        "transfer": drafted(world.warehouse, depot, {MUG: 1}).number,
        "coming": transferred(depot, world.warehouse, {MUG: 2}).number,
    }


def _counted(world: World) -> dict[str, Any]:
    """A count of a bin that nobody has begun, and a difference that waits."""
    count = of_bins(world.warehouse, "A-01")
    tolerate(world.warehouse, 0, "0", recounts=False)
    differs = of_articles(world.warehouse, MUG)
    counted(bin_of(differs), {MUG: 9999})
    line = CountLine.objects.get(spot__count=differs)
    return {"count": count.number, "count_bin": str(count.bins.get().pk), "count_line": str(line.pk)}


def _numbered(world: World) -> dict[str, Any]:
    """Three units by their serial numbers: one lies at Lyon, one is gone, one is picked; and work with a unit without."""
    vase = asked_of(world.variants[VASE])
    registered(vase, world.warehouse, "V-1", "V-2", "V-3")
    mark_gone(serial("V-2").pk, reason="stolen", actor=SYSTEM)
    _order, (work,) = released({VASE: 1})
    floor.scan(work, "V-3", actor=PICKER)
    order, (unnumbered,) = released({VASE: 1})
    floor.pick_all([unnumbered], actor=PICKER)
    return {
        "numbered_sku": VASE,
        "serial": str(serial("V-1").pk),
        "gone_serial": str(serial("V-2").pk),
        "picked_serial": str(serial("V-3").pk),
        "numbered_work": str(work),
        "unnumbered_work": str(unnumbered),
        "unnumbered_line": str(order.lines.get().pk),
    }


def _somebodys_job() -> Job:
    other = get_user_model().objects.create_user("somebody else")
    return Job.objects.create(kind=Job.Kind.EXPORT, list="orders", title="Orders", owner=other, state="waiting")


def _orders() -> dict[str, Any]:
    order, (work,) = released({MUG: 2})
    held, _work = released({MUG: 1})
    holds.open_hold([held.pk], "manual", actor=SYSTEM, note="")
    _picked_order, (picked,) = released({MUG: 1})
    floor.pick_all([picked], actor=PICKER)
    _packed_order, (packed_work,) = packed({MUG: 1})
    sent, (parcel,) = shipped({MUG: 2})
    line = sent.lines.get()
    awaited = request_return(sent.pk, [Asked(line.pk, 1, "")], actor=SYSTEM)
    at_lyon = FulfillmentOrder.objects.exclude(location__code="DC-LYON")
    assert not at_lyon.exists(), "every thing of the table is to be at Lyon"
    return {
        "order": order.number,
        "customer": str(order.customer_id),
        "payment": str(Payment.objects.get(order=order).pk),
        "token": token_of(order.pk, order.tracking_version),
        "work": str(work),
        "held": held.number,
        "hold": str(Hold.objects.get(order=held).pk),
        "picked": str(picked),
        "packed": str(packed_work),
        "packed_parcel": str(Shipment.objects.get(fulfillment_order=packed_work).pk),
        "sent": sent.number,
        "sent_line": str(line.pk),
        "parcel": str(parcel),
        "return": str(awaited.pk),
        "rma": awaited.rma,
    }
