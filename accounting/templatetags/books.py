"""The words of the books."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.permissions import allows

register = template.Library()

PARTIES: dict[str, str | Promise] = {
    "order": _("Order"),
    "vendor": _("Vendor"),
    "carrier": _("Carrier"),
    "provider": _("Payment provider"),
}


@register.filter
def party(name: str, user: Any) -> SafeString | str:
    """Whose sub-ledger a line is in: `order:FR-100111` is its order, a link for those who may see it."""
    kind, colon, code = name.partition(":")
    if not colon or kind not in PARTIES:
        return name
    if kind == "order" and allows(user, "orders.view"):
        code = format_html('<a class="plain" href="{}">{}</a>', reverse("order", args=[code]), code)
    return format_html("{} {}", PARTIES[kind], code)
