"""The limits of one product on one page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core import versions
from core.actors import Actor
from core.forms import tell
from core.permissions import permission
from core.problems import NotFound, Problem
from inventory.selectors import variant_by_sku
from orders.models import Channel
from orders.shares.forms import LimitsForm
from orders.shares.limits import Limits, limits_of, set_limits


@require_http_methods(["GET", "HEAD", "POST"])
@permission("stock.limits", everywhere=True)
def limits(request: HttpRequest, sku: str) -> HttpResponse:
    """What each place keeps back, what is set aside for channels, and what channels may sell at most."""
    variant = variant_by_sku(sku)
    if variant is None:
        raise NotFound(_("There is no product with the SKU %(sku)s.") % {"sku": sku})
    now = limits_of(variant.pk)
    channel = _chosen(request.GET.get("channel", ""), now)
    form = LimitsForm(request.POST or None, limits=now, channel=channel)
    if request.method == "POST" and form.is_valid() and not versions.looks_again(request):
        shown = versions.seen(request)
        try:
            changed = set_limits(
                variant.pk, form.wish(), actor=Actor.of(request.user), version=shown.version if shown else ""
            )
        except versions.Stale as stale:
            stale.labels = {name: str(field.label) for name, field in form.fields.items()}
            raise
        except Problem as problem:
            tell(form, problem)
        else:
            said = ngettext("%(n)d limit is changed.", "%(n)d limits are changed.", changed) % {"n": changed}
            messages.success(request, said if changed else _("Nothing was to be changed."))
            return redirect(request.get_full_path())
    context = {"variant": variant, "form": form, "limits": now, "channel": channel}
    refused = form.is_bound and bool(form.errors)
    return render(request, "orders/limits.html", context, status=422 if refused else 200)


def _chosen(code: str, now: Limits) -> Channel | None:
    """The channel whose shares are shown: the one asked for, else one that has any, else the first."""
    asked = [channel for channel in now.channels if channel.code == code]
    having = [share.channel for row in now.rows for share in row.shares if share.units]
    return next(iter([*asked, *having, *now.channels]), None)
