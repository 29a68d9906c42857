"""The pages of transfers: one transfer, writing and changing it. Sending and receiving by scan stand in `floor`."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import versions
from core.actors import Actor
from core.days import reader_day
from core.ids import new_id
from core.models import TimelineEntry
from core.once import key_in
from core.permissions import allows, locations_of, permission, require
from core.problems import Conflict, Problem
from inventory import lineforms
from inventory.models import Location, Transfer
from inventory.transfers import drafting, moving
from inventory.transfers.drafting import NOT_OURS
from inventory.transfers.forms import FIELDS, Lines, TransferForm
from inventory.transfers.selectors import MOVE, find, lines_of, steps_of
from inventory.transfers.states import UNDER_WAY

ADJUST = "stock.adjust"
"""The right to say that goods are lost."""
FORM = require_http_methods(["GET", "HEAD", "POST"])
TOLD = 40
USUAL = timedelta(days=2)


@require_safe
@permission(MOVE)
def transfer_page(request: HttpRequest, number: str) -> HttpResponse:
    """One transfer: its units, what happened to them, what may be done."""
    transfer = find(number, request.user)
    lines = lines_of(transfer)
    told = TimelineEntry.objects.filter(about=transfer.pk).order_by("-at", "-id")[:TOLD]
    context = {
        "transfer": transfer,
        "lines": [{"line": line, "bar": _bar(line)} for line in lines],
        "totals": _totals(lines),
        "steps": steps_of(transfer),
        "key": new_id(),
        "timeline": [versions.said(entry) for entry in told],
        **_may(transfer, request.user),
    }
    return render(request, "inventory/transfer.html", context)


def _bar(units: Any) -> dict[str, Any]:
    """The units of a line, or of all, as a bar and in words."""
    said = (
        (units.received, "green", ngettext("%(n)d received", "%(n)d received", units.received)),
        (units.damaged, "amber", ngettext("%(n)d damaged", "%(n)d damaged", units.damaged)),
        (units.in_transit, "blue", ngettext("%(n)d in transit", "%(n)d in transit", units.in_transit)),
        (units.written_off, "red", ngettext("%(n)d written off", "%(n)d written off", units.written_off)),
    )
    total, at, parts = max(units.sent, units.quantity, 1), 0.0, []
    for n, tone, words in said:
        if n:
            width = 100 * n / total
            parts.append({"x": round(at, 2), "width": round(width, 2), "tone": tone, "text": words % {"n": n}})
            at += width
    return {"parts": parts, "text": " · ".join(str(part["text"]) for part in parts)}


def _totals(lines: list[Any]) -> dict[str, int]:
    names = ("quantity", "sent", "received", "damaged", "in_transit", "written_off")
    return {name: sum(getattr(line, name) for line in lines) for name in names}


def _may(transfer: Transfer, user: Any) -> dict[str, bool]:
    """What this person may do with it now."""
    here, there = allows(user, MOVE, transfer.origin_id), allows(user, MOVE, transfer.target_id)
    is_draft, moves = transfer.status == "draft", transfer.status in UNDER_WAY
    return {
        "may_send": here and is_draft,
        "may_change": here and (is_draft or moves),
        "may_cancel": here and is_draft,
        "may_receive": there and moves,
        "may_write_off": there and moves and allows(user, ADJUST, transfer.target_id),
        "waits_there": moves and not there,
    }


@FORM
@permission(MOVE)
def new(request: HttpRequest) -> HttpResponse:
    """A transfer is written: add, remove, look again, keep."""
    if request.method == "POST" and "save" not in request.POST:
        return _again(request, None)
    key = key_in(request.POST.get("key", ""))
    form, lines = _form(request, None, request.POST or None), Lines(request.POST or None, prefix=lineforms.PREFIX)
    if request.method == "POST" and (form.is_valid() & lines.is_valid()):
        filled, given = lineforms.filled(lines), form.cleaned_data
        require(request.user, MOVE, given["origin"])
        try:
            made = drafting.draft(
                given["origin"], given["target"], form.wish(filled), actor=Actor.of(request.user), key=key
            )
        except Problem as problem:
            lineforms.tell(form, filled, problem)
            key = new_id() if isinstance(problem, Conflict) else key
        else:
            messages.success(
                request, _("%(number)s is written. It leaves when it is counted.") % {"number": made.number}
            )
            return redirect("transfer", made.number)
    return _page(request, form, lines, status=422 if form.is_bound else 200, key=key)


@FORM
@permission(MOVE)
def change(request: HttpRequest, number: str) -> HttpResponse:
    """A transfer is changed; whoever has it open meanwhile is told."""
    transfer = find(number, request.user)
    require(request.user, MOVE, transfer.origin_id)
    if request.method != "POST":
        lines = [{"sku": line.variant.sku, "quantity": line.quantity} for line in lines_of(transfer)]
        formset = Lines(lineforms.given(lines), prefix=lineforms.PREFIX)
        return _page(request, _form(request, transfer), formset, transfer)
    if "save" not in request.POST or versions.looks_again(request):
        return _again(request, transfer)
    form, formset = _form(request, transfer, request.POST), Lines(request.POST, prefix=lineforms.PREFIX)
    if form.is_valid() & formset.is_valid():
        filled = lineforms.filled(formset)
        wish = form.wish(filled)
        try:
            drafting.change(transfer.pk, wish, actor=Actor.of(request.user), version=versions.shown(request))
        except versions.Stale as stale:
            stale.labels = {name: str(field.label) for name, field in form.fields.items()}
            raise
        except Problem as problem:
            lineforms.tell(form, filled, problem)
        else:
            messages.success(request, _("%(number)s is changed.") % {"number": transfer.number})
            return redirect("transfer", transfer.number)
    return _page(request, form, formset, transfer, status=422)


def _form(request: HttpRequest, transfer: Transfer | None, data: Any = None, **initial: Any) -> TransferForm:
    places = Location.objects.filter(is_active=True).exclude(kind__in=NOT_OURS).order_by("name")
    reach = locations_of(request.user, MOVE)
    targets = [(str(place.pk), place.name) for place in places]
    origins = [(key, name) for key, name in targets if reach is None or key in set(map(str, reach))]
    given: dict[str, Any] = {"due_on": reader_day() + USUAL}
    if transfer:
        given = {"due_on": transfer.due_on, "note": transfer.note}
    return TransferForm(data, initial=given | initial, origins=origins, targets=targets, is_new=transfer is None)


def _again(request: HttpRequest, transfer: Transfer | None) -> HttpResponse:
    """The form with what was typed, a line more or less; nothing is judged yet."""
    data = lineforms.changed(request.POST, FIELDS)
    lines = Lines(data, prefix=lineforms.PREFIX)
    lines.is_valid()
    for line in lines.forms:
        line.errors.clear()
    typed = data.get("find", "")
    kept = {name: data[name] for name in ("origin", "target", "due_on", "note") if name in data}
    found = lineforms.find(typed) if typed else None
    return _page(request, _form(request, transfer, **kept), lines, transfer, find=typed, found=found)


def _page(
    request: HttpRequest,
    form: TransferForm,
    lines: Any,
    transfer: Transfer | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    lineforms.name(lines)
    context = {"form": form, "lines": lines, "transfer": transfer, "key": key_in(request.POST.get("key", "")), **more}
    return render(request, "inventory/transfer_form.html", context, status=status)


@require_POST
@permission(MOVE)
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """A draft is not sent at all."""
    transfer = find(number, request.user)
    require(request.user, MOVE, transfer.origin_id)
    reason, actor = request.POST.get("reason", "")[:200], Actor.of(request.user)
    said = _("%(number)s is cancelled.") % {"number": transfer.number}
    return _done(request, transfer, said, lambda: drafting.cancel(transfer.pk, actor=actor, reason=reason))


@require_POST
@permission(ADJUST)
def write_off(request: HttpRequest, number: str) -> HttpResponse:
    """What is in transit will not arrive."""
    transfer = find(number, request.user)
    require(request.user, ADJUST, transfer.target_id)
    reason, actor = request.POST.get("reason", "")[:200], Actor.of(request.user)
    said = _("What was in transit of %(number)s is written off.") % {"number": transfer.number}
    shown = versions.shown(request)
    return _done(
        request, transfer, said,
        lambda: moving.write_off(transfer.pk, key=new_id(), reason=reason, actor=actor, version=shown),
    )  # fmt: skip


def _done(request: HttpRequest, transfer: Transfer, said: str, act: Any) -> HttpResponse:
    try:
        act()
    except versions.Stale:
        raise
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, said)
    return redirect("transfer", transfer.number)
