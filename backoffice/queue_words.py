"""Work in words: what each handler does, and what each queue is for."""

from collections.abc import Callable

from django.utils.translation import gettext as _

HANDLERS: dict[str, Callable[[], str]] = {
    "fulfillment.route": lambda: _("Choose where an order ships from"),
    "fulfillment.take_lot_out": lambda: _("Take a lot that is set apart out of open work"),
    "fulfillment.cover_shortfall": lambda: _("Keep elsewhere what a place has too few of"),
    "fulfillment.serve_backorders": lambda: _("Give what is free to those who wait for it"),
    "fulfillment.take_up_backorders": lambda: _("Go on with orders whose units have come"),
    "fulfillment.expect_again": lambda: _("Promise again what waits for stock"),
    "fulfillment.expect_again_changed": lambda: _("Promise again what waits for stock, after a change of supply"),
    "fulfillment.release": lambda: _("Give work to a location"),
    "fulfillment.book_labels": lambda: _("Book a label with the carrier"),
    "fulfillment.complete_virtual": lambda: _("Deliver what is not made of goods"),
    "fulfillment.resume_virtual": lambda: _("Deliver what is not made of goods, after a hold"),
    "payments.authorise": lambda: _("Get the promise of the money"),
    "payments.authorise_again": lambda: _("Get the promise of the money again"),
    "payments.capture": lambda: _("Take the money for what left"),
    "payments.void": lambda: _("Give up what will not be taken"),
    "payments.refund": lambda: _("Give money back"),
    "payments.look": lambda: _("Read the provider's account of a payment"),
    "notifications.order_confirmation": lambda: _("Tell the customer: order received"),
    "notifications.cancelled": lambda: _("Tell the customer: cancelled"),
    "notifications.payment_failed": lambda: _("Tell the customer: payment failed"),
    "notifications.payment_link": lambda: _("Tell the customer: confirm the payment"),
    "notifications.stock_let_go": lambda: _("Tell the customer: stock no longer kept"),
    "fulfillment.ask_for_stock_again": lambda: _("Ask again for stock that was let go"),
    "notifications.payment_reminder": lambda: _("Tell the customer: payment still open"),
    "notifications.delayed": lambda: _("Tell the customer: later than promised"),
    "notifications.shipped": lambda: _("Tell the customer: parcel on its way"),
    "notifications.delivered": lambda: _("Tell the customer: delivered"),
    "notifications.return_received": lambda: _("Tell the customer: return received"),
}
QUEUES: dict[str, Callable[[], str]] = {
    "work": lambda: _("Orders and locations"),
    "providers": lambda: _("Payments and carriers"),
    "mail": lambda: _("Letters"),
    "unknown": lambda: _("Of another version"),
}


def handler_word(name: str) -> str:
    """What a handler does; its name where nobody has found words."""
    known = HANDLERS.get(name)
    return known() if known else name


def queue_word(name: str) -> str:
    """What a queue is for."""
    known = QUEUES.get(name)
    return known() if known else name
