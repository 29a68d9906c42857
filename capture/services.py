"""Placing orders from every channel. One path for one order and for hundreds: judged apart, written together.

201 means that order and stock are safe. Payments are asked for afterwards, by workers, from the committed intents.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from capture import answers, judging, pinning, schemas, writing
from capture.drafts import DraftOrder
from core import idempotency
from core.actors import Actor
from core.db import rows
from core.idempotency import Answer
from core.problems import Conflict, IdempotencyInFlight, Invalid, Problem
from inventory.services import Short

CREATED = 201
Outcome = Answer | Problem


@dataclass(frozen=True, slots=True)
class Attempt:
    """One order as it came in, under the caller's key; `digest` tells a repeat from another order."""

    raw: Any
    key: str
    digest: str


def place_order(raw: Any, *, client: str, key: str, digest: str, actor: Actor) -> Answer:
    """Place one order, once per (client, key). Raises the problem when it cannot be placed."""
    (outcome,) = place_orders([Attempt(raw, key, digest)], client=client, actor=actor)
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


def place_orders(attempts: Sequence[Attempt], *, client: str, actor: Actor, keep_answers: bool = True) -> list[Outcome]:
    """Place many orders in one transaction, each accepted or refused for itself; outcomes in the same order.

    With `keep_answers` off a repeat is recognised by its external id alone (history files, which carry one).
    """
    outcomes: dict[int, Outcome] = {}
    with transaction.atomic():
        fresh = _fresh(attempts, client, outcomes) if keep_answers else list(range(len(attempts)))
        drafts = _judge([(i, attempts[i].raw) for i in fresh], outcomes, actor=actor)
        _refuse_repeated(drafts, outcomes)
        _pin(drafts, outcomes)
        if drafts:
            writing.number(list(drafts.values()))
            keeper = _keeper(attempts, client) if keep_answers else None
            _write(drafts, keeper, outcomes, actor=actor)
    return [outcomes[i] for i in range(len(attempts))]


def quote(raw: Any, *, actor: Actor) -> dict[str, Any]:
    """Prices, taxes, totals, availability and promise per line; nothing is written."""
    order = schemas.read(raw)
    draft = judging.judge(order.model_copy(update={"payments": []}), _setting([order], actor))
    free = pinning.free_for([draft])
    available = pinning.available(draft, free)
    try:
        pinning.pin(draft, free)
        problem = None
    except Problem as refusal:
        problem = refusal.body()
    lines = [
        {
            **answers.line_answer(line),
            "available": available.get(line.variant_id),
            "net": answers.money(line.net),
            "tax": answers.money(line.tax),
        }
        for line in draft.lines
    ]
    totals = ("subtotal", "discount", "shipping", "tax", "total")
    return {
        "channel": draft.channel.code,
        "currency": draft.currency,
        "totals": {name: answers.money(getattr(draft, name)) for name in totals},
        "lines": lines,
        "promise": answers.window(draft.promise_earliest, draft.promise_latest),
        "problem": problem,
    }


Drafts = dict[int, DraftOrder]
Keeper = Callable[[int, DraftOrder, dict[str, Any]], idempotency.Stored]


def _setting(orders: Sequence[schemas.OrderIn], actor: Actor) -> judging.Setting:
    return judging.setting(orders, actor=actor, now=timezone.now())


def _fresh(attempts: Sequence[Attempt], client: str, outcomes: dict[int, Outcome]) -> list[int]:
    """The attempts that are made for the first time; the others get their earlier answer."""
    first: dict[str, int] = {}
    for index, attempt in enumerate(attempts):
        if attempt.key in first:
            outcomes[index] = Invalid.field(["idempotency_key"], "is used twice in this call; each order needs its own")
        else:
            first[attempt.key] = index
    found = idempotency.look_many(client, [(key, attempts[index].digest) for key, index in first.items()])
    for key, index in first.items():
        if (earlier := found[key]) is not None:
            outcomes[index] = earlier
    return [index for index in first.values() if index not in outcomes]


def _judge(raws: Sequence[tuple[int, Any]], outcomes: dict[int, Outcome], *, actor: Actor) -> Drafts:
    orders: dict[int, schemas.OrderIn] = {}
    for index, raw in raws:
        try:
            orders[index] = raw if isinstance(raw, schemas.OrderIn) else schemas.read(raw)
        except Problem as refusal:
            outcomes[index] = refusal
    drafts: Drafts = {}
    if orders:
        setting = _setting(list(orders.values()), actor)
        for index, order in orders.items():
            try:
                drafts[index] = judging.judge(order, setting)
            except Problem as refusal:
                outcomes[index] = refusal
    return drafts


TAKEN = """
SELECT o.channel_id, o.external_id, o.number FROM orders_order o
JOIN unnest(%(channels)s::uuid[], %(external_ids)s::text[]) AS w(channel_id, external_id)
  ON o.channel_id = w.channel_id AND o.external_id = w.external_id
WHERE o.external_id <> ''
"""


def _refuse_repeated(drafts: Drafts, outcomes: dict[int, Outcome]) -> None:
    """A channel's own order number is taken once."""
    named = [d for d in drafts.values() if d.external_id]
    if not named:
        return
    found = rows(TAKEN, {"channels": [d.channel_id for d in named], "external_ids": [d.external_id for d in named]})
    taken = {(row.channel_id, row.external_id): row.number for row in found}
    for index, draft in list(drafts.items()):
        if not draft.external_id:
            continue
        if (number := taken.get((draft.channel_id, draft.external_id))) is not None:
            outcomes[index] = _repeated(draft.external_id, number)
            del drafts[index]
        else:
            taken[(draft.channel_id, draft.external_id)] = "in the same call"


def _repeated(external_id: str, number: str) -> Conflict:
    return Conflict(
        f"This channel's order {external_id} has been taken already: {number}.",
        errors=[{"loc": ["external_id"], "msg": f"is already order {number}"}],
    )


def _pin(drafts: Drafts, outcomes: dict[int, Outcome]) -> None:
    free = pinning.free_for(drafts.values())
    for index, draft in list(drafts.items()):
        try:
            pinning.pin(draft, free)
        except Problem as refusal:
            outcomes[index] = refusal
            del drafts[index]


def _keeper(attempts: Sequence[Attempt], client: str) -> Keeper:
    def keep(index: int, draft: DraftOrder, answer: dict[str, Any]) -> idempotency.Stored:
        attempt = attempts[index]
        return idempotency.stored(client, attempt.key, attempt.digest, CREATED, answer)

    return keep


def _write(drafts: Drafts, keeper: Keeper | None, outcomes: dict[int, Outcome], *, actor: Actor) -> None:
    """All together; when somebody took stock meanwhile, each for itself under the lock of its stock rows."""
    try:
        with transaction.atomic():
            _write_set(drafts, keeper, outcomes, actor=actor)
        return
    except (Short, IntegrityError, IdempotencyInFlight) as error:
        if len(drafts) == 1 and isinstance(error, IntegrityError):
            outcomes.update({index: _raced(draft, error) for index, draft in drafts.items()})
            return
    if len(drafts) > 1:
        _lock(list(drafts.values()))
    for index, draft in sorted(drafts.items()):
        try:
            with transaction.atomic():
                _lock([draft])
                pinning.pin_again(draft)
                _write_set({index: draft}, keeper, outcomes, actor=actor)
        except Problem as refusal:
            outcomes[index] = refusal
        except IntegrityError as error:
            outcomes[index] = _raced(draft, error)


def _lock(drafts: Sequence[DraftOrder]) -> None:
    """Customers, then the stock of all in one ordered step: as every order does, so that none waits in a circle."""
    writing.name_customers(drafts)
    pinning.lock(drafts)


def _write_set(drafts: Drafts, keeper: Keeper | None, outcomes: dict[int, Outcome], *, actor: Actor) -> None:
    told = {index: _answer(draft) for index, draft in drafts.items()}
    kept = [keeper(index, draft, told[index]) for index, draft in drafts.items()] if keeper else []
    writing.write(list(drafts.values()), kept, actor=actor)
    outcomes.update({index: Answer(CREATED, answer) for index, answer in told.items()})


def _answer(draft: DraftOrder) -> dict[str, Any]:
    return answers.order_answer(
        draft, draft.lines, channel=draft.channel.code, payments=draft.payments, holds=draft.holds
    )


def _raced(draft: DraftOrder, error: IntegrityError) -> Problem:
    """A unique key that another call took between our look and our write."""
    if "order_external_id_once" in str(error):
        return _repeated(draft.external_id, "taken by another call at this moment")
    raise error
