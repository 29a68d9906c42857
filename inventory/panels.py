"""Parts of a product's stock page that tell more than stock knows: apps above add theirs, and the page shows them."""

from collections.abc import Callable

from django.http import HttpRequest

from catalog.models import Variant

Panel = Callable[[HttpRequest, Variant], str]
"""Draws its part, as safe HTML; "" for nothing."""
PANELS: list[Panel] = []


def add(panel: Panel) -> Panel:
    """Let the page show it, below those that were added before."""
    PANELS.append(panel)
    return panel


def drawn(request: HttpRequest, variant: Variant) -> list[str]:
    """All that have something to tell."""
    return [html for panel in PANELS if (html := panel(request, variant))]
