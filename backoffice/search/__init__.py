"""Global search: what is typed or scanned, found among all that this person may see; and the palette."""

from backoffice.search.views import palette, search

__all__ = ["palette", "search"]
