"""Counts and their lines in the reader's words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.wording import Word
from inventory.models import StockCount

SCOPES = {
    StockCount.Scope.BINS: _("Bins"),
    StockCount.Scope.ARTICLES: _("Articles, wherever they lie"),
    StockCount.Scope.DUE: _("What is due: the longest not counted"),
}
LINES = {
    "open": Word(pgettext_lazy("line of a count", "To count"), "grey"),
    "approve": Word(pgettext_lazy("line of a count", "To decide"), "amber"),
    "right": Word(pgettext_lazy("line of a count", "Right"), "green"),
    "posted": Word(pgettext_lazy("line of a count", "Posted"), "blue"),
    "declined": Word(pgettext_lazy("line of a count", "Not posted"), "grey"),
    "outdated": Word(pgettext_lazy("line of a count", "Counted later"), "grey"),
}


def word_of(status: str, count_status: str) -> Word:
    """How a line stands; in a count that was given up, nothing waits."""
    return LINES["declined" if status == "approve" and count_status != "open" else status]
