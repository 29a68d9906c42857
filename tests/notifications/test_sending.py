"""How letters leave."""

import smtplib
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from notifications.models import Message
from notifications.services import MOST_ATTEMPTS, send_waiting
from tests.factories.messages import message

pytestmark = pytest.mark.django_db


@pytest.fixture
def smtp(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.com"


def refuse(self: EmailMultiAlternatives, fail_silently: bool = False) -> int:
    raise smtplib.SMTPServerDisconnected("the server went away")


def test_without_a_mail_server_the_box_is_where_letters_arrive() -> None:
    message()
    message()

    assert send_waiting() == 2
    assert send_waiting() == 0
    assert Message.objects.filter(sent_at=None).count() == 0
    assert mail.outbox == []


def test_a_letter_is_sent_once_with_both_forms(smtp: None) -> None:
    letter = message(to="a@example.com")

    assert send_waiting() == 1
    assert send_waiting() == 0
    (sent,) = mail.outbox
    assert isinstance(sent, EmailMultiAlternatives)
    assert sent.to == ["a@example.com"]
    assert sent.body == letter.text
    assert sent.alternatives[0][1] == "text/html"
    assert str(letter.pk) in sent.extra_headers["Message-ID"]


def test_a_failure_is_kept_and_tried_again_later(smtp: None, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = message()
    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    assert send_waiting() == 0

    letter.refresh_from_db()
    assert letter.state == "retrying"
    assert "the server went away" in letter.error
    assert letter.due_at and letter.due_at > timezone.now()

    monkeypatch.undo()
    assert send_waiting() == 0
    Message.objects.update(due_at=timezone.now())
    assert send_waiting() == 1
    letter.refresh_from_db()
    assert letter.state == "sent"


def test_a_letter_nobody_takes_stays_in_the_box_with_its_error(smtp: None, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = message(attempts=MOST_ATTEMPTS - 1)
    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    send_waiting()

    letter.refresh_from_db()
    assert letter.state == "failed"


def test_one_bad_address_does_not_stop_the_others(smtp: None, monkeypatch: pytest.MonkeyPatch) -> None:
    message(to="bad@example.com")
    message(to="good@example.com")
    send = EmailMultiAlternatives.send

    def picky(self: EmailMultiAlternatives, fail_silently: bool = False) -> int:
        if self.to == ["bad@example.com"]:
            raise smtplib.SMTPRecipientsRefused({"bad@example.com": (550, b"unknown")})
        return send(self, fail_silently)

    monkeypatch.setattr(EmailMultiAlternatives, "send", picky)
    assert send_waiting() == 1
    assert [m.to for m in mail.outbox] == [["good@example.com"]]


def test_a_server_that_is_away_is_not_asked_for_every_letter(smtp: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        message()
    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    assert send_waiting() == 0
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_a_letter_that_has_to_wait_is_not_overtaken_by_the_next_about_the_same_order(
    smtp: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = message()
    message(about=first.about, kind="shipped")
    message()
    with monkeypatch.context() as away:
        away.setattr(EmailMultiAlternatives, "send", refuse)
        send_waiting()
    assert send_waiting() == 1
    Message.objects.filter(pk=first.pk).update(due_at=timezone.now())
    assert send_waiting() == 2
    assert [m.extra_headers["Message-ID"].partition("@")[0] for m in mail.outbox][1] == f"<{first.pk}"
