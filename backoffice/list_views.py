"""What is done with rows of the lists that need more than one app to be told."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice.timeline_words import is_id
from core.actors import Actor
from core.incidents import assign
from core.lists import registry
from core.lists.addresses import came_from
from core.lists.queries import read_query
from core.permissions import permission
from core.problems import NotFound, Problem


@permission("incidents.resolve")
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Look after an open exception oneself."""
    wanted, back = request.POST.get("incident", ""), came_from(request) or reverse("exceptions")
    mine = registry.get("exceptions").base(request.user)
    try:
        query = read_query(request.POST.get("query", "")).urlencode()
        back = f"{reverse('exceptions')}?{query}" if query else reverse("exceptions")
        if not is_id(wanted) or not mine.filter(pk=wanted).exists():
            raise NotFound(_("There is no such exception."))
        assign(UUID(wanted), actor=Actor.of(request.user), to=request.user)
        messages.success(request, _("It is yours now."))
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect(back)
