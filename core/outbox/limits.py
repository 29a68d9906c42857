"""How much at once, and how patiently."""

from datetime import timedelta

LEASE = timedelta(seconds=60)
"""How long handed-out work belongs to a worker. One that works longer renews it; one that died lets it run out."""

LONGEST = timedelta(minutes=15)
"""A worker that has not come back by then hangs: its lease is no longer renewed. No task is allowed to take so long."""

WAIT_IN_LINE = timedelta(seconds=60)
"""When work that waits for an earlier fact is looked at again; it is woken when that one is done."""

MOST_ATTEMPTS = 10
LONGEST_PAUSE = timedelta(minutes=10)
"""Each pause before another attempt is three times as long as the last: about 35 minutes until it is parked, so that a
server that is restarted or a mistake that is taken back parks nothing."""

MOST_IN_FLIGHT = 1_000
"""Deliveries of one handler handed out at a time. Were all of a long queue, each would be again every minute it waits."""

MOST_QUEUED = 100
"""Messages in one of the broker's queues above which nothing more is handed to it: its workers are slow, or away."""

SET_SIZE = 100
SLOW_SET_SIZE = 20
"""Deliveries that one worker takes at once; fewer where each waits for somebody else's server."""

UNKNOWN_FOR = timedelta(hours=24)
"""How long work waits for a version that knows its handler, for instance during an upgrade, before it is parked."""
