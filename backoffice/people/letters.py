"""Letters with a one-time link. The link itself is put in when the letter leaves (core/people/links.py)."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from core.actors import Actor
from core.models import OneTimeLink
from core.people.authority import about
from core.people.links import LIVES, MARK, make_link
from core.preferences import taste_of
from notifications.models import Message


def send_link(person: Any, kind: OneTimeLink.Kind, *, actor: Actor) -> OneTimeLink:
    """Make a link and write the letter that carries it, in one transaction."""
    with transaction.atomic():
        link = make_link(person, kind, actor=actor)
        write(person, link)
    return link


def write(person: Any, link: OneTimeLink) -> None:
    """The letter of a link, in the person's language."""
    language = taste_of(person).language or settings.LANGUAGE_CODE
    values = {
        "company": settings.COMPANY,
        "person": person,
        "kind": link.kind,
        "link": MARK,
        "days": LIVES[OneTimeLink.Kind(link.kind)].days,
        "hours": int(LIVES[OneTimeLink.Kind(link.kind)].total_seconds() // 3600),
        "language": language,
    }
    with translation.override(language):
        subject = " ".join(render_to_string("people/letter.subject.txt", values).split())
        text = render_to_string("people/letter.txt", values).strip() + "\n"
        html = render_to_string("people/letter.html", values).strip() + "\n"
    Message.objects.create(
        about=about(person.pk), kind=f"account_{link.kind}", source=link.pk, to=person.email, language=language,
        subject=subject, text=text, html=html,
    )  # fmt: skip
