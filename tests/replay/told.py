"""What the books say of a replayed file, and what the file says of itself, worked out apart from the code under test."""

import csv
import io
import lzma
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management import call_command

from core.db import rows

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "data" / "history-sample.csv"
REAL = ROOT.parent / "shared" / "data" / "online-retail.csv.xz"


@dataclass(frozen=True)
class Totals:
    """Units and money without tax, sold and come back."""

    sold_units: int
    sold: Decimal
    back_units: int
    back: Decimal


def replay(path: Path, reject_file: Path, *words: str) -> str:
    """Run the command here, within the test's transaction unless told otherwise; returns what it told."""
    out = io.StringIO()
    words = words if "--workers" in words else ("--workers", "1", *words)
    call_command("replay_orders", str(path), "--reject-file", str(reject_file), *words, stdout=out)
    return out.getvalue()


def accepted(path: Path, reject_file: Path) -> Totals:
    """What the rows of the file that were not rejected add up to."""
    left_out = rejected_units(reject_file)
    sums: Counter[str] = Counter()
    money = {"sold": Decimal(0), "back": Decimal(0)}
    for line, row in enumerate(_lines(path), start=2):
        if line in left_out and left_out[line] is None:
            continue
        units = abs(int(row["Quantity"])) - (left_out.get(line) or 0)
        kind = "back" if row["InvoiceNo"].startswith("C") else "sold"
        sums[kind] += units
        money[kind] += units * Decimal(row["UnitPrice"])
    return Totals(sums["sold"], money["sold"], sums["back"], money["back"])


def rejected_units(reject_file: Path) -> dict[int, int | None]:
    """By line of the file: None when the whole row was rejected, else how many of its units."""
    with reject_file.open(newline="", encoding="utf-8") as text:
        return {int(row["line"]): _part(row) for row in csv.DictReader(text)}


def _part(row: dict[str, str]) -> int | None:
    whole = not row["units"] or row["units"] == row["Quantity"].removeprefix("-")
    return None if whole else int(row["units"])


def _lines(path: Path) -> Iterator[dict[str, str]]:
    opener: Any = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", newline="") as lines:
        yield from csv.DictReader(lines)


JOURNAL = """
SELECT l.role, -sum(l.quantity)::int AS units, -sum(l.amount) AS amount
FROM accounting_journalline l JOIN accounting_journalentry e ON e.id = l.entry_id
JOIN orders_order o ON o.id = e.about JOIN orders_channel c ON c.id = o.channel_id
WHERE c.code = 'history' AND l.currency = 'GBP' AND l.role IN ('revenue', 'returns_and_allowances') GROUP BY l.role
"""


def booked() -> Totals:
    """What the journal holds of the history: revenue, and returns and allowances, in pounds."""
    found = {row.role: row for row in rows(JOURNAL)}
    sold, back = found.get("revenue"), found.get("returns_and_allowances")
    return Totals(
        sold.units if sold else 0,
        sold.amount if sold else Decimal(0),
        -back.units if back else 0,
        -back.amount if back else Decimal(0),
    )


STATE = """
SELECT 'order' AS kind, o.external_id AS name, o.status || ' ' || o.total || ' ' || o.units AS what FROM orders_order o
UNION ALL
SELECT 'return', r.external_id || ' ' || o.external_id,
       (SELECT string_agg(l.sku || ' ' || b.quantity || ' ' || b.net, ', ' ORDER BY l.position)
        FROM returns_returnline b JOIN orders_orderline l ON l.id = b.order_line_id WHERE b.parent_id = r.id)
FROM returns_return r JOIN orders_order o ON o.id = r.order_id
UNION ALL
SELECT 'stock', v.sku, s.on_hand || ' ' || s.reserved || ' ' || s.allocated
FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id
UNION ALL
SELECT 'journal', e.date || ' ' || e.event || ' ' || l.role, sum(l.amount) || ' ' || sum(l.quantity)
FROM accounting_journalline l JOIN accounting_journalentry e ON e.id = l.entry_id GROUP BY 2
ORDER BY 1, 2, 3
"""


def state() -> list[tuple[str, ...]]:
    """Everything about the orders of a file that does not depend on when it was replayed."""
    return [tuple(row) for row in rows(STATE)]
