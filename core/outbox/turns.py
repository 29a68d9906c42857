"""One relay at a time. Any number may run at once without harm, but all of them would be busy where work waits.

A turn is a row that is ours until a moment, so that a relay that died holds nobody up for long; one that had more to do
than it may leaves as much time to the others before the next.
"""

from datetime import timedelta

from core.db import rows, run

LONGEST = timedelta(seconds=5)
NAME = "relay's turn"

# A turn that ends too far ahead was taken by a clock that has since been set back.
TAKE = """
INSERT INTO core_heartbeat (name, at, data) VALUES (%(name)s, clock_timestamp() + %(longest)s, '{}')
ON CONFLICT (name) DO UPDATE SET at = excluded.at
WHERE core_heartbeat.at <= clock_timestamp() OR core_heartbeat.at > clock_timestamp() + 2 * %(longest)s::interval
RETURNING name
"""
END = "UPDATE core_heartbeat SET at = clock_timestamp() + %(pause)s WHERE name = %(name)s"


def take() -> bool:
    """Whether the turn is ours now."""
    return bool(rows(TAKE, {"name": NAME, "longest": LONGEST}))


def end(pause: timedelta = timedelta(0)) -> None:
    """The next turn may begin after the pause."""
    run(END, {"name": NAME, "pause": min(pause, LONGEST)})
