"""The pages around the API's calls."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from core.calls import problem_response
from core.middleware import POLICY
from core.problems import NotFound


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document for people. Everything it shows comes from here; nothing is loaded from elsewhere."""
    response = render(request, "api/docs.html")
    response["Content-Security-Policy"] = POLICY
    return response


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Any other address below /api."""
    return problem_response(NotFound(_("There is nothing under this address. The calls are listed at /api/docs.")))
