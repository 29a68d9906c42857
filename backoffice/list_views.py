"""What is done with rows of the lists that need more than one app to be told."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice.timeline_words import is_id
from core.actors import Actor
from core.incidents import assign
from core.lists import registry
from core.permissions import permission
from core.problems import NotFound, Problem


@permission("incidents.resolve")
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Look after an open exception oneself."""
    wanted, query = request.POST.get("incident", ""), request.POST.get("query", "")[:2_000]
    mine = registry.get("exceptions").base(request.user)
    try:
        if not is_id(wanted) or not mine.filter(pk=wanted).exists():
            raise NotFound(_("There is no such exception."))
        assign(UUID(wanted), actor=Actor.of(request.user), to=request.user)
        messages.success(request, _("It is yours now."))
    except Problem as problem:
        messages.error(request, problem.detail)
    back = QueryDict(query).urlencode()
    return redirect(f"{reverse('exceptions')}?{back}" if back else "exceptions")
