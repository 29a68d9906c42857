"""Health for load balancers, for monitors and for people."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.views.decorators.http import require_safe

from backoffice.health import of_database
from backoffice.health.facts import gather, missing_migrations
from backoffice.health.finding import Finding
from backoffice.health.guard import may_read
from backoffice.health.judge import judge
from core.db import rows
from core.failures import is_away
from core.people.middleware import turned_away
from core.permissions import allows


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Whether this process serves at all: one that does not is to be started again."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Whether this process can do its work: 200 or 503. To those who may know it tells what is wrong, in words."""
    try:
        rows("SELECT 1")
        behind = bool(missing_migrations())
        page = _wants_page(request)
        if page and (elsewhere := turned_away(request)):
            return elsewhere
        people = page and allows(request.user, "health.view")
        findings = judge(gather()) if people or may_read(request) else None
    except Error as error:
        if not is_away(error):
            raise
        return _away(request)
    if people and findings is not None:
        return _page(request, findings)
    return _told(request, 503 if behind else 200, findings)


def _wants_page(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "")


def _page(request: HttpRequest, findings: Sequence[Finding]) -> HttpResponse:
    wrong = [finding for finding in findings if finding.alarm]
    wrong.sort(key=lambda finding: finding.tone != "red")
    fine = [finding for finding in findings if not finding.alarm]
    return render(request, "backoffice/health.html", {"wrong": wrong, "fine": fine})


def _away(request: HttpRequest) -> HttpResponse:
    finding = of_database.database_away()
    if _wants_page(request):  # without the request, whose context would ask the database again
        page = loader.get_template("backoffice/health_away.html").render({"finding": finding})
        return HttpResponse(page, status=503)
    return _told(request, 503, [finding] if "json" in request.headers.get("Accept", "") else None, finding.words)


def _told(request: HttpRequest, status: int, findings: Sequence[Finding] | None, words: str = "") -> HttpResponse:
    """JSON where it is wanted or says more, else one plain line."""
    fine = status == 200 and not any(finding.alarm for finding in findings or ())
    if findings is not None or "json" in request.headers.get("Accept", ""):
        known = {} if findings is None else {"findings": [asdict(finding) for finding in findings]}
        return JsonResponse({"status": "ok" if fine else "alarm"} | known, status=status)
    line = words or ("ok" if status == 200 else "The database lacks migrations of this version.")
    return HttpResponse(f"{line}\n", content_type="text/plain", status=status)
