"""The address of an order's public page: unguessable, made again whenever it is needed, stored nowhere.

A token is the order's id and a MAC over the id and the order's tracking version, so raising the version ends every
address that was sent before.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from django.conf import settings

MAC_BYTES = 16
PURPOSE = b"orders.tracking"


class Tracked(Protocol):
    """An order, or a row with these columns of one."""

    @property
    def id(self) -> UUID: ...
    @property
    def tracking_version(self) -> int: ...


def token_of(order_id: UUID, version: int) -> str:
    """The token of an order's page, safe in an address: 43 characters."""
    return urlsafe_b64encode(order_id.bytes + _mac(order_id, version)).decode().rstrip("=")


def order_id_in(token: str) -> UUID | None:
    """The order a token speaks of, not yet verified; None when it has not the shape of one."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError):
        return None
    return UUID(bytes=raw[:16]) if len(raw) == 16 + MAC_BYTES else None


def is_right(token: str, order_id: UUID, version: int) -> bool:
    """Whether the token is the one of this order and version, compared in constant time."""
    return hmac.compare_digest(token.encode(), token_of(order_id, version).encode())


def tracking_url(order: Tracked) -> str:
    """The whole address of the page, for mails and answers."""
    return f"{settings.WEB_URL}/t/{token_of(order.id, order.tracking_version)}/"


def _mac(order_id: UUID, version: int) -> bytes:
    key = hmac.digest(settings.SECRET_KEY.encode(), PURPOSE, sha256)
    return hmac.digest(key, b"%b.%d" % (order_id.bytes, version), sha256)[:MAC_BYTES]
