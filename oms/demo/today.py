"""The demo company's last day: live orders, work in hand at every stage, and a few that somebody has to look at."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from core.actors import SYSTEM, Actor
from core.db import rows
from fulfillment.amend import cancel
from fulfillment.floor import accept, pack, pick, pick_all
from fulfillment.release import release
from fulfillment.routing import route
from fulfillment.shipping import ship
from fulfillment.tracking_events import record_event
from oms.demo.baskets import Basket
from oms.demo.comebacks import announced
from oms.demo.history import Placed, place
from oms.history import arrive, send, work
from orders.holds import open_hold
from returns.services import request_return

CARDS = 12
"""The newest orders are paid by card; a worker asks the provider for them once it runs."""
PICKERS = Actor("user", "Wanda Leroy")
CLERK = Actor("user", "Claire Morel")
HELD = (
    ("fraud_review", "Première commande, montant élevé, livraison loin de l’adresse de facturation"),
    ("address", "Le transporteur ne connaît pas cette rue"),
    ("manual", "Le client demande d’attendre vendredi"),
    ("duplicate", "Ressemble à la commande passée une minute avant"),
)
"""Holds as the company's people write of them: in its own language."""
ANNOUNCED = 6
DELIVERED = """
SELECT id FROM orders_order WHERE status = 'completed' AND placed_at > %(since)s ORDER BY placed_at DESC LIMIT %(most)s
"""
OF_A_LINE = """
SELECT order_line_id FROM fulfillment_fulfillmentline WHERE fulfillment_order_id = %(id)s ORDER BY id LIMIT 1
"""


def live_day(baskets: Sequence[Basket], now: datetime) -> int:
    """Place the last day's orders as live ones and take them to different stages; returns how many there are."""
    placed = place(baskets[:-CARDS]) + place(baskets[-CARDS:], card=True)
    open_orders = [order for order in placed[:-CARDS] if order.status == "placed"]
    _hold(open_orders[-8:-4])
    waiting, going = open_orders[-4:], open_orders[:-8]
    _stages([order.id for order in going], now)
    if waiting:
        cancel(waiting[0].id, actor=CLERK, reason="commandé deux fois par erreur")
    _announce_returns(now)
    return len(placed)


def _announce_returns(now: datetime) -> None:
    """Some customers have been given an RMA; their goods are on the way."""
    found = rows(DELIVERED, {"since": now - timedelta(days=45), "most": ANNOUNCED})
    for order_id, asked in announced([row.id for row in found], Random(7)):
        request_return(order_id, asked, actor=CLERK, external_id="announced")


def _hold(orders: Sequence[Placed]) -> None:
    for order, (kind, note) in zip(orders, HELD, strict=False):
        open_hold([order.id], kind, actor=CLERK, note=note)


def _stages(order_ids: Sequence[UUID], now: datetime) -> None:
    """A third has left; the rest stands at every stage before that: planned, released, accepted, picking, packed."""
    cut = len(order_ids) // 3
    gone, here = list(order_ids[:cut]), list(order_ids[cut:])
    send(gone, at=now - timedelta(hours=5), actor=PICKERS)
    arrive(gone[: cut // 5], at=now - timedelta(hours=1), actor=SYSTEM)
    _under_way(gone[cut // 5 :], now)
    route(here, actor=SYSTEM)
    released, accepted, picking, picked, packed = (here[start::6] for start in range(1, 6))
    at_hand = accepted + picking + picked + packed
    release(work(released + at_hand, "planned"), actor=SYSTEM)
    accept(work(at_hand, "released"), actor=PICKERS)
    pick_all(work(picked + packed, "accepted"), actor=PICKERS)
    pack(work(packed, "picking"), actor=PICKERS)
    ship(work(packed[::4], "packed"), actor=PICKERS)
    for work_id in work(picking, "accepted"):
        line_id = rows(OF_A_LINE, {"id": work_id})[0].order_line_id
        pick(work_id, {line_id: 1}, actor=PICKERS)


def _under_way(order_ids: Sequence[UUID], now: datetime) -> None:
    """What carriers say of parcels on their way."""
    found = rows(
        "SELECT id FROM fulfillment_shipment WHERE order_id = ANY(%(ids)s) AND status = 'shipped' ORDER BY id",
        {"ids": list(order_ids)},
    )
    said = ("InTransit", "OutForDelivery", "", "InTransit", "AttemptFail")
    for number, row in enumerate(found):
        if status := said[number % len(said)]:
            record_event(row.id, status, now - timedelta(minutes=40), actor=SYSTEM, place="Lyon")
