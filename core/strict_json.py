"""Reading JSON from strangers: what cannot be meant is refused before anything else looks at it."""

import json
import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from core.problems import BadRequest, Invalid

SUSPICIOUS = re.compile(r"\\u(00[01789]|d[89a-f])|\\[bf]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", re.IGNORECASE)
LAYOUT = "\t\n\r"
MOST_NAMED = 20
LONGEST_KEY = 100


def read(body: bytes) -> Any:
    """The value of a JSON document in UTF-8, with fractions as Decimal.

    BadRequest when it cannot be read (NaN and Infinity are no JSON); Invalid, naming the fields, when a text holds
    control characters.
    """
    text = _text(body)
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_fraction)
    except RecursionError as error:
        raise BadRequest(_("The body is nested too deeply.")) from error
    except json.JSONDecodeError as error:
        raise BadRequest(
            _("The body is not JSON: %(msg)s at line %(lineno)s, column %(colno)s.")
            % {"msg": error.msg, "lineno": error.lineno, "colno": error.colno}
        ) from error
    except ValueError as error:
        raise BadRequest(_("The body holds a number that cannot be read: %(error)s") % {"error": error}) from error
    if SUSPICIOUS.search(text):
        _refuse_control_characters(value)
    return value


def is_clean(text: str) -> bool:
    """Whether a text has no control characters but line breaks and tabs, and no half characters."""
    return text.isprintable() or not any(unicodedata.category(c) in ("Cc", "Cs") and c not in LAYOUT for c in text)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(
            _("The body is not UTF-8 text: byte %(start)s cannot be read.") % {"start": error.start}
        ) from error


def _refuse(name: str) -> Any:
    raise BadRequest(_("The body is not JSON: %(name)s is not a number that JSON knows.") % {"name": name})


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:40]} is out of all bounds") from error


def _refuse_control_characters(value: Any) -> None:
    found = []
    for loc, text in _texts(value):
        if not is_clean(text):
            found.append({"loc": list(loc), "msg": "must not contain control characters"})
            if len(found) == MOST_NAMED:
                break
    if found:
        raise Invalid(errors=found)


def _texts(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text in the value with its place, the names of fields too."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        loc, item = waiting.pop()
        if isinstance(item, str):
            yield loc, item
        elif isinstance(item, list):
            waiting.extend(((*loc, index), part) for index, part in enumerate(item))
        elif isinstance(item, dict):
            for name, part in item.items():
                yield (*loc, name[:LONGEST_KEY]), name
                waiting.append(((*loc, name[:LONGEST_KEY]), part))
