"""Sending and receiving a transfer by scan: count, compare, book."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import versions
from core.actors import Actor
from core.forms import tell
from core.permissions import permission, require
from core.problems import Conflict, NotFound, Problem
from inventory.models import Transfer, TransferLine
from inventory.tallies import counting
from inventory.tallies import screen as counted
from inventory.tallies.asking import Known, Lots
from inventory.tallies.screen import Sheet
from inventory.transfers import moving, oflots
from inventory.transfers.drafting import said_no
from inventory.transfers.forms import BookForm
from inventory.transfers.selectors import MOVE, find
from inventory.transfers.states import UNDER_WAY

BOOK = {counting.SEND: moving.book_sent, counting.RECEIVE: moving.book_received}


def _transfer(request: HttpRequest, number: str, step: str, *, is_over_fine: bool = False) -> Transfer:
    """A transfer that this person may send or receive now."""
    transfer = find(number, request.user)
    if step not in BOOK:
        raise NotFound(_("There is no such page."))
    is_send = step == counting.SEND
    require(request.user, MOVE, transfer.origin_id if is_send else transfer.target_id)
    if is_over_fine:
        return transfer
    if is_send and transfer.status != "draft":
        raise Conflict(said_no(transfer, _("it cannot be sent")))
    if not is_send and transfer.status not in UNDER_WAY:
        raise Conflict(said_no(transfer, _("nothing can be received for it")))
    return transfer


def _sheet(transfer: Transfer, step: str) -> Sheet:
    is_send = step == counting.SEND
    tally = counting.open_tally(transfer.pk, step)
    lines = list(transfer.lines.select_related("variant").order_by("position"))
    wanted = {line.variant_id: line.quantity if is_send else line.in_transit for line in lines}
    wanted = {variant: units for variant, units in wanted.items() if units}
    urls = {
        name: reverse(f"transfer-{name}", args=[transfer.number, step]) for name in ("scan", "rest", "drop", "finish")
    }
    urls |= {
        "back": reverse("transfer", args=[transfer.number]),
        "screen": reverse("transfer-count", args=[transfer.number, step]),
    }
    where = _("send to %(place)s") % {"place": transfer.target.name} if is_send else _("receive from %(place)s") % {"place": transfer.origin.name}  # fmt: skip
    place = transfer.origin.name if is_send else transfer.target.name
    lots = _lots(transfer, lines, is_send=is_send)
    rows = counted.rows_of(wanted, tally, lots)
    title = f"{transfer.number} · {where}"
    return Sheet(transfer.pk, step, title, place, transfer.due_on, urls, rows, tally, damage=not is_send, lots=lots)


def _lots(transfer: Transfer, lines: list[TransferLine], *, is_send: bool) -> Lots:
    """What lies where it leaves, what ends first being proposed; or what is in transit, of which the label tells."""
    tracked = {line.pk: line.variant_id for line in lines if line.variant.tracks_lots}
    known: dict[UUID, list[Known]] = {variant: [] for variant in tracked.values()}
    if is_send and tracked:
        for row in oflots.lying(transfer.origin_id, list(known)):
            known[row.variant_id].append(Known(row.code, row.units, row.expires_on))
    elif tracked:
        for line, found in oflots.in_transit([transfer.pk]).items():
            known[tracked[line]] = [Known(lot.code, units, lot.expires_on) for lot, units in found]
    return Lots(known, is_asked=not is_send)


@never_cache
@require_safe
@permission(MOVE)
def count(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """The screen on which a transfer is counted."""
    return counted.show(request, _sheet(_transfer(request, number, step), step))


@require_POST
@permission(MOVE)
def scan(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Count what was scanned."""
    transfer = _transfer(request, number, step)
    return counted.scan(request, lambda: _sheet(transfer, step))


@require_POST
@permission(MOVE)
def rest(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Count all that is missing, without a scan."""
    return counted.count_rest(request, _sheet(_transfer(request, number, step), step))


@require_POST
@permission(MOVE)
def drop(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Begin the count anew."""
    return counted.drop(request, _sheet(_transfer(request, number, step), step))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission(MOVE)
def finish(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """What was counted against what was asked for or sent, in numbers, before it is booked."""
    transfer = _transfer(request, number, step, is_over_fine=True)
    if request.method == "POST" and not versions.looks_again(request):
        return _book(request, transfer, step)
    sheet = _sheet(transfer, step)
    if sheet.tally is None:
        messages.error(request, _("Nothing is counted yet, or it is booked already."))
        return redirect("transfer", transfer.number)
    return _compare(request, transfer, sheet, BookForm(initial={"tally": sheet.tally.pk}))


def _compare(request: HttpRequest, transfer: Transfer, sheet: Sheet, form: BookForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "transfer": transfer,
        "sheet": sheet,
        "form": form,
        "is_send": sheet.purpose == counting.SEND,
        "damaged": sum(row.counted.damaged for row in sheet.rows),
        "rows": [(row, max(0, row.wanted - row.counted.all)) for row in sheet.rows],
        "missing": sum(max(0, row.wanted - row.counted.all) for row in sheet.rows),
    }
    return render(request, "inventory/transfer_finish.html", context, status=status)


def _book(request: HttpRequest, transfer: Transfer, step: str) -> HttpResponse:
    form = BookForm(request.POST)
    if not form.is_valid():
        return _compare(request, transfer, _sheet(transfer, step), form, status=422)
    given, shown = form.cleaned_data, versions.shown(request)
    try:
        done = BOOK[step](transfer.pk, given["tally"], actor=Actor.of(request.user), version=shown, note=given["note"])
    except versions.Stale:
        raise
    except Problem as problem:
        tell(form, problem)
        return _compare(request, transfer, _sheet(transfer, step), form, status=problem.status)
    units = sum(line.sellable + line.damaged for line in done.lines.all())
    if step == counting.SEND:
        said = ngettext("%(n)d unit is on its way.", "%(n)d units are on their way.", units)
    else:
        said = ngettext("%(n)d unit arrived.", "%(n)d units arrived.", units)
    messages.success(request, said % {"n": units})
    return redirect("transfer", transfer.number)
