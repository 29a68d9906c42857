"""Placing orders from every channel. One path for one order and for hundreds: judged apart, written together.

201 means that order and stock are safe. Payments are asked for afterwards, by workers, from the committed intents.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from capture import answers, judging, pinning, schemas, writing
from capture.drafts import DraftOrder
from core import idempotency
from core.actors import Actor
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
    call = Call(attempts, client, actor, keep_answers)
    try:
        with transaction.atomic():
            return call.place(_write_together)
    except (Short, IntegrityError, IdempotencyInFlight):
        # Somebody took stock, a key or a number between our look and our write.
        with transaction.atomic():
            return call.place(_write_each)


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
Outcomes = dict[int, Outcome]


@dataclass(frozen=True, slots=True)
class Call:
    """Orders that came in together."""

    attempts: Sequence[Attempt]
    client: str
    actor: Actor
    keep_answers: bool

    def place(self, write: "Callable[[Call, Drafts, Outcomes], None]") -> list[Outcome]:
        """From what came in to what came of it, in the caller's transaction."""
        outcomes: Outcomes = {}
        fresh = _fresh(self.attempts, self.client, outcomes) if self.keep_answers else range(len(self.attempts))
        drafts = _judge([(i, self.attempts[i].raw) for i in fresh], outcomes, actor=self.actor)
        _name(drafts, outcomes)
        _pin(drafts, outcomes)
        if drafts:
            write(self, drafts, outcomes)
        return [outcomes[i] for i in range(len(self.attempts))]

    def kept(self, told: Mapping[int, dict[str, Any]]) -> list[idempotency.Stored]:
        """The answers as they are stored for repeats."""
        if not self.keep_answers:
            return []
        return [
            idempotency.stored(self.client, self.attempts[i].key, self.attempts[i].digest, CREATED, answer)
            for i, answer in told.items()
        ]


def _setting(orders: Sequence[schemas.OrderIn], actor: Actor) -> judging.Setting:
    return judging.setting(orders, actor=actor, now=timezone.now())


def _fresh(attempts: Sequence[Attempt], client: str, outcomes: Outcomes) -> list[int]:
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


def _judge(raws: Sequence[tuple[int, Any]], outcomes: Outcomes, *, actor: Actor) -> Drafts:
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


def _name(drafts: Drafts, outcomes: Outcomes) -> None:
    """Number the drafts and refuse repeats: a channel's own order number is taken once."""
    if not drafts:
        return
    seen: set[tuple[Any, str]] = set()
    for (index, draft), taken in zip(list(drafts.items()), writing.number(list(drafts.values())), strict=True):
        name = (draft.channel_id, draft.external_id)
        if taken or name in seen:
            outcomes[index] = _repeated(draft.external_id, taken or "in the same call")
            del drafts[index]
        elif draft.external_id:
            seen.add(name)


def _repeated(external_id: str, number: str) -> Conflict:
    return Conflict(
        f"This channel's order {external_id} has been taken already: {number}.",
        errors=[{"loc": ["external_id"], "msg": f"is already order {number}"}],
    )


def _pin(drafts: Drafts, outcomes: Outcomes) -> None:
    free = pinning.free_for(drafts.values())
    for index, draft in list(drafts.items()):
        try:
            pinning.pin(draft, free)
        except Problem as refusal:
            outcomes[index] = refusal
            del drafts[index]


def _write_together(call: Call, drafts: Drafts, outcomes: Outcomes) -> None:
    """All in one go; when one cannot be written as it was judged, none is."""
    told = {index: _answer(draft) for index, draft in drafts.items()}
    writing.write(list(drafts.values()), call.kept(told), actor=call.actor)
    outcomes.update({index: Answer(CREATED, answer) for index, answer in told.items()})


def _write_each(call: Call, drafts: Drafts, outcomes: Outcomes) -> None:
    """Each for itself under the lock of its stock rows, pinned anew to what is free then."""
    _lock(list(drafts.values()))
    for index, draft in sorted(drafts.items()):
        try:
            with transaction.atomic():
                pinning.pin_again(draft)
                _write_together(call, {index: draft}, outcomes)
        except Problem as refusal:
            outcomes[index] = refusal
        except IntegrityError as error:
            outcomes[index] = _raced(draft, error)


def _lock(drafts: Sequence[DraftOrder]) -> None:
    """Customers, then the stock of all in one ordered step: as every order does, so that none waits in a circle."""
    writing.name_customers(drafts)
    pinning.lock(drafts)


def _answer(draft: DraftOrder) -> dict[str, Any]:
    return answers.order_answer(
        draft, draft.lines, channel=draft.channel.code, payments=draft.payments, holds=draft.holds
    )


def _raced(draft: DraftOrder, error: IntegrityError) -> Problem:
    """A unique key that another call took between our look and our write."""
    if "order_external_id_once" in str(error):
        return _repeated(draft.external_id, "taken by another call at this moment")
    raise error
