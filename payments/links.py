"""Where the provider sends a customer back to: an address of the payment's own that never changes.

It is a parameter of calls that are repeated under one key, so it must be the same each time; the order's own page
is not, as its address can be renewed.
"""

from uuid import UUID

from django.conf import settings

from orders.tracking import is_right, order_id_in, token_of

_VERSION = 0


def way_back(payment_id: UUID) -> str:
    """The whole address."""
    return f"{settings.WEB_URL}/paid/{token_of(payment_id, _VERSION)}/"


def payment_behind(token: str) -> UUID | None:
    """The payment whose customer comes back, or None for anything that was not made here."""
    payment_id = order_id_in(token)
    return payment_id if payment_id and is_right(token, payment_id, _VERSION) else None
