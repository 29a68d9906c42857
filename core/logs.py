"""What processes write down: one line per fact, with the request and the order it belongs to, and nobody's data.

`configuration` makes the dictionary that Django, Celery and gunicorn all configure `logging` by, so that every line
takes the same way: JSON for machines, or words for a terminal. What is bound with `structlog.contextvars` (the number
of the request, an order, who acts) stands on each line written meanwhile; `extra={…}` of a call stands on that line.
Last of all `without_secrets` takes out what must never be kept in a log.
"""

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from structlog.contextvars import get_contextvars

Fields = dict[str, Any]
OF_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request"}
"""What `logging` itself puts on a record; Django adds the whole request."""

encode = json.JSONEncoder(ensure_ascii=False, default=str).encode

PERSONAL = frozenset(
    {
        "address", "address2", "billing_address", "birthday", "body", "city", "company", "customer", "customer_name",
        "email", "first_name", "full_name", "ip", "last_name", "line1", "line2", "phone", "postal_code", "postcode",
        "recipient", "shipping_address", "to",
    }
)  # fmt: skip
SECRET = frozenset(
    {
        "api_key", "authorization", "card", "card_number", "cookie", "csrf_token", "cvc", "cvv", "iban", "key",
        "password", "secret", "session", "sessionid", "signature", "token",
    }
)  # fmt: skip
FORBIDDEN = PERSONAL | SECRET
GONE = "[left out]"

HIDDEN = re.compile(
    r"""
      \b(?:DETAIL|CONTEXT|LINE\ \d+):.*?(?=\n(?:HINT|CONTEXT|\n)|\Z)     # PostgreSQL quotes the row it refuses
    | input_value=.*?(?=,\ input_type=|\Z)                                # and pydantic the value
    | (?<=://)[^\s/@]*:[^\s/@]*@                                          # user and password of an address
    | [\w.+%-]+@[\w-]+(?:\.[\w-]+)+                                       # e-mail
    | \b[Bb]earer\s+\S+
    | \b(?:oms_[\w-]{40,}|(?:sk|rk|pk|whsec|tok|pm)_\w{4,})               # keys, ours and the provider's
    | (?<=/t/)[^/\s"']+                                                   # the token of a tracking page
    | (?<![\w.+-])(?:\+\d|0\d)(?:[\ .-]?\d){7,13}(?![\w-])                # telephone
    | (?<![\w.-])\d(?:[\ -]?\d){12,18}(?![\w-])                           # card number
    """,
    re.VERBOSE | re.DOTALL,
)


PLAIN = frozenset(
    {"request_id", "request_ids", "orders", "delivery", "deliveries", "handler", "queue", "method", "route"}
)
"""What only we write: it need not be searched."""


MARKS = ("@", ":", "=", "_", "earer", "/t/")
MANY_DIGITS = re.compile(r"\d(?:[ .-]?\d){7}")
"""Whatever HIDDEN finds has one of these marks or many digits. Most texts have neither, and to see that costs little."""


def hidden(text: str) -> str:
    """The text without what looks personal or secret in it."""
    if MANY_DIGITS.search(text) or any(mark in text for mark in MARKS):
        return HIDDEN.sub(GONE, text)
    return text


def without_secrets(fields: Fields) -> Fields:
    """Take out values that are personal or secret by their key, and what looks like such a thing within a text."""
    for key, value in fields.items():
        if key in FORBIDDEN:
            fields[key] = GONE
        elif key in PLAIN:
            continue
        elif isinstance(value, str):
            fields[key] = hidden(value)
        elif not isinstance(value, int | float | None):
            fields[key] = HIDDEN.sub(GONE, encode(_cleaned(value)))
    return fields


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): GONE if key in FORBIDDEN else _cleaned(each) for key, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list | tuple | set) else value


def part() -> str:
    """Which part of the system this process is: web, beat, worker with its queues, or the name of a command."""
    program, words = Path(sys.argv[0]).name, sys.argv[1:]
    if program == "gunicorn":
        return "web"
    if program == "celery":
        program = "beat" if "beat" in words else "worker"
        return f"{program} {words[words.index('--queues') + 1]}" if "--queues" in words[:-1] else program
    return words[0] if program == "manage.py" and words else program


class Line(logging.Formatter):
    """A record of `logging` as one line of JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.part = part()

    def format(self, record: logging.LogRecord) -> str:
        return encode(self.fields(record))

    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        """When, how grave, who and what; then what was bound, what the call adds, and the traceback where there is one."""
        said = {name: value for name, value in vars(record).items() if name not in OF_RECORD}
        fields = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": hidden(record.getMessage()),
            "part": self.part,
            "pid": record.process,
            **without_secrets({**get_contextvars(), **said}),
        }
        if record.exc_info:
            fields["exception"] = hidden(self.formatException(record.exc_info))
        if record.stack_info:
            fields["stack"] = hidden(record.stack_info)
        return fields


class Words(Line):
    """The same line for people's eyes: time, gravity, fact, then the rest as `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = self.fields(record)
        at = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        head = f"{at} {fields.pop('level'):<7} {fields.pop('logger')}: {fields.pop('event')}"
        tail = [fields.pop(name) for name in ("exception", "stack") if name in fields]
        rest = "".join(f" {name}={value}" for name, value in fields.items() if name not in ("timestamp", "part", "pid"))
        return "\n".join([head + rest, *tail])


def lasts() -> bool:
    """Whether this process is one of those that run all the time, and no command."""
    return Path(sys.argv[0]).name in ("gunicorn", "celery")


def chosen_style() -> str:
    """`OMS_LOG_FORMAT`; without it words in the demo and on a terminal, else JSON."""
    chosen = os.environ.get("OMS_LOG_FORMAT", "")
    if chosen in STYLES:
        return chosen
    demo = "1" in (os.environ.get("OMS_DEMO"), os.environ.get("OMS_DEBUG"))
    return "text" if demo or sys.stderr.isatty() else "json"


STYLES: dict[str, type[logging.Formatter]] = {"json": Line, "text": Words}
TALKATIVE = {
    "django.request": "ERROR",  # the access line tells of refusals
    "celery.app.trace": "WARNING",  # and the line of each delivery of work done
    "celery.worker.strategy": "WARNING",
    "celery.beat": "WARNING",
    "httpx": "WARNING",
    "httpcore": "WARNING",
    "stripe": "WARNING",
    "urllib3": "WARNING",
}


def configuration() -> dict[str, Any]:
    """For `logging.config.dictConfig`. `OMS_LOG_LEVEL` is the least that is written.

    Without it INFO; WARNING for commands, whose own words people read.
    """
    level = os.environ.get("OMS_LOG_LEVEL", "INFO" if lasts() else "WARNING").upper()
    quiet = {name: {"level": least} for name, least in TALKATIVE.items()} if level == "INFO" else {}
    through = {name: {"handlers": [], "propagate": True} for name in ("django", "celery", "gunicorn.error")}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": STYLES[chosen_style()]}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": through | quiet,
        "root": {"handlers": ["console"], "level": level},
    }
