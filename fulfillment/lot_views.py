"""A lot with everything it has reached, and setting it apart everywhere by one button."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from core.actors import Actor
from core.forms import tell
from core.permissions import allows, permission
from core.problems import NotFound, Problem
from fulfillment.recall import came, in_transit, lying, reached
from inventory.holdings.lots import LONGEST_REASON, close_lot, is_too_old, release_lot
from inventory.holdings.words import CONDITIONS, LOT_STATES, LOT_TONES, TONES
from inventory.models import Lot

MANAGE = "lots.manage"


class ReasonForm(forms.Form):
    """Why a lot is set apart, or sold again."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=LONGEST_REASON, error_messages={"required": gettext_lazy("Say why.")}
    )


def _find(lot_id: UUID) -> Lot:
    found = Lot.objects.select_related("variant__product").filter(pk=lot_id).first()
    if found is None:
        raise NotFound(_("There is no such lot."))
    return found


@require_safe
@permission("stock.view")
def lot_page(request: HttpRequest, lot_id: UUID) -> HttpResponse:
    """A lot: where it lies, what has it in hand, whom it has reached."""
    return _page(request, _find(lot_id))


def _page(request: HttpRequest, lot: Lot, **typed: ReasonForm) -> HttpResponse:
    manages, too_old = allows(request.user, MANAGE), is_too_old(lot, lot.variant)
    others = Lot.objects.filter(vendor_lot=lot.vendor_lot).exclude(pk=lot.pk) if lot.vendor_lot else Lot.objects.none()
    context: dict[str, Any] = {
        "lot": lot,
        "state": LOT_STATES[lot.state],  # type: ignore[index]
        "tone": LOT_TONES[lot.state],  # type: ignore[index]
        "reached": reached([lot.pk]),
        "lying": [
            {"row": row, "condition": CONDITIONS[row.condition], "tone": TONES[row.condition]}
            for row in lying([lot.pk])
        ],
        "in_transit": in_transit([lot.pk]),
        "came": came(lot.pk),
        "is_too_old": too_old,
        "others": list(others.select_related("variant").order_by("code")[:50]),
        "manages": manages,
        "opened": next(iter(typed.values()), None),
    }
    if manages and lot.code != Lot.UNKNOWN:
        may = {"close": lot.state != Lot.State.QUARANTINED, "release": lot.state != Lot.State.OPEN and not too_old}
        forms = {name: ReasonForm(auto_id=f"{name}-%s") for name, offered in may.items() if offered} | typed
        context |= {f"{name}_form": form for name, form in forms.items()}
    return render(request, "fulfillment/lot.html", context, status=422 if typed else 200)


@require_POST
@permission(MANAGE, everywhere=True)
def close(request: HttpRequest, lot_id: UUID) -> HttpResponse:
    """The whole lot is set apart, at every place at once."""
    return _act(request, lot_id, "close", close_lot, _closed)


@require_POST
@permission(MANAGE, everywhere=True)
def release(request: HttpRequest, lot_id: UUID) -> HttpResponse:
    """The lot is sold again."""
    return _act(request, lot_id, "release", release_lot, _released)


def _closed(n: int) -> str:
    said = ngettext("Set apart: %(n)d unit is in quarantine now.", "Set apart: %(n)d units are in quarantine now.", n)
    return said % {"n": n}


def _released(n: int) -> str:
    said = ngettext("Released: %(n)d unit is sellable again.", "Released: %(n)d units are sellable again.", n)
    return said % {"n": n}


def _act(request: HttpRequest, lot_id: UUID, name: str, act: Any, words: Any) -> HttpResponse:
    lot, form = _find(lot_id), ReasonForm(request.POST, auto_id=f"{name}-%s")
    if not form.is_valid():
        return _page(request, lot, **{name: form})
    try:
        done = act(lot.pk, reason=form.cleaned_data["reason"], actor=Actor.of(request.user))
    except Problem as problem:
        tell(form, problem)
        return _page(request, lot, **{name: form})
    messages.success(request, words(done))
    return redirect("stock-lot", lot.pk)
