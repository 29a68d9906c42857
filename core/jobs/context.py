"""What the shell of every page tells of jobs, worked out only when a template asks for it."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.jobs import views


def shell(request: HttpRequest) -> dict[str, Any]:
    """The jobs under way, for those who have started one in this session."""
    return {"jobs_now": SimpleLazyObject(lambda: views.in_shell(request))}
