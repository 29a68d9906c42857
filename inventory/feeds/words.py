"""Feeds in words: kinds, rules, states."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from core.templatetags.ui import age
from inventory.models import StockFeed

KINDS: dict[str, str | Promise] = {
    "wms": gettext_lazy("Warehouse system (WMS)"),
    "pos": gettext_lazy("Tills of a shop (POS)"),
    "3pl": gettext_lazy("Logistics partner (3PL)"),
    "vendor": gettext_lazy("Vendor"),
    "other": gettext_lazy("Other"),
}
WHEN_SILENT: dict[str, str | Promise] = {
    "go_on": gettext_lazy("Go on as before"),
    "hold_units": gettext_lazy("Hold back some units of each product"),
    "hold_share": gettext_lazy("Hold back a share of what is on hand"),
    "promise_nothing": gettext_lazy("Promise nothing any more"),
}
ORIGINS: dict[str, str | Promise] = {"api": pgettext_lazy("origin", "API"), "file": pgettext_lazy("origin", "File")}


def rule(feed: StockFeed) -> str:
    """What happens while a feed is silent, in words."""
    if feed.when_silent == StockFeed.WhenSilent.HOLD_UNITS:
        said = ngettext("%(n)d unit of each product is held back", "%(n)d units of each product are held back", feed.hold_units)  # fmt: skip
        return said % {"n": feed.hold_units}
    if feed.when_silent == StockFeed.WhenSilent.HOLD_SHARE:
        return _("%(n)d %% of what is on hand is held back") % {"n": feed.hold_share}
    if feed.when_silent == StockFeed.WhenSilent.PROMISE_NOTHING:
        return _("nothing is promised")
    return _("promises go on as before")


def state(feed: StockFeed) -> tuple[str, str]:
    """Tone and words: whether it is heard."""
    if not feed.is_active:
        return "grey", _("Switched off")
    if feed.silent_since is not None:
        return "red", _("Silent for %(age)s") % {"age": age(feed.silent_since)}
    if feed.heard_at is None:
        return "grey", _("Not heard yet")
    return "green", _("Heard %(age)s ago") % {"age": age(feed.heard_at)}


def expected(feed: StockFeed) -> str:
    """How often it is to be heard, in words."""
    if feed.expected_minutes is None:
        return _("whenever it likes")
    said = ngettext("every minute", "every %(n)d minutes", feed.expected_minutes)
    return said % {"n": feed.expected_minutes}
