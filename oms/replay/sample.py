"""Makes a history file from the demo catalogue, with the dirt that real ones have: `python -m oms.replay.sample`.

tests/data/history-sample.csv is its output for 2,000 rows. Nothing in it is anybody's real order.
"""

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from oms.demo.products import Variant, variants
from oms.demo.seasons import order_times
from oms.replay.rules import COLUMNS

ROWS = 2000
UNTIL = datetime(2024, 6, 28, 18, 0, tzinfo=UTC)
DAYS = 60
FIRST_INVOICE = 700001
COUNTRIES = ("United Kingdom", "France", "Germany", "EIRE", "Switzerland", "USA", "Unspecified")
COUNTRY_WEIGHTS = (82, 5, 4, 4, 3, 1, 1)
QUANTITIES = (1, 2, 3, 4, 6, 8, 12, 24, 48)
QUANTITY_WEIGHTS = (26, 20, 9, 8, 14, 6, 10, 5, 2)
LINES_AN_INVOICE = (1, 2, 3, 5, 8, 13, 21, 34)
Cells = list[str]


def sample(seed: int = 1, rows: int = ROWS) -> list[Cells]:
    """Exactly `rows` rows without the header, in the order of their dates."""
    random = Random(seed)
    made: list[Cells] = []
    sold: list[Cells] = []
    moments = order_times(random, until=UNTIL, days=DAYS, total=rows, zone="Europe/London")
    number = FIRST_INVOICE
    while len(made) < rows:
        moment = moments[min(len(made), rows - 1)].replace(tzinfo=None)
        if sold and random.random() < 0.3:
            made += _return(random, number, moment, sold)
        else:
            invoice = list(_invoice(random, number, moment))
            sold += invoice
            made += list(_dirtied(random, invoice))
        number += 1
    return _mixed(made[:rows])


def _invoice(random: Random, number: int, moment: datetime) -> Iterator[Cells]:
    customer = str(random.randrange(20001, 20120)) if random.random() < 0.75 else ""
    country = random.choices(COUNTRIES, COUNTRY_WEIGHTS)[0] if customer else COUNTRIES[0]
    count = random.choice(LINES_AN_INVOICE)
    for item in random.sample(variants(), count):
        quantity = random.choices(QUANTITIES, QUANTITY_WEIGHTS)[0]
        yield _cells(number, item.sku, item.name("en").upper(), quantity, moment, _price(item), customer, country)
    if country != COUNTRIES[0]:
        yield _cells(number, "POST", "POSTAGE", 1, moment, Decimal("18.00"), customer, country)


def _cells(
    number: int, sku: str, name: str, quantity: int, moment: datetime, price: Decimal, customer: str, country: str
) -> Cells:
    return [str(number), sku, name, str(quantity), moment.isoformat(sep=" "), str(price), customer, country]


def _price(item: Variant) -> Decimal:
    return (item.prices["GBP"] / Decimal("1.2")).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _return(random: Random, number: int, moment: datetime, sold: list[Cells]) -> list[Cells]:
    """Some units of an earlier line come back; now and then more than were sold, at another price, or of nobody."""
    row = list(random.choice(sold))
    units = random.randrange(1, int(row[3]) + 1)
    row[0], row[4] = f"C{number}", moment.isoformat(sep=" ")
    chance = random.random()
    if chance < 0.08:
        units += 500
    elif chance < 0.14:
        row[5] = str(Decimal(row[5]) + 1)
    row[3] = str(-units)
    return [row]


def _dirtied(random: Random, invoice: list[Cells]) -> Iterator[Cells]:
    for row in invoice:
        yield row
        chance = random.random()
        if chance < 0.012:
            yield list(row)
        elif chance < 0.06:
            yield _dirt(random, list(row))


def _dirt(random: Random, row: Cells) -> Cells:
    """The row with one of the faults that history files have."""
    column, value = random.choice(
        (
            ("UnitPrice", "0.00"),
            ("UnitPrice", "-11062.06"),
            ("UnitPrice", "0.001"),
            ("UnitPrice", "n/a"),
            ("Quantity", "0"),
            ("Quantity", "-24"),
            ("Quantity", "1.5"),
            ("InvoiceDate", "31/12"),
            ("Country", "Atlantis"),
            ("StockCode", "M"),
            ("StockCode", "BANK CHARGES"),
            ("StockCode", "gift_0001_20"),
            ("StockCode", row[1].lower()),
            ("CustomerID", "99999"),
            ("Country", ""),
            ("InvoiceNo", ""),
        )
    )
    row[COLUMNS.index(column)] = value
    return row[:-1] if value == "" and column == "Country" else row


def _mixed(rows: list[Cells]) -> list[Cells]:
    """Some neighbouring rows change places, so that invoices begin before others have ended."""
    for place in range(100, len(rows) - 3, 250):
        rows[place], rows[place + 2] = rows[place + 2], rows[place]
    return rows


def main() -> None:
    """Write the sample to standard output."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sample())


if __name__ == "__main__":
    main()
