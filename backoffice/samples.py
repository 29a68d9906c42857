"""Examples for the style guide: one of everything, in the words of the demo company."""

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.contrib.staticfiles import finders
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import colours
from core import charts, wording
from core.lists import Page
from core.locales import written_day

SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)"')
SPACES = {1: "w-1", 2: "w-2", 3: "w-3", 4: "w-4", 5: "w-5", 6: "w-6", 8: "w-8", 12: "w-12"}
SPACE_PX = 3.75


class Sample(forms.Form):
    """One field of each kind."""

    sku = forms.CharField(label="SKU", help_text="LT-118-OC")
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1)
    price = forms.DecimalField(label=gettext_lazy("Price"), widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"), choices=[("web", "Web"), ("store", gettext_lazy("Store"))]
    )
    note = forms.CharField(label=gettext_lazy("Note"), widget=forms.Textarea, required=False)
    gift = forms.BooleanField(label=gettext_lazy("This is a gift"), required=False)
    delivery = forms.ChoiceField(
        label=gettext_lazy("How it travels"),
        widget=forms.RadioSelect,
        choices=[("home", gettext_lazy("To the address")), ("pickup", gettext_lazy("Picked up in a store"))],
    )
    city = forms.CharField(label=gettext_lazy("City"))
    place = forms.CharField(label=gettext_lazy("Place"))


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
        charts.Point(written_day(date(2026, 11, 9 + i), "d MMM"), value, href="#charts", now=i == len(counts) - 1)
        for i, value in enumerate(counts)
    ]
    given = {"sku": "", "quantity": "0", "price": "9.90", "day": now.date(), "channel": "web", "delivery": "home"}
    bound = Sample({**given, "city": "Lyon", "place": "Lyon"}, auto_id="returned_%s")
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
        "crumbs": [(_("Orders"), "#actions")],
        "keys": [
            {"keys": ["/"], "what": _("Search")},
            {"keys": ["Ctrl", "K"], "what": _("Every page and action by name")},
            {"keys": ["j", "k"], "what": _("Next row, row before")},
        ],
        "facts": [
            {"label": _("Goods"), "value": "£202.50"},
            {"label": _("Delivery"), "value": "£9.90"},
            {"label": _("Total"), "value": "£212.40", "sum": True},
        ],
        "places": [
            {"value": name, "note": city}
            for name, city in (("Lyon Presqu’île", "Lyon"), ("Genève Rive", "Genève"), ("Paris Marais", "Paris"))
        ],
    } | foundations()


def foundations() -> dict[str, Any]:
    """Colours, sizes, spaces and icons, read from what pages are drawn with."""
    return {
        "principles": [
            (_("Restful"), _("White panels with a hairline on a cool grey. No shadow, no gradient.")),
            (_("Honest"), _("Every number leads to its list, every refusal says its reason.")),
            (_("Quick"), _("Rows of 40 px, everything by keyboard, an answer within a tenth of a second.")),
            (_("For everybody"), _("On paper, on a phone, at 400 %, by night, without script, read aloud.")),
        ],
        "parts": [
            ("colour", _("Colour")),
            ("type", _("Type and space")),
            ("icons", _("Icons")),
            ("actions", _("Pages and actions")),
            ("states", _("States")),
            ("data", _("Lists and figures")),
            ("forms", _("Forms")),
            ("feedback", _("Answers")),
        ],
        "themes": [{"name": theme, "tones": _tones(theme)} for theme in colours.themes()],
        "sizes": _sizes(),
        "spaces": [{"name": n, "class": css, "px": round(n * SPACE_PX)} for n, css in SPACES.items()],
        "icons": _icons(),
    }


def _tones(theme: str) -> list[dict[str, str]]:
    said = {
        "grey": (_("Waiting for release"), _("waiting")),
        "blue": (_("Being picked"), _("in work")),
        "violet": (_("Ready for pickup"), _("pickup")),
        "amber": (_("On hold"), _("needs someone")),
        "green": (_("Delivered"), _("done")),
        "red": (_("Late by 1 day"), _("broken or late")),
    }
    return [
        {
            "name": tone,
            "sample": said[tone][0],
            "means": said[tone][1],
            "contrast": f"{colours.weakest(theme, f'tone-{tone}'):.1f}",
        }
        for tone in colours.TONES
    ]


def _sizes() -> list[dict[str, str]]:
    return [
        {"name": "3xl", "class": "text-3xl font-semibold tracking-tight", "sample": "Maison", "use": _("covers")},
        {
            "name": "2xl",
            "class": "text-2xl font-semibold tracking-tight",
            "sample": _("Two parcels are on their way"),
            "use": _("customers"),
        },
        {
            "name": "xl",
            "class": "text-xl font-semibold tracking-tight num",
            "sample": "GB-020355",
            "use": _("titles, figures"),
        },
        {"name": "lg", "class": "text-lg font-semibold", "sample": _("Cancel 2 of 3 throws?"), "use": _("dialogs")},
        {"name": "md", "class": "text-md", "sample": _("Olivia Harding placed the order"), "use": _("text")},
        {"name": "base", "class": "text-base num", "sample": "FR-104872 · 164.70 · 10:42", "use": _("tables")},
        {"name": "sm", "class": "text-sm muted", "sample": _("of which late: 7"), "use": _("notes")},
        {"name": "xs", "class": "text-xs muted", "sample": _("Call centre · Lyon"), "use": _("asides")},
        {"name": "2xs", "class": "label-s", "sample": _("Where it stands"), "use": _("heads of columns")},
    ]


@cache
def _icons() -> list[str]:
    sprite = finders.find("build/icons.svg")
    if not isinstance(sprite, str):
        return []
    with open(sprite) as file:
        return SYMBOL.findall(file.read())


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
