"""The screen on which a delivery or a transfer is counted by scan, and what it says; documents bring their own lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.models import Variant
from core.actors import Actor
from core.ids import new_id
from core.problems import Conflict, Invalid, Problem
from core.typed import DayField
from core.wording import CONDITIONS
from inventory.models import Condition, Tally
from inventory.services import LARGEST
from inventory.tallies import asking, counting
from inventory.tallies.asking import Asked, Hand, Known, Lots
from inventory.tallies.counting import Entry, Units, Unknown


class ScanForm(forms.Form):
    """What is counted: a code, how many of it and how they are. `key` makes the same scan sent twice count once."""

    code = forms.CharField(max_length=64, strip=True)
    key = forms.UUIDField()
    quantity = forms.IntegerField(min_value=-LARGEST, max_value=LARGEST, required=False)
    condition = forms.ChoiceField(
        choices=[(name, CONDITIONS[name]) for name in (Condition.SELLABLE, Condition.DAMAGED)], required=False
    )
    article = forms.CharField(max_length=64, required=False)
    expires_on = DayField(required=False)

    def entry(self) -> Entry:
        """The same, to be counted; one sellable unit when nothing else is said."""
        given = self.cleaned_data
        quantity = 1 if given["quantity"] is None else given["quantity"]
        condition = given["condition"] or Condition.SELLABLE
        return Entry(given["code"], given["key"], quantity, condition, expires_on=given["expires_on"])


class FinishForm(forms.Form):
    """What is said when a count is booked."""

    tally = forms.UUIDField(widget=forms.HiddenInput)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


@dataclass(frozen=True, slots=True)
class Row:
    """An article on the screen: how many are wanted, and how many are counted."""

    variant: Variant
    wanted: int
    counted: Units = field(default_factory=Units)
    known: Sequence[Known] = ()
    """Its lots that the document knows of."""

    @property
    def is_done(self) -> bool:
        """Whether all that is wanted is counted."""
        return bool(self.wanted) and self.counted.all >= self.wanted

    @property
    def over(self) -> int:
        """Units beyond those."""
        return max(0, self.counted.all - self.wanted)


@dataclass(frozen=True)
class Sheet:
    """All that the screen of a count shows. `urls` leads to scan, rest, drop, finish and back."""

    about: UUID
    purpose: str
    title: str
    place: str
    due: date | None
    urls: Mapping[str, str]
    rows: Sequence[Row]
    tally: Tally | None
    over_fine: bool = False
    """Whether more than is wanted may be counted, to be judged when it is booked."""
    strangers_fine: bool = False
    """Whether what is not in the document may be counted."""
    damage: bool = True
    lots: Lots = field(default_factory=Lots)

    @property
    def wanted(self) -> int:
        """Units that are wanted."""
        return sum(row.wanted for row in self.rows)

    @property
    def counted(self) -> int:
        """Units that are counted, in any condition."""
        return sum(row.counted.all for row in self.rows)

    @property
    def part(self) -> int:
        """How far it is, per cent."""
        met = sum(min(row.counted.all, row.wanted) for row in self.rows)
        return 100 * met // max(self.wanted, 1)

    @property
    def version(self) -> int:
        """How many entries it has."""
        return getattr(self.tally, "version", 0) if self.tally else 0


def rows_of(wanted: Mapping[UUID, int], tally: Tally | None, lots: Lots | None = None) -> list[Row]:
    """The articles that are wanted or counted, those with something left first in their order, then the others."""
    counted = counting.units(tally) if tally else {}
    keys = [*wanted, *(key for key in counted if key not in wanted)]
    variants = Variant.objects.select_related("product").in_bulk(keys)
    known = (lots.known if lots else None) or {}
    return [Row(variants[key], wanted.get(key, 0), counted.get(key, Units()), known.get(key, ())) for key in keys]


Make = Callable[[], Sheet]


def show(
    request: HttpRequest, sheet: Sheet, said: dict[str, str] | None = None, status: int = 200, hand: Hand | None = None
) -> HttpResponse:
    """The whole screen, or only its changing part for the script."""
    now = said.get("sku", "") if said else ""
    rows = sorted(sheet.rows, key=lambda row: (row.variant.sku != now, row.is_done))
    context = {"sheet": sheet, "rows": rows, "said": said, "now": now, "key": new_id(), "conditions": CONDITIONS}
    context["hand"] = hand
    part = bool(request.headers.get("HX-Request"))
    template = "inventory/tally_part.html" if part else "inventory/tally.html"
    return render(request, template, context, status=status)


def scan(request: HttpRequest, make: Make) -> HttpResponse:
    """Count what was scanned. The script gets the changed part of the screen, a plain form the whole page."""
    sheet = make()
    try:
        said, status = _scan(sheet, ScanForm(request.POST), Actor.of(request.user))
    except Asked as asked:
        return _ask(request, sheet, asked.hand)
    sheet = make()
    if status == 200:
        said |= _counted(sheet, said["sku"])
    if request.headers.get("HX-Request"):
        return show(request, sheet, said, status)
    messages.add_message(request, messages.SUCCESS if said["tone"] == "green" else messages.ERROR, said["text"])
    return redirect(sheet.urls["screen"])


def _ask(request: HttpRequest, sheet: Sheet, hand: Hand) -> HttpResponse:
    """Nothing is counted yet: the article is in hand until its lot is said."""
    told = {"sku": hand.variant.sku, "lots": ", ".join(each.code for each in sheet.lots.of(hand.variant))}
    text = "; ".join(hand.wrong.values()).capitalize() + "." if hand.wrong else _("Now the lot of %(sku)s.") % told
    if told["lots"] and not hand.wrong:
        text = _("Now the lot of %(sku)s: %(lots)s.") % told
    said = {"tone": "red" if hand.wrong else "amber", "sku": hand.variant.sku, "text": text}
    return show(request, sheet, said, 422 if hand.wrong else 200, hand)


def _scan(sheet: Sheet, form: ScanForm, actor: Actor) -> tuple[dict[str, str], int]:
    if not form.is_valid():
        if (article := form.cleaned_data.get("article")) and "expires_on" in form.errors:
            entry = Entry(form.cleaned_data.get("code", ""), new_id())
            raise Asked(Hand(counting.find(article), entry, True, {"expires_on": str(form.errors["expires_on"][0])}))
        said = _("That was no barcode. Try again.")
        if "code" not in form.errors:
            said = _("A quantity is a whole number, and a condition one of the two. Try again.")
        return _wrong(said), 422
    entry, article = form.entry(), form.cleaned_data["article"]
    counted = {row.variant.pk: row.counted for row in sheet.rows}
    try:
        variant, entry = _read(sheet, counted, entry, article)
        _fits(sheet, variant, entry)
        counting.count(sheet.about, sheet.purpose, entry, actor=actor)
    except Unknown:
        return _wrong(_("%(code)s is no barcode and no SKU of ours. Put it aside.") % {"code": entry.code}), 422
    except Invalid as problem:
        return _wrong("; ".join(str(error["msg"]) for error in problem.errors).capitalize() + "."), 422
    except Problem as problem:
        return _wrong(problem.detail), problem.status
    return {"tone": "green", "sku": variant.sku, "text": ""}, 200


def _read(sheet: Sheet, counted: Mapping[UUID, Units], entry: Entry, article: str) -> tuple[Variant, Entry]:
    """The article and its lot. What is wrong about the lot of the article in hand leaves it there."""
    try:
        return asking.read(sheet.lots, counted, [row.variant.pk for row in sheet.rows], entry, article)
    except (Unknown, Conflict):
        raise
    except Invalid as problem:
        variant = counting.find(article) if article else None
        if variant is None:
            raise
        asks_day = sheet.lots.known is None and variant.tracks_expiry
        raise Asked(Hand(variant, entry, asks_day, asking.wrong(problem.errors))) from problem


def _fits(sheet: Sheet, variant: Variant, entry: Entry) -> None:
    """Refuse what the document does not want at all, or no more of."""
    row = next((row for row in sheet.rows if row.variant.pk == variant.pk), None)
    if (row is None or not row.wanted) and not sheet.strangers_fine and entry.quantity > 0:
        raise Conflict(_("%(sku)s is not waited for here. Put it aside.") % {"sku": variant.sku})
    if row and row.wanted and not sheet.over_fine and row.counted.all + entry.quantity > row.wanted:
        told = {"sku": variant.sku, "n": row.wanted - row.counted.all}
        if told["n"] == 0:
            raise Conflict(_("All of %(sku)s is counted already. Put this one aside.") % told)
        raise Conflict(_("Only %(n)s more × %(sku)s can be counted.") % told)


def _wrong(text: str) -> dict[str, str]:
    return {"tone": "red", "text": text}


def _counted(sheet: Sheet, sku: str) -> dict[str, str]:
    """What a scan came to, in words."""
    row = next((row for row in sheet.rows if row.variant.sku == sku), None)
    if row is None:  # all of it was taken back
        return {"text": _("%(sku)s: nothing counted any more") % {"sku": sku}}
    told: dict[str, Any] = {
        "name": row.variant.product.name(), "n": row.counted.all, "wanted": row.wanted, "over": row.over,
    }  # fmt: skip
    if not row.wanted:
        return {"tone": "amber", "text": _("%(name)s: %(n)d counted, though nobody ordered it") % told}
    if row.over:
        said = ngettext("%(name)s: %(n)d of %(wanted)d, %(over)d too many", "%(name)s: %(n)d of %(wanted)d, %(over)d too many", row.over)  # fmt: skip
        return {"tone": "amber", "text": said % told}
    return {"text": _("%(name)s: %(n)d of %(wanted)d") % told}


def count_rest(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Count all that is missing, without a scan."""
    form = ScanForm(request.POST)
    form.is_valid()
    key = form.cleaned_data.get("key") or new_id()
    wanted = {
        row.variant.pk: row.wanted for row in sheet.rows if not (row.variant.tracks_lots and sheet.lots.known is None)
    }
    if len(wanted) < len(sheet.rows):
        messages.info(request, _("Articles with lots are counted with their lot."))
    n = counting.count_rest(sheet.about, sheet.purpose, wanted, key, actor=Actor.of(request.user))
    messages.success(request, ngettext("%(n)d unit counted.", "%(n)d units counted.", n) % {"n": n})
    return redirect(sheet.urls["screen"])


def drop(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Begin the count anew."""
    counting.drop(sheet.about, sheet.purpose, actor=Actor.of(request.user))
    messages.success(request, _("Nothing is counted any more: begin anew."))
    return redirect(sheet.urls["screen"])
