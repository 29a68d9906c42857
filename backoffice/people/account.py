"""One's own account: password, second factor, PIN, sessions."""

from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from backoffice.people.forms import ConfirmForm, PasswordForm, PinForm
from backoffice.people.history import history
from backoffice.people.people import FORM
from core.actors import Actor
from core.forms import tell
from core.people import devices, persons, second_factor, sessions
from core.people.authority import about
from core.permissions import owes_second_factor, signed_in
from core.problems import Forbidden, Problem


@never_cache
@require_safe
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """How I sign in, and where I am signed in now."""
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    user: Any = request.user
    context = {
        "factor": second_factor.factor_of(user),
        "owes": owes_second_factor(user),
        "trusted": user.trusted_browsers.count(),
        "pin": getattr(user, "pin", None),
        "sessions": sessions.of_person(user),
        "this": request.session.session_key,
        "password_form": forms.get("password") or PasswordForm(user=user),
        "pin_form": forms.get("pin") or PinForm(),
        "opened": next(iter(forms), ""),
        "entries": history(about(user.pk))[:12],
        "tablet": getattr(request, "device", None),
    }
    return render(request, "people/account.html", context, status=status)


@sensitive_post_parameters()
@require_POST
@signed_in
def password(request: HttpRequest) -> HttpResponse:
    """Change my password; I stay signed in here and nowhere else."""
    user: Any = request.user
    form = PasswordForm(request.POST, user=user)
    if form.is_valid():
        try:
            given, key = form.cleaned_data, request.session.session_key
            persons.change_password(user, given["old"], given["password"], actor=Actor.of(user), session_key=key)
        except Problem as problem:
            tell(form, problem)
        else:
            _keep_session(request, user)
            messages.success(request, _("Your password is changed. Every other session has ended."))
            return redirect("account")
    return _page(request, 422, password=form)


def _keep_session(request: HttpRequest, user: Any) -> None:
    """This session goes on under a new key; its row follows."""
    before = request.session.session_key
    update_session_auth_hash(request, user)
    request.session.save()
    sessions.rename(before, request.session.session_key)


@sensitive_post_parameters()
@require_POST
@signed_in
def pin(request: HttpRequest) -> HttpResponse:
    """Choose my PIN for shared tablets."""
    user: Any = request.user
    form = PinForm(request.POST)
    if form.is_valid():
        try:
            persons.require_password(user, form.cleaned_data["password"], field="password")
            devices.set_pin(user, form.cleaned_data["pin"], actor=Actor.of(user))
        except Problem as problem:
            tell(form, problem)
    if not form.is_valid():
        return _page(request, 422, pin=form)
    messages.success(request, _("Your PIN is set: shared tablets of your places now show your name."))
    return redirect("account")


@require_POST
@signed_in
def drop_pin(request: HttpRequest) -> HttpResponse:
    """No PIN any more."""
    devices.drop_pin(request.user, actor=Actor.of(request.user))
    messages.success(request, _("Your PIN is gone: no shared tablet shows your name any more."))
    return redirect("account")


@never_cache
@FORM
@signed_in
def factor(request: HttpRequest) -> HttpResponse:
    """Set up the second factor: scan, type the first code, keep the recovery codes."""
    user: Any = request.user
    _not_on_tablet(request)
    if second_factor.factor_of(user):
        return redirect("account")
    proposed = second_factor.propose(user)
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = second_factor.confirm(user, form.cleaned_data["code"], actor=Actor.of(user))
        except Problem as problem:
            tell(form, problem)
        else:
            sessions.end_all(user, actor=Actor.of(user), but=request.session.session_key, told=False)
            request.session[sessions.PROVED] = True
            return _show_codes(request, made)
    context = {
        "form": form,
        "picture": _picture(second_factor.address_for_app(proposed)),
        "secret": second_factor.typed_secret(proposed),
        "owes": owes_second_factor(user),
    }
    return render(request, "people/second_factor.html", context, status=422 if form.is_bound else 200)


def _picture(text: str) -> str:
    """The QR code as SVG, drawn here: nobody else sees the secret."""
    drawn = segno.make(text, error="m").svg_inline(
        scale=4, border=3, dark="#000", light="#fff", omitsize=True, svgclass="qr"
    )
    return mark_safe(drawn)  # noqa: S308 - made of modules, not of words


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Shown in this answer and kept nowhere."""
    return render(request, "people/second_factor_set.html", {"codes": codes})


@require_POST
@signed_in
def factor_off(request: HttpRequest) -> HttpResponse:
    """Take my second factor away, proved by a code of it."""
    user: Any = request.user
    _not_on_tablet(request)
    if owes_second_factor(user):
        messages.error(request, _("Your role needs a second factor."))
        return redirect("account")
    if not (refusal := _refused(request, user)):
        second_factor.take_away(user, actor=Actor.of(user))
        messages.success(request, _("Your second factor is taken away."))
    return refusal or redirect("account")


@require_POST
@signed_in
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Other recovery codes, proved by a code of the app."""
    user: Any = request.user
    refusal = _refused(request, user)
    return refusal or _show_codes(request, second_factor.new_recovery_codes(user, actor=Actor.of(user)))


def _refused(request: HttpRequest, user: Any) -> HttpResponse | None:
    """Back to the account, unless the code that was typed is right."""
    _not_on_tablet(request)
    try:
        second_factor.prove(user, request.POST.get("code", "")[:40], actor=Actor.of(user))
    except Problem as problem:
        messages.error(request, str(problem.errors[0]["msg"]) if problem.errors else problem.detail)
        return redirect("account")
    return None


def _not_on_tablet(request: HttpRequest) -> None:
    if getattr(request, "device", None):
        raise Forbidden(_("Do this on a device of your own, not on a shared tablet."))


@require_POST
@signed_in
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End one of my sessions."""
    try:
        sessions.end(request.user, session_id, actor=Actor.of(request.user))
        messages.success(request, _("The session has ended."))
    except Problem as problem:
        messages.info(request, problem.detail)
    return redirect("account")


@require_POST
@signed_in
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    key = request.session.session_key
    ended = sessions.end_all(request.user, actor=Actor.of(request.user), but=key)
    messages.success(request, ngettext("%(n)d session has ended.", "%(n)d sessions have ended.", ended) % {"n": ended})
    return redirect("account")
