"""How much the broker holds for whom: what is asked before more is given to it."""

from collections.abc import Sequence

from celery import current_app
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

AWAY = (KombuError, RedisError, OSError)
"""What its client raises when the broker cannot be reached, or refuses to take more because its memory is full."""


def lengths(queues: Sequence[str]) -> dict[str, int]:
    """Messages that wait in each of the broker's queues. Raises what the broker's client raises when it cannot be reached."""
    with current_app.pool.acquire(block=True) as connection:
        asked = connection.default_channel.client.pipeline(transaction=False)
        for queue in queues:
            asked.llen(queue)
        return dict(zip(queues, asked.execute(), strict=True))
