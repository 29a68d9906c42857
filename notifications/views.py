"""The mail box: what customers were told, as they got it."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from core.permissions import permission
from core.problems import NotFound
from notifications import selectors
from notifications.models import Message
from notifications.words import KIND_WORDS, STATES

NONE = "'none'"
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def _dressed(message: Message, number: str) -> dict[str, Any]:
    tone, word = STATES[message.state]
    return {
        "message": message,
        "url": reverse("mail-message", args=[message.pk]),
        "number": number,
        "order_url": f"/orders/{quote(number)}/" if number else "",
        "kind": KIND_WORDS.get(message.kind, message.kind),
        "tone": tone,
        "state": word,
    }


@permission("mail.view")
def mail_message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One message with its head; the letter itself stands in a frame that can do nothing."""
    message = _message(message_id)
    plain = request.GET.get("as") == "text"
    here = reverse("mail-message", args=[message.pk])
    tabs = [
        {"label": _("As a page"), "url": here, "on": not plain, "count": None},
        {"label": _("As plain text"), "url": f"{here}?as=text", "on": plain, "count": None},
    ]
    number = selectors.numbers_of([message]).get(message.about, "")
    return render(
        request, "notifications/mail_message.html", {**_dressed(message, number), "plain": plain, "tabs": tabs}
    )


@permission("mail.view")
@xframe_options_sameorigin
def mail_body(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The letter as it was sent: no script, no form, nothing from elsewhere; only its own style, named by its
    hash. Its links open beside it."""
    html = _message(message_id).html
    styles = [f"'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'" for css in STYLE.findall(html)]
    policy = (
        f"default-src 'none'; style-src {' '.join(styles) or NONE}; frame-ancestors 'self';"
        " base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return HttpResponse(html, headers={"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"})


def _message(message_id: UUID) -> Message:
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound(_("There is no such message."))
    return message
