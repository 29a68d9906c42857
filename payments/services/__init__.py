"""Every write of payments. The `request_…` ones belong into the transaction of the fact behind them; those that ask a
provider are called outside of any transaction."""

from payments.services.attempts import pay_again
from payments.services.authorisations import ask_about, authorise, refresh, take_note_of_lapses
from payments.services.captures import capture, request_captures
from payments.services.refunds import refund, request_refunds
from payments.services.settlement import release_strays, settle_unknown
from payments.services.voids import request_void, void
from payments.services.webhooks import receive_stripe_webhook

__all__ = [
    "ask_about",
    "authorise",
    "capture",
    "pay_again",
    "receive_stripe_webhook",
    "refresh",
    "refund",
    "release_strays",
    "request_captures",
    "request_refunds",
    "request_void",
    "settle_unknown",
    "take_note_of_lapses",
    "void",
]
