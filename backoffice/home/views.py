"""Where everybody starts: what needs this person now."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.home import roles
from core.days import reader_day
from core.permissions import allows


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Figures with the lists behind them, and what needs this person, with owner, age and next step."""
    sections = roles.sections_of(request.user)
    figures, panels = roles.tell(request.user, sections)
    context = {
        "today": reader_day(),
        "figures": figures,
        "broad": [panel for panel in panels if panel.wide],
        "narrow": [panel for panel in panels if not panel.wide],
        "primary": _primary(request),
        "finds": sections[:1] == ["holds"] and allows(request.user, "orders.place"),
    }
    return render(request, "backoffice/home.html", context)


def _primary(request: HttpRequest) -> dict[str, str]:
    """The one thing that this person does most."""
    if allows(request.user, "orders.place"):
        return {"label": _("New order"), "icon": "plus", "url": reverse("new-order")}
    if allows(request.user, "fulfillment.work"):
        return {"label": _("To the work"), "icon": "scan-barcode", "url": reverse("work")}
    return {}
