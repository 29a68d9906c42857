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

from accounting.selectors import entry, trial_balance
from core.days import company_day
from core.lists.views import show
from core.permissions import permission
from core.problems import NotFound


@permission("ledger.view")
def journal(request: HttpRequest) -> HttpResponse:
    """The journal, newest first."""
    return show(request, "journal", pages=tabs("journal"))


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
