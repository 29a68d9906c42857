"""Telling customers: exactly one message per kind and fact, and its delivery."""

import logging
import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import SYSTEM, Actor
from core.db import rows
from core.ids import new_id
from core.people.links import filled
from core.problems import Conflict, NotFound
from core.timeline import Row, record_many
from notifications import letters, selectors
from notifications.models import Message

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
REFUSALS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
"""The server speaks, and will not have this one letter. Any other error would meet the next letter as well."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to an order. `source` is the event's id; `subject` the shipment or return, where there is
    one; `said` what the event itself tells."""

    source: UUID
    order_id: UUID
    subject: UUID | None = None
    said: Mapping[str, Any] = field(default_factory=dict)


WRITE = """
INSERT INTO notifications_message
    (id, about, kind, source, "to", language, subject, text, html, created_at, due_at, attempts, error)
SELECT m.id, m.about, %(kind)s, m.source, m.recipient, m.language, m.subject, m.text, m.html, %(now)s, %(now)s, 0, ''
FROM unnest(%(ids)s::uuid[], %(abouts)s::uuid[], %(sources)s::uuid[], %(recipients)s::text[], %(languages)s::text[],
            %(subjects)s::text[], %(texts)s::text[], %(htmls)s::text[])
     AS m(id, about, source, recipient, language, subject, text, html)
ON CONFLICT (kind, source) DO NOTHING RETURNING id, about, subject
"""


def tell(kind: str, facts: Sequence[Fact]) -> int:
    """Write the letters of `kind` that these facts call for; returns how many were new.

    Orders of a history channel and orders without an e-mail address are passed over in silence.
    """
    with transaction.atomic():
        told = [(fact, told) for fact, told in selectors.facts_of(kind, facts) if told is not None]
        if not told:
            return 0
        written = [letters.write(kind, about) for _, about in told]
        made = rows(
            WRITE,
            {
                "kind": kind,
                "now": timezone.now(),
                "ids": [new_id() for _ in told],
                "abouts": [fact.order_id for fact, _ in told],
                "sources": [fact.source for fact, _ in told],
                "recipients": [about.order.email for _, about in told],
                "languages": [letters.language_of(about.order) for _, about in told],
                "subjects": [letter.subject for letter in written],
                "texts": [letter.text for letter in written],
                "htmls": [letter.html for letter in written],
            },
        )
        record_many((Row(m.about, f"message.{kind}", data={"message": str(m.id)}) for m in made), actor=SYSTEM)
    return len(made)


AGAIN = """
INSERT INTO notifications_message
    (id, about, kind, source, "to", language, subject, text, html, created_at, due_at, attempts, error)
SELECT %(new)s, m.about, m.kind, %(key)s, %(to)s, m.language, m.subject, m.text, m.html, %(now)s, %(now)s, 0, ''
FROM notifications_message m WHERE m.id = %(id)s
ON CONFLICT (kind, source) DO NOTHING RETURNING id
"""


def send_again(message_id: UUID, *, about: UUID, to: str, actor: Actor, key: UUID | None = None) -> bool:
    """Send a letter about an order once more, word for word, to an address that may be another one by now.

    False when the form with this key was sent before. NotFound for a letter about anything else.
    """
    if not to:
        raise Conflict(_("There is no e-mail address to send it to."))
    with transaction.atomic():
        if not Message.objects.filter(pk=message_id, about=about).exists():
            raise NotFound(_("There is no such letter."))
        named = {"new": new_id(), "key": key or new_id(), "to": to, "now": timezone.now(), "id": message_id}
        made = rows(AGAIN, named)
        record_many((Row(about, "message.again", data={"message": str(m.id)}) for m in made), actor=actor)
    return bool(made)


# Delivery


def send_waiting(most: int = 200) -> int:
    """Send what is due; returns how many left. Without a mail server the in-app mail box is where they arrive."""
    if not settings.EMAIL_HOST:
        return _put_in_box(most)
    sent = 0
    connection = get_connection()
    try:
        for _ in range(most):
            outcome = _send_one(connection)
            if outcome is None:
                break
            sent += outcome
    finally:
        connection.close()
    return sent


def _put_in_box(most: int) -> int:
    done = rows(
        """
        WITH due AS MATERIALIZED (
            SELECT id FROM notifications_message WHERE sent_at IS NULL ORDER BY due_at LIMIT %(most)s
            FOR UPDATE SKIP LOCKED)
        UPDATE notifications_message m SET sent_at = %(now)s, error = '' FROM due WHERE m.id = due.id RETURNING m.id
        """,
        {"most": most, "now": timezone.now()},
    )
    return len(done)


def _send_one(connection: BaseEmailBackend) -> int | None:
    """Send the message due first: 1 when it left, 0 when it was refused, None when nothing is due or the server is away.

    Its row stays locked meanwhile, so no other worker sends it too. A crash between the server's answer and the
    commit sends it again under the same Message-ID, by which mail readers know it.
    """
    with transaction.atomic():
        message = _next_due()
        if message is None:
            return None
        try:
            _mail(message, connection).send()
        except (smtplib.SMTPException, OSError) as error:
            logger.warning("message %s could not be sent: %s", message.id, error)
            _put_off(message, error)
            return 0 if isinstance(error, REFUSALS) else None
        message.sent_at, message.error = timezone.now(), ""
        message.save(update_fields=["sent_at", "error"])
    return 1


def _next_due() -> Message | None:
    """What is due first. Letters about one order leave in their order: one that is tried later holds up those after it."""
    earlier = Message.objects.filter(
        about=OuterRef("about"), sent_at=None, due_at__isnull=False, created_at__lt=OuterRef("created_at")
    )
    due = Message.objects.filter(~Exists(earlier), sent_at=None, due_at__lte=timezone.now()).order_by("due_at")
    return due.select_for_update(skip_locked=True).first()


def _put_off(message: Message, error: Exception) -> None:
    """Wait twice as long each time; after the last attempt the message stays in the box, unsent, with its error."""
    message.attempts += 1
    message.error = f"{type(error).__name__}: {error}"[:1000]
    wait = timedelta(seconds=min(30 * 2**message.attempts, 4 * 3600))
    message.due_at = timezone.now() + wait if message.attempts < MOST_ATTEMPTS else None
    message.save(update_fields=["attempts", "error", "due_at"])


def _mail(message: Message, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    mail = EmailMultiAlternatives(
        message.subject,
        filled(message.text, message.source),
        to=[message.to],
        headers={"Message-ID": f"<{message.id}@{domain}>", "Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    mail.attach_alternative(filled(message.html, message.source), "text/html")
    return mail
