"""Placing orders from every channel. One path for one order and for hundreds: judged apart, written together.

201 means that order and stock are safe. Payments are asked for afterwards, by workers, from the committed intents.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from capture import answers, judging, pinning, references, refused, room, schemas, writing
from capture.drafts import DraftOrder
from capture.recognition import Asked, Known, recognise
from core import idempotency
from core.actors import Actor
from core.idempotency import Answer
from core.problems import Conflict, IdempotencyInFlight, Invalid, Problem
from inventory.services import Pin, Short
from inventory.supply.waiting import Ahead

CREATED = 201
Outcome = Answer | Problem


@dataclass(frozen=True, slots=True)
class Attempt:
    """One order as it came in, under the caller's key; `digest` tells a repeat from another order."""

    raw: Any
    key: str
    digest: str


def place_order(raw: Any, *, client: str, key: str, digest: str, actor: Actor, door: str = "api") -> Answer:
    """Place one order, once per (client, key). Raises the problem when it cannot be placed."""
    (outcome,) = place_orders([Attempt(raw, key, digest)], client=client, actor=actor, door=door)
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


def place_orders(
    attempts: Sequence[Attempt], *, client: str, actor: Actor, keep_answers: bool = True, door: str = "batch"
) -> list[Outcome]:
    """Place many orders in one transaction, each accepted or refused for itself; outcomes in the same order.

    With `keep_answers` off a repeat is recognised by its external id alone (history files, which carry one). What is
    refused for want of stock is kept, as demand that came in by `door`.
    """
    outcomes = _placed(Call(attempts, client, actor, keep_answers))
    refused.keep(
        (
            (outcome, refused.Name(client, attempt.key))
            for attempt, outcome in zip(attempts, outcomes, strict=True)
            if isinstance(outcome, pinning.NotEnough)
        ),
        door=door,
    )
    return outcomes


def _placed(call: "Call") -> list[Outcome]:
    try:
        try:
            with transaction.atomic():
                return call.place(_write_together)
        except (Short, IntegrityError, IdempotencyInFlight):
            # Somebody took stock, a key or a number between our look and our write.
            with transaction.atomic():
                return call.place(_write_each)
    except pinning.RoomNeededError:
        with transaction.atomic():
            return call.place(partial(_write_each, everywhere=True), look=False)


def quote(raw: Any, *, actor: Actor, asked: refused.Name | None = None, door: str = "quote") -> dict[str, Any]:
    """Prices, taxes, totals, availability and promise per line; nothing is ordered.

    With a name by which somebody has `asked`, what is short is kept as demand, until the same is asked for otherwise.
    """
    order = schemas.read(raw)
    draft = judging.judge(order.model_copy(update={"payments": []}), _setting([order], actor))
    free = pinning.free_for([draft])
    short, problem = None, None
    try:
        pinning.pin(draft, free)
    except Problem as refusal:
        problem = refusal.body()
        short = refusal if isinstance(refusal, pinning.NotEnough) else None
    if asked:
        refused.keep_asked(draft, short, asked, door=door)
    available = pinning.available(draft, free)
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
Fresh = tuple[schemas.OrderIn, Known]


@dataclass(frozen=True, slots=True)
class Call:
    """Orders that came in together."""

    attempts: Sequence[Attempt]
    client: str
    actor: Actor
    keep_answers: bool

    def place(self, write: "Callable[[Call, Drafts, Outcomes], None]", *, look: bool = True) -> list[Outcome]:
        """From what came in to what came of it, in the caller's transaction; `look` for stock before anything is locked."""
        outcomes: Outcomes = {}
        fresh = self._fresh(self._read(outcomes), outcomes)
        drafts = _judge({index: order for index, (order, _) in fresh.items()}, outcomes, actor=self.actor)
        _name(drafts, {index: known for index, (_, known) in fresh.items()}, outcomes)
        if look:
            _pin(drafts, outcomes)
        if drafts:
            write(self, drafts, outcomes)
        return [outcomes[i] for i in range(len(self.attempts))]

    def _read(self, outcomes: Outcomes) -> dict[int, schemas.OrderIn | Problem]:
        """Each order in typed form, or what is wrong with it."""
        found: dict[int, schemas.OrderIn | Problem] = {}
        keys: set[str] = set()
        for index, attempt in enumerate(self.attempts):
            if self.keep_answers and attempt.key in keys:
                outcomes[index] = Invalid.field(
                    ["idempotency_key"], _("is used twice in this call; each order needs its own")
                )
                continue
            keys.add(attempt.key)
            try:
                found[index] = attempt.raw if isinstance(attempt.raw, schemas.OrderIn) else schemas.read(attempt.raw)
            except Problem as refusal:
                found[index] = refusal
        return found

    def _fresh(self, read: Mapping[int, schemas.OrderIn | Problem], outcomes: Outcomes) -> dict[int, Fresh]:
        """The orders that come for the first time; the others get their earlier answer, also where they cannot be read."""
        known = recognise([self._asked(i, order) for i, order in read.items()], client=self.kept_for)
        fresh: dict[int, Fresh] = {}
        for (index, order), seen in zip(read.items(), known, strict=True):
            if seen.earlier is not None:
                outcomes[index] = seen.earlier
            elif isinstance(order, Problem):
                outcomes[index] = order
            else:
                fresh[index] = (order, seen)
        return fresh

    def _asked(self, index: int, order: schemas.OrderIn | Problem) -> Asked:
        attempt = self.attempts[index]
        if isinstance(order, Problem):
            return Asked(attempt.key, attempt.digest, None, "")
        channel = references.channels().get(order.channel)
        return Asked(attempt.key, attempt.digest, channel and channel.id, order.external_id)

    @property
    def kept_for(self) -> str:
        """The client under whom answers are kept, if they are."""
        return self.client if self.keep_answers else ""

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


def _judge(orders: Mapping[int, schemas.OrderIn], outcomes: Outcomes, *, actor: Actor) -> Drafts:
    drafts: Drafts = {}
    if orders:
        setting = _setting(list(orders.values()), actor)
        for index, order in orders.items():
            try:
                drafts[index] = judging.judge(order, setting)
            except Problem as refusal:
                outcomes[index] = refusal
    return drafts


def _name(drafts: Drafts, known: Mapping[int, Known], outcomes: Outcomes) -> None:
    """Number the drafts and refuse repeats: a channel's own order number is taken once."""
    seen: set[tuple[Any, str]] = set()
    for index, draft in list(drafts.items()):
        name, taken = (draft.channel_id, draft.external_id), known[index].taken
        if taken or name in seen:
            outcomes[index] = _repeated(draft.external_id, taken or "in the same call")
            del drafts[index]
            continue
        draft.number = f"{draft.channel.number_prefix}{known[index].number}"
        if draft.external_id:
            seen.add(name)


def _repeated(external_id: str, number: str) -> Conflict:
    return Conflict(
        _("This channel's order %(external_id)s has been taken already: %(number)s.")
        % {"external_id": external_id, "number": number},
        errors=[{"loc": ["external_id"], "msg": f"is already order {number}"}],
    )


def _pin(drafts: Drafts, outcomes: Outcomes) -> None:
    free, pins, taken = pinning.free_for(drafts.values()), list[Pin](), list[Ahead]()
    for index, draft in list(drafts.items()):
        try:
            pinning.pin(draft, free, pins, taken)
        except Problem as refusal:
            outcomes[index] = refusal
            del drafts[index]
        if draft.moves:
            raise pinning.RoomNeededError
        pins += draft.pins
        taken += draft.ahead


def _write_together(call: Call, drafts: Drafts, outcomes: Outcomes) -> None:
    """All in one go; when one cannot be written as it was judged, none is."""
    told = {index: _answer(draft) for index, draft in drafts.items()}
    writing.write(list(drafts.values()), call.kept(told), actor=call.actor)
    outcomes.update({index: Answer(CREATED, answer) for index, answer in told.items()})


def _write_each(call: Call, drafts: Drafts, outcomes: Outcomes, *, everywhere: bool = False) -> None:
    """Each for itself under the lock of its legal stock rows, pinned anew to what is free then; with its rows locked
    `everywhere`, the pins of others that stand in its way are moved."""
    _lock(list(drafts.values()), everywhere=everywhere)
    for index, draft in sorted(drafts.items()):
        try:
            with transaction.atomic():
                pinning.pin_again(draft)
                if draft.moves and not everywhere:
                    raise pinning.RoomNeededError
                room.make(draft, actor=call.actor)
                _write_together(call, {index: draft}, outcomes)
        except Problem as refusal:
            outcomes[index] = refusal
        except IntegrityError as error:
            outcomes[index] = _raced(draft, error)


def _lock(drafts: Sequence[DraftOrder], *, everywhere: bool = False) -> None:
    """Customers, then the stock of all in one ordered step: as every order does, so that none waits in a circle."""
    writing.name_customers(drafts)
    pinning.lock(drafts, everywhere=everywhere)


def _answer(draft: DraftOrder) -> dict[str, Any]:
    return answers.order_answer(
        draft, draft.lines, channel=draft.channel.code, payments=draft.payments, holds=draft.holds
    )


def _raced(draft: DraftOrder, error: IntegrityError) -> Problem:
    """A unique key that another call took between our look and our write."""
    if "order_external_id_once" in str(error):
        return _repeated(draft.external_id, "taken by another call at this moment")
    raise error
