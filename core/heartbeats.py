"""When each part of the system was last seen to work: a row per part, written by the part itself."""

from datetime import datetime
from typing import Any, NamedTuple

from core.bulk import dump
from core.db import rows, run


class Heartbeat(NamedTuple):
    """The last sign of life of a part, by the database's clock, and what it said."""

    at: datetime
    data: dict[str, Any]


BEAT = """
INSERT INTO core_heartbeat (name, at, data) VALUES (%(name)s, clock_timestamp(), %(data)s::jsonb)
ON CONFLICT (name) DO UPDATE SET at = excluded.at, data = excluded.data
"""


def beat(name: str, **data: Any) -> None:
    """The part called `name` works, now."""
    run(BEAT, {"name": name, "data": dump(data)})


def heard() -> dict[str, Heartbeat]:
    """Every part that was ever heard of."""
    return {row.name: Heartbeat(row.at, row.data) for row in rows("SELECT name, at, data FROM core_heartbeat")}
