"""The transactional outbox: facts go up, exactly as often as they became true.

`publish` writes events in the caller's transaction. The relay turns each event into one delivery per subscriber and
hands due deliveries to the workers. A delivery is done when its handler's effect is committed, so that an emptied
broker, a killed worker or a lost wake-up only delays work: every pending delivery is found again by a query.
"""

from core.outbox import limits, registry
from core.outbox.events import TABLE, Event, Stored, caused_by, publish, set_waker, stored, wake
from core.outbox.forgetting import forget_done
from core.outbox.overview import (
    UNKNOWN,
    Backlog,
    HandlerBacklog,
    QueueBacklog,
    backlog,
    drop,
    park_unknown,
    parked_count,
    retry,
    stopped,
    stopped_ids,
)
from core.outbox.registry import QUEUES, Delivered, Handler, Subscription, subscribe
from core.outbox.relay import Claimed, claim, fan_out, give_back
from core.outbox.work import deliver, drain

__all__ = [
    "QUEUES",
    "TABLE",
    "UNKNOWN",
    "Backlog",
    "Claimed",
    "Delivered",
    "Event",
    "Handler",
    "HandlerBacklog",
    "QueueBacklog",
    "Stored",
    "Subscription",
    "backlog",
    "caused_by",
    "claim",
    "deliver",
    "drain",
    "drop",
    "fan_out",
    "forget_done",
    "give_back",
    "limits",
    "park_unknown",
    "parked_count",
    "publish",
    "registry",
    "retry",
    "set_waker",
    "stopped",
    "stopped_ids",
    "stored",
    "subscribe",
    "wake",
]
