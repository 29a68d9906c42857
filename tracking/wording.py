"""Days, moments and small numbers as a customer reads them in a sentence."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.locales import written_day, written_time


def on_day(day: date) -> str:
    """A day inside a sentence: `today`, `tomorrow`, `on Friday 27 November`."""
    away = (day - timezone.localdate()).days
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}.get(away)
    if near:
        return near
    return _("on %(day)s") % {"day": full_day(day)}


def the_day(day: date) -> str:
    """A day by itself, as a heading: `Today`, `Friday 27 November`."""
    away = (day - timezone.localdate()).days
    near = {0: _("Today"), 1: _("Tomorrow"), -1: _("Yesterday")}.get(away)
    text = near or full_day(day)
    return text[:1].upper() + text[1:]


def full_day(day: date) -> str:
    """A day in full words: `Friday 27 November`."""
    return written_day(day, "EEEE d MMMM")


def moment(at: datetime | None) -> str:
    """Day and time of something that has happened: `Monday 23, 11:20`."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    pattern = "EEEE d" if abs((local.date() - timezone.localdate()).days) < 14 else "EEEE d MMMM"
    text = f"{written_day(local.date(), pattern)}, {written_time(local)}"
    return text[:1].upper() + text[1:]


def until(at: datetime | None) -> str:
    """A time limit inside a sentence: `Tuesday 24 November, 07:13`."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{full_day(local.date())}, {written_time(local)}"


def number_word(number: int) -> str:
    """A small number as a word at the start of a sentence: `Two`; from ten on in digits."""
    words = (
        pgettext("parcels", "No"),
        pgettext("parcels", "One"),
        pgettext("parcels", "Two"),
        pgettext("parcels", "Three"),
        pgettext("parcels", "Four"),
        pgettext("parcels", "Five"),
        pgettext("parcels", "Six"),
        pgettext("parcels", "Seven"),
        pgettext("parcels", "Eight"),
        pgettext("parcels", "Nine"),
    )
    return words[number] if number < len(words) else str(number)
