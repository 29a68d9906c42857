"""The books: the journal, one entry, the trial balance."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import JournalEntry
from accounting.roles import Happening
from accounting.selectors import entries, entry, trial_balance
from core.days import company_day
from core.lists import KeysetList
from core.permissions import permission
from core.problems import NotFound
from core.templatetags.ui import say_day


class JournalFilter(forms.Form):
    """The filters of the journal as they stand in the address. What cannot be read is left out."""

    start = forms.DateField(required=False)
    end = forms.DateField(required=False)
    event = forms.CharField(required=False, max_length=40)
    account = forms.CharField(required=False, max_length=20)
    about = forms.UUIDField(required=False)
    q = forms.CharField(required=False, max_length=200)


@permission("ledger.view")
def journal(request: HttpRequest) -> HttpResponse:
    """The journal, newest first."""
    form = JournalFilter(request.GET)
    form.is_valid()
    given = form.cleaned_data
    found = entries(
        given.get("start"),
        given.get("end"),
        event=given.get("event", ""),
        account=given.get("account", ""),
        about=given.get("about"),
        text=given.get("q", ""),
    )
    page = KeysetList[JournalEntry](found, "-date").page(request.GET.get("cursor", ""), limit=25)
    return render(
        request,
        "accounting/journal.html",
        {
            "page": page,
            "given": given,
            "events": Happening.choices,
            "chips": _chips(request, given),
            "keep": [(name, request.GET[name]) for name in ("account", "about") if given.get(name)],
            "tabs": tabs("journal"),
        },
    )


def _chips(request: HttpRequest, given: dict[str, Any]) -> list[dict[str, str]]:
    said = {
        "q": f"“{given['q']}”" if given.get("q") else "",
        "account": _("Account %(code)s") % {"code": given["account"]} if given.get("account") else "",
        "about": _("One order") if given.get("about") else "",
        "start": _("From %(day)s") % {"day": say_day(given["start"])} if given.get("start") else "",
        "end": _("Until %(day)s") % {"day": say_day(given["end"])} if given.get("end") else "",
    }
    return [{"label": label, "url": _without(request, name)} for name, label in said.items() if label]


def _without(request: HttpRequest, name: str) -> str:
    query = request.GET.copy()
    for gone in (name, "cursor"):
        query.pop(gone, None)
    return f"?{query.urlencode()}"


def tabs(on: str) -> list[dict[str, Any]]:
    """The pages of the books."""
    return [
        {"label": _("Journal"), "url": reverse("ledger"), "on": on == "journal"},
        {"label": _("Trial balance"), "url": reverse("trial-balance"), "on": on == "trial"},
    ]


@permission("ledger.view")
def journal_entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry with its lines."""
    found = entry(entry_id)
    if found is None:
        raise NotFound(_("There is no such journal entry."))
    lines = list(found.lines.all())
    debit = sum((line.debit for line in lines), Decimal(0))
    return render(request, "accounting/entry.html", {"entry": found, "lines": lines, "total": debit})


@permission("ledger.view")
def trial(request: HttpRequest) -> HttpResponse:
    """Every account's turnover up to a day; debits equal credits."""
    form = TrialForm(request.GET)
    form.is_valid()
    at: date = form.cleaned_data.get("at") or company_day()
    return render(request, "accounting/trial.html", {"balance": trial_balance(at), "at": at, "tabs": tabs("trial")})


class TrialForm(forms.Form):
    """The day of the trial balance."""

    at = forms.DateField(required=False)
