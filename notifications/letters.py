"""What customers are told: one letter per kind, rendered in the order's language from three templates of its name."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from core.days import zone

ORDER_CONFIRMATION = "order_confirmation"
SHIPPED = "shipped"
DELIVERED = "delivered"
CANCELLED = "cancelled"
RETURN_RECEIVED = "return_received"
PAYMENT_FAILED = "payment_failed"
PAYMENT_LINK = "payment_link"
PAYMENT_REMINDER = "payment_reminder"
DELAYED = "delayed"
STOCK_LET_GO = "stock_let_go"

KINDS = (
    ORDER_CONFIRMATION,
    SHIPPED,
    DELIVERED,
    CANCELLED,
    RETURN_RECEIVED,
    PAYMENT_FAILED,
    PAYMENT_LINK,
    PAYMENT_REMINDER,
    DELAYED,
    STOCK_LET_GO,
)

_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready to be sent."""

    subject: str
    text: str
    html: str


@dataclass(slots=True)
class Facts:
    """What a letter speaks of. `order` and the items are rows; money is in the order's currency."""

    order: Any
    tracking_url: str
    lines: list[Any] = field(default_factory=list)
    shipment: Any = None
    returned: Any = None
    amount: Decimal | None = None
    """What is to be paid, where that is not the whole order."""
    until: datetime | None = None
    time_zone: str = ""
    """Of the channel's customers; empty: the company's."""
    expected: date | None = None
    """The day by which a delayed order comes; None when nobody knows."""
    is_unpaid: bool = False
    """It was cancelled because nobody paid."""


def language_of(order: Any) -> str:
    """The language an order's letters are written in: its own, or the first of ours."""
    return str(order.language) if order.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def write(kind: str, facts: Facts) -> Letter:
    """The letter of `kind`, in the language of the order and with the days and times of its channel."""
    language = language_of(facts.order)
    values = {
        "company": settings.COMPANY,
        "order": facts.order,
        "lines": facts.lines,
        "shipment": facts.shipment,
        "returned": facts.returned,
        "amount": facts.order.total if facts.amount is None else facts.amount,
        "until": facts.until,
        "expected": facts.expected,
        "is_unpaid": facts.is_unpaid,
        "url": facts.tracking_url,
        "language": language,
    }
    with translation.override(language), timezone.override(zone(facts.time_zone)):
        subject, text, html = (
            render_to_string(f"notifications/{kind}.{part}", values) for part in ("subject.txt", "txt", "html")
        )
    return Letter(" ".join(subject.split()), _BLANK_LINES.sub("\n\n", text).strip() + "\n", html.strip() + "\n")
