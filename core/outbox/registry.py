"""Who hears which facts, and by which workers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from core.outbox import limits
from core.outbox.events import Event

Queue = Literal["work", "providers", "mail"]
"""`work` needs only the database; `providers` waits for payment providers and carriers; `mail` writes and sends letters.

Each has workers of its own, so that one that hangs holds up none of the others."""

QUEUES: tuple[Queue, ...] = get_args(Queue)
SET_SIZES: dict[Queue, int] = {"work": limits.SET_SIZE, "providers": limits.SLOW_SET_SIZE, "mail": limits.SET_SIZE}


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event as its subscribers get it."""

    id: UUID
    kind: str
    about: UUID
    payload: dict[str, Any]


Handler = Callable[[list[Delivered]], None]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A handler by name.

    `outside`: it reaches beyond the database, or owns its transactions: none is open around it. `line`: deliveries to
    handlers of the same line about the same thing are done one at a time, in the order of their events.
    """

    kind: str
    name: str
    handler: Handler
    outside: bool = False
    queue: Queue = "work"
    line: str = ""


SUBSCRIPTIONS: dict[str, Subscription] = {}


def subscribe(
    kind: str, name: str, *, outside: bool = False, queue: Queue = "work", in_order: bool | str = False
) -> Callable[[Handler], Handler]:
    """Register a handler of `kind`; `name` identifies it for ever, as deliveries are stored under it.

    `in_order`: what it is told about one order comes one at a time, in the order in which it became true; handlers that
    give the same text instead of True stand in one line together.
    """
    line = in_order if isinstance(in_order, str) else name if in_order else ""

    def register(handler: Handler) -> Handler:
        SUBSCRIPTIONS[name] = Subscription(kind, name, handler, outside, queue, line)
        return handler

    return register


def known_kinds() -> list[str]:
    """Kinds of events that this version knows. Others belong to a newer version, whose relay knows who hears them."""
    heard = {subscription.kind for subscription in SUBSCRIPTIONS.values()}
    return sorted(heard | {kind for kind in _kinds(Event) if kind})


def _kinds(of: type[Event]) -> Iterator[str]:
    yield getattr(of, "kind", "")
    for further in of.__subclasses__():
        yield from _kinds(further)
