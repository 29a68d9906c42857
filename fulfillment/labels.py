"""Papers of a parcel as PDF: the A6 label with its bar code, and the packing slip."""

from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4, A6
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from core.addresses import town_lines
from fulfillment import serials
from fulfillment.models import Shipment

MARGIN = 7 * mm
COLUMN = 78 * mm
DESCRIPTION = 105 * mm
LEADING = 1.3
SMALLEST = 5
GRAMS_PER_KG = 1000
FONT_PLACES = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/dejavu"))


@cache
def fonts() -> tuple[str, str]:
    """Regular and bold: DejaVu where the machine has it (any alphabet), else the PDF reader's own (Latin-1)."""
    for place in FONT_PLACES:
        if (place / "DejaVuSans.ttf").exists() and (place / "DejaVuSans-Bold.ttf").exists():
            pdfmetrics.registerFont(TTFont("Sans", place / "DejaVuSans.ttf"))
            pdfmetrics.registerFont(TTFont("Sans-Bold", place / "DejaVuSans-Bold.ttf"))
            return "Sans", "Sans-Bold"
    return "Helvetica", "Helvetica-Bold"


def label(shipment: Shipment) -> bytes:
    """The A6 label: sender, recipient, service, tracking number with its Code 128, order number, weight.

    `shipment` as selectors.parcel gives it.
    """
    width, height = A6
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A6, pageCompression=1)
    canvas.setTitle(shipment.tracking_number)
    regular, bold = fonts()
    top = height - MARGIN
    _lines(canvas, MARGIN, top - 7, _sender(shipment), regular, 7, 18 * mm)
    canvas.setFont(bold, 13)
    canvas.drawRightString(width - MARGIN, top - 11, shipment.service.upper())
    canvas.setFont(regular, 7)
    canvas.drawRightString(width - MARGIN, top - 21, shipment.carrier)
    canvas.line(MARGIN, top - 22 * mm, width - MARGIN, top - 22 * mm)
    _lines(canvas, MARGIN + 4 * mm, top - 30 * mm, address_lines(shipment.order.shipping_address), bold, 11, 52 * mm)
    canvas.line(MARGIN, 55 * mm, width - MARGIN, 55 * mm)
    canvas.setFont(regular, 8)
    canvas.drawString(MARGIN, 49 * mm, _("Order %(number)s") % {"number": shipment.order.number})
    canvas.drawRightString(width - MARGIN, 49 * mm, f"{shipment.weight_g / GRAMS_PER_KG:.2f} kg")
    _barcode(canvas, shipment.tracking_number or "", width)
    canvas.setFont(bold, 11)
    canvas.drawCentredString(width / 2, 13 * mm, shipment.tracking_number)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _barcode(canvas: Canvas, text: str, width: float) -> None:
    """As wide as the label allows; a bar is never thinner than a common scanner reads (0.19 mm)."""
    bar = 0.42 * mm
    code = Code128(text, barHeight=24 * mm, barWidth=bar, humanReadable=False)
    room = width - 2 * MARGIN
    if code.width > room + 2 * code.lquiet:
        code = Code128(text, barHeight=24 * mm, barWidth=max(0.19 * mm, bar * room / code.width), humanReadable=False)
    code.drawOn(canvas, (width - code.width) / 2, 20 * mm)


def packing_slip(shipment: Shipment) -> bytes:
    """The A4 slip that lies in the box, in the customer's language: what is in it, without prices."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, pageCompression=1)
    with override(shipment.order.language):
        rows = _slip_rows(shipment)
        pages = [rows[start : start + ROWS_A_PAGE] for start in range(0, len(rows), ROWS_A_PAGE)] or [[]]
        for number, page in enumerate(pages, 1):
            _slip_page(canvas, shipment, page, f"{number}/{len(pages)}")
    canvas.save()
    return buffer.getvalue()


ROWS_A_PAGE = 28
SlipRow = tuple[str, str, int | None]
"""An article with its name and quantity; a further line of it has neither article nor quantity."""


def _slip_rows(shipment: Shipment) -> list[SlipRow]:
    """The articles, each with the serial numbers of its units below it."""
    numbers = serials.by_line(shipment.fulfillment_order_id)
    found: list[SlipRow] = []
    for line in shipment.lines.all():
        found.append((line.order_line.sku, line.order_line.name, line.quantity))
        if codes := [each.code for each in numbers.get(line.order_line_id, ())]:
            text = _("Serial numbers: %(codes)s") % {"codes": ", ".join(codes)}
            found += [("", part, None) for part in simpleSplit(text, fonts()[0], 9, DESCRIPTION)]
    return found


def _slip_page(canvas: Canvas, shipment: Shipment, page: Sequence[SlipRow], number: str) -> None:
    width, height = A4
    regular, bold = fonts()
    left, right, top = 20 * mm, width - 20 * mm, height - 20 * mm
    canvas.setTitle(_("Packing slip") + f" {shipment.order.number}")
    canvas.setFont(bold, 18)
    canvas.drawString(left, top - 14, _("Packing slip"))
    canvas.setFont(regular, 9)
    canvas.drawRightString(right, top - 9, settings.COMPANY)
    canvas.drawRightString(right, top - 21, _("Page %(number)s") % {"number": number})
    _lines(canvas, left, top - 18 * mm, _slip_facts(shipment), regular, 10)
    _lines(canvas, width / 2, top - 18 * mm, address_lines(shipment.order.shipping_address), regular, 10)
    y = top - 55 * mm
    canvas.setFont(bold, 9)
    canvas.drawString(left, y, _("Article"))
    canvas.drawString(left + 38 * mm, y, _("Description"))
    canvas.drawRightString(right, y, _("Quantity"))
    canvas.line(left, y - 4, right, y - 4)
    canvas.setFont(regular, 9)
    for index, (sku, name, quantity) in enumerate(page, 1):
        below = y - 4 - index * 7 * mm
        canvas.drawString(left, below, sku[:22])
        canvas.drawString(left + 38 * mm, below, (simpleSplit(name, regular, 9, DESCRIPTION) or [""])[0])
        if quantity is not None:
            canvas.drawRightString(right, below, str(quantity))
    canvas.showPage()


def _slip_facts(shipment: Shipment) -> list[str]:
    """The papers' head: order, day, parcel."""
    return [
        _("Order %(number)s") % {"number": shipment.order.number},
        date_format(shipment.order.placed_at, "DATE_FORMAT"),
        _("Parcel %(number)s") % {"number": shipment.tracking_number} if shipment.tracking_number else "",
    ]


def _sender(shipment: Shipment) -> list[str]:
    place = shipment.fulfillment_order.location
    where = {"postal_code": place.postal_code, "city": place.city, "country": place.country}
    return [settings.COMPANY, place.name, place.line1, *town_lines(where)]


def address_lines(address: Mapping[str, Any]) -> list[str]:
    """A postal address as lines; empty ones left out."""
    names = [address.get(key, "") for key in ("name", "company", "line1", "line2")]
    return [str(line) for line in [*names, *town_lines(address)] if line]


def _lines(
    canvas: Canvas, x: float, y: float, lines: Sequence[str], font: str, size: float, room: float = 30 * mm
) -> None:
    """All the lines below each other, in letters as large as `size` and as small as `room` (a height) makes needed."""
    parts = _wrapped(lines, font, size)
    while len(parts) * size * LEADING > room and size > SMALLEST:
        size -= 0.5
        parts = _wrapped(lines, font, size)
    canvas.setFont(font, size)
    for part in parts:
        canvas.drawString(x, y, part)
        y -= size * LEADING


def _wrapped(lines: Sequence[str], font: str, size: float) -> list[str]:
    return [part for line in lines for part in simpleSplit(line, font, size, COLUMN)]
