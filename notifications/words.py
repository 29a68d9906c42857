"""Letters in words: their kinds, and what has become of them."""

from django.utils.translation import gettext_lazy

from notifications import letters

KIND_WORDS = {
    letters.ORDER_CONFIRMATION: gettext_lazy("Order confirmation"),
    letters.SHIPPED: gettext_lazy("Parcel on its way"),
    letters.DELIVERED: gettext_lazy("Parcel delivered"),
    letters.CANCELLED: gettext_lazy("Order cancelled"),
    letters.RETURN_RECEIVED: gettext_lazy("Return received"),
    letters.PAYMENT_FAILED: gettext_lazy("Payment failed"),
    letters.PAYMENT_LINK: gettext_lazy("Payment to be finished"),
    letters.PAYMENT_REMINDER: gettext_lazy("Payment reminder"),
    letters.DELAYED: gettext_lazy("Later than promised"),
    letters.STOCK_LET_GO: gettext_lazy("Stock no longer kept"),
    "account_invitation": gettext_lazy("Invitation to sign in"),
    "account_reset": gettext_lazy("Another password"),
}
STATES = {
    "sent": ("green", gettext_lazy("Sent")),
    "waiting": ("grey", gettext_lazy("Waiting")),
    "retrying": ("amber", gettext_lazy("Trying again")),
    "failed": ("red", gettext_lazy("Not sent")),
}
