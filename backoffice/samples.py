"""Examples for the style guide: one of everything, in the words of the demo company."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from core import charts, wording
from core.lists import Page


class Sample(forms.Form):
    """One field of each kind."""

    sku = forms.CharField(label="SKU", help_text="LT-118-OC")
    quantity = forms.IntegerField(min_value=1)
    channel = forms.ChoiceField(choices=[("web", "Web"), ("store", "Store")])
    note = forms.CharField(widget=forms.Textarea, required=False)
    gift = forms.BooleanField(required=False)


LINES = [
    {"shipped": 2},
    {"picked": 1},
    {"picked": 1, "backordered": 1},
    {"shipped": 3, "packed": 1, "released": 2, "allocated": 1, "cancelled": 1},
    {"reserved": 4},
]


def everything() -> dict[str, Any]:
    """The context of the style guide."""
    now = timezone.now()
    counts = [212, 198, 240, 233, 281, 340, 309, 226, 219, 251, 262, 301, 368, 402]
    points = [
        charts.Point(f"{9 + i} Nov", value, href="#charts", now=i == len(counts) - 1) for i, value in enumerate(counts)
    ]
    bound = Sample({"sku": "", "quantity": "0", "channel": "web"})
    bound.is_valid()
    return {
        "form": Sample(),
        "bound": bound,
        "kinds": [
            (kind, [(name, word) for name, word in words.items()])
            for kind, words in wording.KINDS.items()
            if kind != "bucket"
        ],
        "lines": LINES,
        "chart": charts.columns(points),
        "trend": counts,
        "steps": steps(),
        "track": [
            {"label": _("Prepared in Lyon Bellecour"), "note": "11:20", "done": True},
            {"label": _("Handed to the carrier"), "note": "17:05", "done": True},
            {"label": _("Delivered"), "note": _("expected Wednesday"), "done": False},
        ],
        "entries": [
            {"icon": "credit-card", "who": "Stripe", "text": "£212.40", "at": now},
            {"icon": "shopping-bag", "who": "Olivia Harding", "text": _("placed the order"), "at": now},
        ],
        "moments": [now, now + timedelta(days=1), now + timedelta(days=4), now - timedelta(days=40)],
        "amounts": [(Decimal("1204.5"), "EUR"), (Decimal("212.40"), "GBP"), (Decimal("131"), "CHF")],
        "tabs": [
            {"label": _("All"), "url": "#tabs", "on": True, "count": 5000},
            {"label": _("On hold"), "url": "#tabs", "on": False, "count": 5},
            {"label": _("Backordered"), "url": "#tabs", "on": False, "count": 31},
        ],
        "chips": [{"label": _("Placed: today"), "url": "#"}],
        "page": Page([], next="x", previous="y"),
        "waiting": [
            {"label": _("Waiting for release"), "value": 64, "end": "41 min"},
            {"label": _("To pick"), "value": 118, "tone": "amber", "end": "1 h 52", "end_tone": "amber"},
            {"label": _("To pack"), "value": 73, "end": "34 min"},
        ],
        "errors": [{"text": _("Quantity: at least 1"), "anchor": "forms"}],
    }


def steps() -> list[dict[str, str]]:
    """The way of an order, half done."""
    return [
        {"label": _("Captured"), "note": "10:36", "is": "done"},
        {"label": _("Paid"), "note": _("authorised"), "is": "done"},
        {"label": _("Routed"), "note": "10:37", "is": "done"},
        {"label": _("Picked"), "note": _("2 of 5"), "is": "now"},
        {"label": _("Shipped"), "note": _("2 of 5"), "is": "now"},
        {"label": _("Delivered"), "note": _("Fri 27"), "is": "todo"},
    ]
