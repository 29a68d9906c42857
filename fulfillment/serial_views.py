"""The page of a serial number: where its unit is, whom it went to, and all that happened to it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import versions
from core.actors import Actor
from core.forms import tell
from core.models import TimelineEntry
from core.permissions import allows, locations_of, permission, require
from core.problems import NotFound, Problem
from fulfillment.models import PickedSerial, Shipment
from inventory.models import SerialNumber
from inventory.selectors import place_choices
from inventory.serials.forms import FoundForm, GoneForm
from inventory.serials.gone import find_again, mark_gone
from inventory.serials.words import STATES, TONES

ADJUST = "stock.adjust"
MOST_SHOWN = 200


@require_safe
@permission("stock.view")
def serial_page(request: HttpRequest, serial_id: UUID) -> HttpResponse:
    """One unit by its number."""
    return _page(request, _find(serial_id))


def _find(serial_id: UUID) -> SerialNumber:
    found = SerialNumber.objects.select_related("variant__product", "location").filter(pk=serial_id).first()
    if found is None:
        raise NotFound(_("There is no such serial number."))
    return found


def _page(request: HttpRequest, serial: SerialNumber, status: int = 200, **typed: forms.Form) -> HttpResponse:
    taken = _taken(request, serial)
    context: dict[str, Any] = {
        "serial": serial,
        "state": STATES[serial.state],  # type: ignore[index]
        "tone": TONES[serial.state],  # type: ignore[index]
        "taken": taken,
        "entries": _history(serial, taken),
        "opened": next(iter(typed.values()), None),
    }
    if serial.state == SerialNumber.State.HERE and allows(request.user, ADJUST, serial.location_id):
        context["gone_form"] = typed.get("gone") or GoneForm(auto_id="gone-%s")
    if serial.state == SerialNumber.State.GONE and allows(request.user, ADJUST):
        context["found_form"] = typed.get("found") or FoundForm(places=_places(request), auto_id="found-%s")
    return render(request, "fulfillment/serial.html", context, status=status)


def _history(serial: SerialNumber, taken: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What happened to the unit. The numbers of parcels stay with those who see these."""
    seen = {each["parcel"].tracking_number for each in taken if each["parcel"] and each["sees_parcel"]}
    entries = list(TimelineEntry.objects.filter(about=serial.pk).order_by("-at", "-id")[:MOST_SHOWN])
    for entry in entries:
        if entry.data.get("parcel") not in seen:
            entry.data.pop("parcel", None)
    return [versions.said(entry) for entry in entries]


def _places(request: HttpRequest) -> list[tuple[str, str]]:
    return place_choices(locations_of(request.user, ADJUST))


def _taken(request: HttpRequest, serial: SerialNumber) -> list[dict[str, Any]]:
    """The orders that had the unit, the last one first: whose each is and its parcel, as far as the reader may know."""
    found = PickedSerial.objects.filter(serial=serial).select_related(
        "fulfillment_line__fulfillment_order__order", "fulfillment_line__fulfillment_order__location"
    )
    work = [(each, each.fulfillment_line.fulfillment_order) for each in found.order_by("-id")[:MOST_SHOWN]]
    parcels = Shipment.objects.filter(fulfillment_order__in=[w.pk for _each, w in work]).exclude(status="voided")
    parcel_of = {parcel.fulfillment_order_id: parcel for parcel in parcels}
    return [
        {
            "has_left": each.has_left,
            "order": w.order,
            "place": w.location,
            "parcel": parcel_of.get(w.pk),
            "sees_order": allows(request.user, "orders.view", w.location_id),
            "sees_parcel": allows(request.user, "fulfillment.work", w.location_id),
            "sees_customer": allows(request.user, "customers.view", w.location_id),
        }
        for each, w in work
    ]


@require_POST
@permission(ADJUST)
def gone(request: HttpRequest, serial_id: UUID) -> HttpResponse:
    """The unit is no more to be had."""
    serial, form = _find(serial_id), GoneForm(request.POST, auto_id="gone-%s")
    require(request.user, ADJUST, serial.location_id)
    if not form.is_valid():
        return _page(request, serial, 422, gone=form)
    try:
        mark_gone(serial.pk, reason=form.cleaned_data["reason"], actor=Actor.of(request.user))
    except Problem as problem:
        tell(form, problem)
        return _page(request, serial, problem.status, gone=form)
    messages.success(request, _("Marked as gone. What is on hand stays as it is: correct it if it was counted."))
    return redirect("serial", serial.pk)


@require_POST
@permission(ADJUST)
def found_again(request: HttpRequest, serial_id: UUID) -> HttpResponse:
    """The unit lies at a place again."""
    serial, form = _find(serial_id), FoundForm(request.POST, places=_places(request), auto_id="found-%s")
    if not form.is_valid():
        return _page(request, serial, 422, found=form)
    place = form.cleaned_data["location"]
    require(request.user, ADJUST, place)
    try:
        find_again(serial.pk, place, reason=form.cleaned_data["reason"], actor=Actor.of(request.user))
    except Problem as problem:
        tell(form, problem)
        return _page(request, serial, problem.status, found=form)
    messages.success(request, _("It is here again."))
    return redirect("serial", serial.pk)
