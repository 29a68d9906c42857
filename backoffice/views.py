"""The shell's own pages: start, sign-in, preferences, and the page that shows every component."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice import samples, start
from backoffice.demo import sign_ins
from backoffice.forms import SignInForm
from core.permissions import allows


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Where everybody starts: what waits for this person."""
    work = start.work(request.user)
    return render(
        request,
        "backoffice/home.html",
        {
            "today": timezone.localdate(),
            "stopped": start.stopped(request.user),
            "figures": start.figures(request.user),
            "work": work,
            "works_here": allows(request.user, "fulfillment.work"),
            "top": max((each["value"] for each in work), default=0),
            "rows": start.newest(request.user),
            "problems": start.problems(request.user),
        },
    )


class SignIn(LoginView):
    """Sign-in. In demo mode the people of the demo company are listed, so that a newcomer can try each role."""

    template_name = "backoffice/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form and, in demo mode, whom one can be."""
        return super().get_context_data(people=sign_ins() if settings.DEMO else [], **kwargs)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("sign-in")


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict[str, str]) -> HttpResponse:
    """After too many wrong passwords: say so, and for how long."""
    errors = [{"text": _("Too many attempts. Wait 15 minutes, or ask an administrator.")}]
    context = {"form": SignInForm(request), "errors": errors, "people": []}
    return render(request, "backoffice/sign_in.html", context, status=429)


@login_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with its states, in the theme and language of the reader."""
    return render(request, "backoffice/styleguide.html", samples.everything())
