"""The screens of a location's people: what waits, pick by scan, pack, hand over; and what carriers said."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core.actors import Actor
from core.days import day_at
from core.lists import KeysetList
from core.permissions import permission
from core.problems import Conflict, Invalid, Problem
from fulfillment import floor, labelling, labels, lots, serials, shipping, tracking_events, work
from fulfillment.forms import EVENTS, EventForm, HandOverForm, ScanForm
from fulfillment.models import Shipment
from fulfillment.walking import places_to_pick
from fulfillment.work import Piece
from inventory.models import Location
from inventory.services import LARGEST

WORK = "fulfillment.work"
PER_PAGE = 30


# The list


@never_cache
@require_safe
@permission(WORK)
def work_list(request: HttpRequest) -> HttpResponse:
    """The work of one location by stage; somebody with several locations chooses first."""
    places = work.my_locations(request.user)
    place = _chosen(places, request.GET.get("at", ""))
    if place is None:
        waiting = work.waiting_at(places)
        choice = [(each, _list_url(each), waiting.get(each.pk, 0)) for each in places]
        return render(request, "fulfillment/places.html", {"places": choice})
    tab = request.GET.get("tab", "")
    tab = tab if tab in work.TABS else "pick"
    found = KeysetList(work.cards(work.work_at(place, tab)), "-id" if tab == "done" else "due")
    return render(
        request,
        "fulfillment/work_list.html",
        {
            "place": place,
            "several": len(places) > 1,
            "tab": tab,
            "tabs": _tabs(place, tab),
            "page": found.page(request.GET.get("cursor", ""), PER_PAGE),
            "today": day_at(place.time_zone),
            "leaves": work.carrier_leaves(place),
        },
    )


def _chosen(places: list[Location], code: str) -> Location | None:
    if len(places) == 1:
        return places[0]
    return next((place for place in places if place.code == code), None)


def _list_url(place: Location, tab: str = "") -> str:
    return f"{reverse('work')}?{urlencode({'at': place.code} | ({'tab': tab} if tab else {}))}"


def _tabs(place: Location, chosen: str) -> list[dict[str, Any]]:
    words = {"pick": _("To pick"), "pack": _("To pack"), "ship": _("To hand over"), "done": _("Done today")}
    numbers = work.counts(place)
    return [
        {"label": words[tab], "url": _list_url(place, tab), "on": tab == chosen, "count": numbers[tab]}
        for tab in work.TABS
    ]


# One piece of work


@never_cache
@require_safe
@permission(WORK)
def work_piece(request: HttpRequest, fulfillment_order_id: UUID) -> HttpResponse:
    """Pick, pack and hand over one order's goods, all on one screen."""
    return _screen(request, work.piece(fulfillment_order_id, request.user))


def _screen(request: HttpRequest, piece: Piece, said: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    """The whole screen, or only its changing part for the script."""
    fragment = bool(request.headers.get("HX-Request"))
    following = work.next_piece(piece.work) if piece.stage in ("done", "off") else None
    promised = piece.work.promised
    context = {
        "piece": piece,
        "work": piece.work,
        "lines": _lines(piece, said),
        "said": said,
        "asks": said.get("asks", "") if said else _scanned_before(request, piece),
        "form": HandOverForm(shipment=piece.shipment) if piece.shipment and piece.stage == "ship" else None,
        "back": _list_url(piece.work.location, piece.stage if piece.stage in work.TABS else "pick"),
        "following": following,
        "left": piece.units - piece.picked,
        "part": 100 * piece.picked // max(piece.units, 1),
        "late": bool(promised and promised < day_at(piece.work.location.time_zone) and piece.stage != "done"),
    }
    template = "fulfillment/piece_part.html" if fragment else "fulfillment/piece.html"
    return render(request, template, context, status=status)


def _scanned_before(request: HttpRequest, piece: Piece) -> str:
    """The line whose article was scanned, where no script kept it."""
    line = request.GET.get("line", "")
    return line if piece.wants_number(line) else ""


def _lines(piece: Piece, said: dict[str, str] | None) -> list[dict[str, Any]]:
    """The lines: what is left first while picking; the one just scanned is marked."""
    spots = places_to_pick(piece) if piece.stage == "pick" else {}
    lines = [
        {
            "line": line,
            "spots": spots.get(line.order_line_id, ()),
            "wanted": line.quantity - line.cancelled,
            "done": line.picked >= line.quantity - line.cancelled,
            "numbers": piece.numbers.get(line.order_line_id, ()),
            "missing": piece.missing(line),
            "now": bool(said and said.get("line") == str(line.order_line_id)),
        }
        for line in piece.lines
    ]
    return sorted(lines, key=_as_people_walk) if piece.stage == "pick" else lines


def _as_people_walk(each: Any) -> tuple[bool, bool, int]:
    return each["done"], not each["now"], each["spots"][0].walk if each["spots"] else LARGEST


@require_POST
@permission(WORK)
def scan(request: HttpRequest, fulfillment_order_id: UUID) -> HttpResponse:
    """One unit, by its barcode or SKU. The script gets the changed part of the screen, a plain form the whole page."""
    work.piece(fulfillment_order_id, request.user)
    before = request.POST.get("line", "")
    said, status = _scan(fulfillment_order_id, ScanForm(request.POST), Actor.of(request.user))
    piece = work.piece(fulfillment_order_id, request.user)
    if status == 200:
        said["text"] = _counted(piece, said["line"])
        if said["line"] == before and piece.wants_number(before):
            said["asks"] = before
    if request.headers.get("HX-Request"):
        return _screen(request, piece, said, status)
    messages.add_message(request, messages.SUCCESS if status == 200 else messages.ERROR, said["text"])
    page = reverse("work-piece", args=[fulfillment_order_id])
    return redirect(f"{page}?{urlencode({'line': said['asks']})}" if said.get("asks") else page)


def _scan(fulfillment_order_id: UUID, form: ScanForm, actor: Actor) -> tuple[dict[str, str], int]:
    if not form.is_valid():
        return _wrong(_("That was no barcode. Try again.")), 422
    code, line_id = form.cleaned_data["code"], form.cleaned_data["line"]
    try:
        counted = floor.scan(fulfillment_order_id, code, actor=actor, line_id=line_id)
        return {"tone": "green", "line": str(counted)}, 200
    except serials.AskSerial as problem:
        return _wrong(problem.detail) | {"asks": problem.extra["line"] or ""}, 409
    except Invalid:
        return _wrong(_("%(code)s is not in this order. Put it back.") % {"code": code}), 422
    except lots.WrongLot as problem:
        return _wrong(problem.detail), 409
    except Conflict as problem:
        if problem.extra.get("by"):
            words = _("All of %(code)s is picked already, the last by %(who)s. Put this one back.")
            return _wrong(words % {"code": code, "who": problem.extra["by"]}), 409
        if "left" in problem.extra:
            return _wrong(_("All of %(code)s is picked already. Put this one back.") % {"code": code}), 409
        return _wrong(problem.detail), 409


def _wrong(text: str) -> dict[str, str]:
    return {"tone": "red", "text": text}


def _counted(piece: Piece, order_line_id: str) -> str:
    line = next(each for each in piece.lines if str(each.order_line_id) == order_line_id)
    words = {"name": line.order_line.name, "picked": line.picked, "wanted": line.quantity - line.cancelled}
    said = _("%(name)s: %(picked)d of %(wanted)d") % words
    if (missing := piece.missing(line)) and piece.stage == "pack":
        said += " · " + serials.missing_words(line.order_line.sku, missing)
    return said


@require_POST
@permission(WORK)
def accept(request: HttpRequest, fulfillment_order_id: UUID) -> HttpResponse:
    """This location takes the work on."""
    return _step(request, fulfillment_order_id, floor.accept, _("Accepted: it is yours now."))


@require_POST
@permission(WORK)
def pick_all(request: HttpRequest, fulfillment_order_id: UUID) -> HttpResponse:
    """Everything that was left is taken from the shelf without scanning."""
    return _step(request, fulfillment_order_id, floor.pick_all, _("All picked."))


@require_POST
@permission(WORK)
def number_out(request: HttpRequest, fulfillment_order_id: UUID, serial_id: UUID) -> HttpResponse:
    """The number of another unit was scanned: it is taken out, and the right one scanned."""
    work.piece(fulfillment_order_id, request.user)
    try:
        code = serials.take_out(fulfillment_order_id, serial_id, actor=Actor.of(request.user))
        messages.success(request, _("%(code)s is taken out. Scan the number of the unit in the box.") % {"code": code})
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("work-piece", fulfillment_order_id)


@require_POST
@permission(WORK)
def pack(request: HttpRequest, fulfillment_order_id: UUID) -> HttpResponse:
    """The box is closed; its label and slip can be printed."""
    return _step(request, fulfillment_order_id, floor.pack, _("Packed. Print the label and the slip."))


def _step(request: HttpRequest, fulfillment_order_id: UUID, step: Any, done: str) -> HttpResponse:
    """Take one step for one piece of work of one's own locations and come back to its screen."""
    work.piece(fulfillment_order_id, request.user)
    try:
        step([fulfillment_order_id], actor=Actor.of(request.user))
        messages.success(request, done)
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("work-piece", fulfillment_order_id)


@require_POST
@permission(WORK)
def hand_over(request: HttpRequest, fulfillment_order_id: UUID) -> HttpResponse:
    """The carrier takes the parcel, as labelled or as the form says."""
    piece = work.piece(fulfillment_order_id, request.user)
    form = HandOverForm(request.POST, shipment=piece.shipment) if piece.shipment else None
    if form and not form.is_valid():
        messages.error(request, _("Carrier and tracking number are both needed."))
        return redirect("work-piece", fulfillment_order_id)
    try:
        tracking = form.tracking() if form and piece.stage == "ship" else None
        if tracking:
            labelling.by_hand_if_missing(fulfillment_order_id, tracking, actor=Actor.of(request.user))
        shipping.ship([fulfillment_order_id], actor=Actor.of(request.user), tracking=tracking)
        messages.success(request, _("Handed over. The customer is told."))
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("work-piece", fulfillment_order_id)


@require_POST
@permission(WORK)
def ask_label(request: HttpRequest, shipment_id: UUID) -> HttpResponse:
    """The carrier gave no label so far: have it asked once more."""
    shipment = work.parcel(shipment_id, request.user)
    if labelling.ask([shipment.pk], actor=Actor.of(request.user)):
        messages.success(request, _("The carrier is asked again. Its label will be here in a moment."))
    return redirect("work-piece", shipment.fulfillment_order_id)


# Parcels


@never_cache
@require_safe
@permission(WORK)
def parcel(request: HttpRequest, shipment_id: UUID) -> HttpResponse:
    """A parcel: what is in it, what its carrier said, and a form for what the carrier says by phone or mail."""
    return _parcel_page(request, work.parcel(shipment_id, request.user), EventForm())


def _parcel_page(request: HttpRequest, shipment: Shipment, form: EventForm, status: int = 200) -> HttpResponse:
    left = shipment.status not in ("draft", "labelled", "voided", "delivered")
    context = {
        "shipment": shipment,
        "form": form if left else None,
        "events": _events(shipment),
        "lots": lots.of_work([shipment.fulfillment_order_id]),
        "numbers": serials.of_work([shipment.fulfillment_order_id]),
    }
    return render(request, "fulfillment/parcel.html", context, status=status)


def _events(shipment: Shipment) -> list[dict[str, Any]]:
    words = dict(EVENTS)
    return [
        {
            "icon": "truck",
            "who": words.get(e.status, e.status),
            "text": f"· {e.place}" if e.place else "",
            "note": e.detail,
            "at": e.at,
        }
        for e in shipment.events.all()
    ]


@require_POST
@permission(WORK)
def record_event(request: HttpRequest, shipment_id: UUID) -> HttpResponse:
    """Keep something the carrier said."""
    shipment = work.parcel(shipment_id, request.user)
    form = EventForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            tracking_events.record_event(
                shipment.pk, said["status"], said["at"], place=said["place"], actor=Actor.of(request.user)
            )
        except Invalid as problem:
            form.add_error("at" if problem.errors and problem.errors[0]["loc"] == ["at"] else None, problem.detail)
        except Problem as problem:
            form.add_error(None, problem.detail)
    if not form.is_valid():
        return _parcel_page(request, shipment, form, status=422)
    messages.success(request, _("Kept. The customer sees it on the tracking page."))
    return redirect("parcel", shipment_id)


@require_safe
@permission(WORK)
def label_pdf(request: HttpRequest, shipment_id: UUID) -> HttpResponse:
    """The label to print."""
    shipment = work.parcel(shipment_id, request.user)
    if shipment.tracking_number is None:
        raise Conflict(_("The carrier has not given its label yet."))
    return _pdf(labels.label(shipment), f"label-{shipment.order.number}.pdf")


@require_safe
@permission(WORK)
def slip_pdf(request: HttpRequest, shipment_id: UUID) -> HttpResponse:
    """The packing slip to print."""
    shipment = work.parcel(shipment_id, request.user)
    return _pdf(labels.packing_slip(shipment), f"slip-{shipment.order.number}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
