"""Every write of returns."""

from returns.receiving import Back, ReturnInput, receive_and_credit
from returns.requests import Asked, cancel_return, request_return

__all__ = ["Asked", "Back", "ReturnInput", "cancel_return", "receive_and_credit", "request_return"]
