"""From rows to documents: which rows can be used, and which of them make one invoice or one return."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from oms.replay.rules import Rules
from oms.replay.source import Row

WINDOW = 50
"""An invoice is complete when so many others have begun after its last row."""
LARGEST_QUANTITY = 1_000_000
MOST_PRICE = Decimal(1_000_000)
MINOR_UNIT = Decimal("0.01")


class UnusableRowError(Exception):
    """A row cannot be used; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """A usable row. `quantity` is positive, also in a return; `at` has a zone; `postage` lines need no stock."""

    row: Row
    invoice: str
    is_return: bool
    sku: str
    name: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str
    country: str
    postage: bool


@dataclass(slots=True)
class Document:
    """All usable lines of one invoice number, in the file's order."""

    number: str
    is_return: bool
    at: datetime
    customer: str
    country: str
    lines: list[Line] = field(default_factory=list)

    @property
    def only_postage(self) -> bool:
        """Whether nothing in it is an article."""
        return all(line.postage for line in self.lines)


Reject = Callable[[Row, str], None]


class Reader:
    """Turns rows into lines by the rules; raises UnusableRowError with the reason."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.zone = ZoneInfo(rules.channel["time_zone"])
        self._moments: dict[str, datetime] = {}
        self._countries: dict[str, str] = {}

    def line(self, row: Row) -> Line:
        """The row as a line of an invoice or a return."""
        if row.problem:
            raise UnusableRowError(row.problem)
        invoice, code, name, quantity_text, date_text, price_text, customer, country = (v.strip() for v in row.values)
        if not invoice:
            raise UnusableRowError("no invoice number")
        sku = self._sku(code)
        is_return = invoice.startswith(self.rules.return_prefix)
        quantity = _quantity(quantity_text, is_return)
        return Line(
            row=row,
            invoice=invoice,
            is_return=is_return,
            sku=sku,
            name=name or sku,
            quantity=quantity,
            at=self._moment(date_text),
            price=_price(price_text),
            customer=customer.removesuffix(".0"),
            country=self._country(country),
            postage=sku in self.rules.postage,
        )

    def _sku(self, code: str) -> str:
        """The code in capitals: the file writes 85123a and 85123A for one article."""
        sku = code.upper()
        if not sku:
            raise UnusableRowError("no article code")
        if sku in self.rules.manual:
            raise UnusableRowError("manual adjustment or fee, not an article")
        if sku.startswith(self.rules.voucher_prefix):
            raise UnusableRowError("gift voucher: money owed to its holder, not a sale")
        return sku

    def _moment(self, text: str) -> datetime:
        known = self._moments.get(text)
        if known is not None:
            return known
        try:
            wanted = self.rules.date_format
            moment = datetime.strptime(text, wanted) if wanted else datetime.fromisoformat(text)
        except ValueError:
            raise UnusableRowError("the date cannot be read") from None
        if len(self._moments) > 1000:
            self._moments.clear()
        self._moments[text] = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        return self._moments[text]

    def _country(self, name: str) -> str:
        if name not in self._countries:
            self._countries[name] = self.rules.country(name)
        if not self._countries[name]:
            raise UnusableRowError("unknown country")
        return self._countries[name]


def _quantity(text: str, is_return: bool) -> int:
    try:
        quantity = int(text)
    except ValueError:
        raise UnusableRowError("the quantity is not a whole number") from None
    if quantity == 0:
        raise UnusableRowError("no quantity")
    if is_return and quantity > 0:
        raise UnusableRowError("positive quantity on a return")
    if not is_return and quantity < 0:
        raise UnusableRowError("negative quantity without a return: stock written off, not sold")
    if abs(quantity) > LARGEST_QUANTITY:
        raise UnusableRowError(f"quantity above {LARGEST_QUANTITY:,}")
    return abs(quantity)


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise UnusableRowError("the price is not a number") from None
    if not price.is_finite() or price.adjusted() > 30:
        raise UnusableRowError("the price is not a number")
    if price == 0:
        raise UnusableRowError("no price")
    if price < 0:
        raise UnusableRowError("negative price")
    if price > MOST_PRICE:
        raise UnusableRowError(f"price above {MOST_PRICE:,}")
    if price % MINOR_UNIT:
        raise UnusableRowError("price finer than a penny")
    return price


def documents(rows: Iterable[Row], reader: Reader, reject: Reject) -> Iterator[Document]:
    """Invoices and returns in the order in which they begin, though their rows may be shuffled a little.

    Rows of an invoice that stand further apart than WINDOW other invoices are rejected, never merged wrongly.
    """
    open_: OrderedDict[str, Document] = OrderedDict()
    closed: OrderedDict[str, None] = OrderedDict()
    for row in rows:
        try:
            line = reader.line(row)
        except UnusableRowError as reason:
            reject(row, str(reason))
            continue
        document = open_.get(line.invoice)
        if document is None:
            if line.invoice in closed:
                reject(row, "rows of this invoice stand too far apart")
                continue
            document = Document(line.invoice, line.is_return, line.at, line.customer, line.country)
            open_[line.invoice] = document
            if len(open_) > WINDOW:
                yield _close(open_, closed)
        if line.customer != document.customer:
            reject(row, "another customer than the invoice's first row")
        else:
            document.lines.append(line)
    while open_:
        yield _close(open_, closed)


def _close(open_: "OrderedDict[str, Document]", closed: "OrderedDict[str, None]") -> Document:
    number, document = open_.popitem(last=False)
    closed[number] = None
    if len(closed) > 20 * WINDOW:
        closed.popitem(last=False)
    return document
