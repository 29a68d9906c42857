"""The way in: password, second factor, forgotten password, one-time links; and the way out."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.demo import sign_ins
from backoffice.forms import SignInForm
from backoffice.people import letters
from backoffice.people.forms import AddressForm, CodeForm, NewPasswordForm
from core.actors import SYSTEM, Actor
from core.forms import tell
from core.models import OneTimeLink
from core.people import devices, links, persons, second_factor, sessions
from core.people.middleware import end
from core.problems import NotFound, Problem, RateLimited
from core.throttle import address_of, allow

HALF = "half_signed_in"
HALF_LIVES = 600
"""Seconds from the password to the second factor."""
TRIES_PER_ADDRESS, ADDRESS_WINDOW = 200, 900
ASKED_PER_ADDRESS, ASKED_PER_PERSON, ASKED_WINDOW = 20, 3, 3600
FORM = require_http_methods(["GET", "HEAD", "POST"])


def trust_cookie() -> str:
    """The cookie of a browser that is trusted."""
    return "__Host-trusted" if settings.HTTPS else "trusted"


class SignIn(LoginView):
    """Password first. In demo mode the people of the demo company are listed, so that a newcomer can try each role."""

    template_name = "backoffice/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A shared tablet opens with the names of its people, unless somebody wants to type a password."""
        if "password" not in request.GET and devices.device_of(request):
            return redirect("device")
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Try the password; each address may try so often only, whoever it tries to be."""
        if not allow("sign-in", address_of(request), most=TRIES_PER_ADDRESS, seconds=ADDRESS_WINDOW):
            return locked_out(request)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """The password is right: in, or on to the second factor."""
        user, target = form.get_user(), self.get_success_url()
        if not second_factor.factor_of(user):
            return _let_in(self.request, user, target, proved=False)
        if second_factor.trusts(user, self.request.COOKIES.get(trust_cookie(), "")):
            return _let_in(self.request, user, target, proved=True)
        self.request.session.cycle_key()
        self.request.session[HALF] = {
            "user": user.pk, "at": int(timezone.now().timestamp()), "next": target, "hash": user.get_session_auth_hash()
        }  # fmt: skip
        return redirect("sign-in-code")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form and, in demo mode, whom one can be."""
        return super().get_context_data(
            people=sign_ins() if settings.DEMO else [], device=devices.device_of(self.request), **kwargs
        )


def _let_in(request: HttpRequest, user: Any, target: str, *, proved: bool) -> HttpResponse:
    sessions.begin(request, user, device=devices.device_of(request), proved=proved)
    return redirect(target)


def _half(request: HttpRequest) -> tuple[Any, str] | None:
    """Who has given the right password a moment ago, and where they were going."""
    half = request.session.get(HALF)
    if not half or timezone.now().timestamp() - half["at"] > HALF_LIVES:
        return None
    user = get_user_model().objects.filter(pk=half["user"], is_active=True).first()
    return (user, half["next"]) if user and user.get_session_auth_hash() == half["hash"] else None


@never_cache
@FORM
def code(request: HttpRequest) -> HttpResponse:
    """The second factor: a code of the app, or a recovery code."""
    half = _half(request)
    if half is None:
        messages.info(request, _("That took too long. Sign in again."))
        return redirect("sign-in")
    user, target = half
    form = CodeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _code_page(request, form, 422 if form.is_bound else 200)
    try:
        second_factor.prove(user, form.cleaned_data["code"], actor=Actor.of(user))
    except Problem as problem:
        tell(form, problem)
        return _code_page(request, form, problem.status)
    request.session.pop(HALF, None)
    response = _let_in(request, user, target, proved=True)
    if form.cleaned_data["remember"]:
        _remember(request, response, user)
    return response


def _code_page(request: HttpRequest, form: CodeForm, status: int) -> HttpResponse:
    return render(request, "people/code.html", {"form": form}, status=status)


def _remember(request: HttpRequest, response: HttpResponse, user: Any) -> None:
    response.set_cookie(
        trust_cookie(),
        second_factor.trust(user, sessions.agent_of(request)),
        max_age=int(second_factor.TRUSTED_FOR.total_seconds()),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session. A shared tablet shows its names again."""
    end(request)
    return redirect("device" if devices.device_of(request) else "sign-in")


def locked_out(request: HttpRequest, response: Any = None, credentials: Any = None) -> HttpResponse:
    """After too many wrong passwords: say so, and for how long."""
    errors = [{"text": _("Too many attempts. Wait 15 minutes, or ask an administrator.")}]
    context = {"form": SignInForm(request), "errors": errors, "people": []}
    return render(request, "backoffice/sign_in.html", context, status=429)


@never_cache
@FORM
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail. The answer never tells whether there is such an account."""
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "people/forgotten.html", {"form": form}, status=422 if form.is_bound else 200)
    email = form.cleaned_data["email"]
    if not allow("forgotten", address_of(request), most=ASKED_PER_ADDRESS, seconds=ASKED_WINDOW):
        tell(form, RateLimited(_("Too many attempts. Wait an hour, or ask an administrator.")))
        return render(request, "people/forgotten.html", {"form": form}, status=429)
    for person in persons.by_address(email):
        if allow("forgotten-of", str(person.pk), most=ASKED_PER_PERSON, seconds=ASKED_WINDOW):
            letters.send_link(person, OneTimeLink.Kind.RESET, actor=SYSTEM)
    return render(request, "people/forgotten.html", {"asked": email})


@never_cache
@sensitive_post_parameters()
@FORM
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password by a one-time link, then sign in with it."""
    try:
        link = links.link_behind(token)
    except NotFound as problem:
        return render(request, "people/link_gone.html", {"problem": problem}, status=404)
    form = NewPasswordForm(request.POST or None, user=link.user)
    if request.method == "POST" and form.is_valid():
        try:
            links.use_link(token, form.cleaned_data["password"])
        except Problem as problem:
            tell(form, problem)
        else:
            if request.user.is_authenticated:
                end(request)
            messages.success(request, _("Your password is set. Sign in with it."))
            return redirect(f"{reverse('sign-in')}?password")
    response = render(
        request, "people/choose_password.html", {"form": form, "link": link}, status=422 if form.is_bound else 200
    )
    response["Referrer-Policy"] = "no-referrer"
    return response
