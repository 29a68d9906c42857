"""Reading a history file: what is refused as a whole, what is refused row by row, and what makes one invoice."""

import gzip
import lzma
from decimal import Decimal
from pathlib import Path

import pytest

from oms.replay.documents import Document, Reader, documents
from oms.replay.rules import load
from oms.replay.source import MalformedFileError, Row, read

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
GOOD = "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n"


def taken(path: Path, text: str) -> tuple[list[Document], list[tuple[int, str]]]:
    """Documents and (line, reason) of rejects of a file with this text."""
    path.write_text(text, encoding="utf-8")
    rejected: list[tuple[int, str]] = []
    rules = load()
    reader = Reader(rules)

    def reject(row: Row, reason: str) -> None:
        rejected.append((row.line, reason))

    return list(documents(read(path, rules), reader, reject)), rejected


def test_a_good_row_becomes_a_line_of_an_invoice(tmp_path: Path) -> None:
    found, rejected = taken(tmp_path / "a.csv", HEADER + GOOD)
    assert rejected == []
    (document,) = found
    (line,) = document.lines
    assert (document.number, document.customer, document.country) == ("536365", "17850", "GB")
    assert (line.sku, line.quantity, line.price) == ("85123A", 6, Decimal("2.55"))
    assert document.at.isoformat() == "2010-12-01T08:26:00+00:00"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("536365,85123A,X,6,2010-12-01 08:26:00,0,17850,United Kingdom", "no price"),
        ("536365,85123A,X,6,2010-12-01 08:26:00,-1,17850,United Kingdom", "negative price"),
        ("536365,85123A,X,6,2010-12-01 08:26:00,NaN,17850,United Kingdom", "the price is not a number"),
        ("536365,85123A,X,6,2010-12-01 08:26:00,1e999999,17850,United Kingdom", "the price is not a number"),
        ("536365,85123A,X,6,2010-12-01 08:26:00,99999999999,17850,United Kingdom", "price above 1,000,000"),
        ("536365,85123A,X,6,2010-12-01 08:26:00,0.001,17850,United Kingdom", "price finer than a penny"),
        ("536365,85123A,X,0,2010-12-01 08:26:00,1,17850,United Kingdom", "no quantity"),
        ("536365,85123A,X,1.5,2010-12-01 08:26:00,1,17850,United Kingdom", "the quantity is not a whole number"),
        ("C36365,85123A,X,1,2010-12-01 08:26:00,1,17850,United Kingdom", "positive quantity on a return"),
        ("536365,85123A,X,9999999,2010-12-01 08:26:00,1,17850,United Kingdom", "quantity above 1,000,000"),
        ("536365,M,Manual,1,2010-12-01 08:26:00,1,17850,United Kingdom", "manual adjustment or fee, not an article"),
        ("536365,,X,1,2010-12-01 08:26:00,1,17850,United Kingdom", "no article code"),
        (",85123A,X,1,2010-12-01 08:26:00,1,17850,United Kingdom", "no invoice number"),
        ("536365,85123A,X,1,yesterday,1,17850,United Kingdom", "the date cannot be read"),
        ("536365,85123A,X,1,2010-12-01 08:26:00,1,17850,Atlantis", "unknown country"),
        ("536365,85123A,X,1,2010-12-01 08:26:00,1,17850", "7 fields instead of 8"),
    ],
)
def test_a_row_that_cannot_be_used_is_rejected_with_its_reason(tmp_path: Path, row: str, reason: str) -> None:
    found, rejected = taken(tmp_path / "a.csv", HEADER + GOOD + row + "\n")
    assert rejected == [(3, reason)]
    assert [len(document.lines) for document in found] == [1]


def test_stock_written_off_without_a_return_is_not_a_sale(tmp_path: Path) -> None:
    _, rejected = taken(tmp_path / "a.csv", HEADER + "536365,22139,?,-5,2010-12-01 08:26:00,1.00,,United Kingdom\n")
    assert rejected == [(2, "negative quantity without a return: stock written off, not sold")]


def test_a_missing_customer_is_anonymous_and_repeated_lines_are_real_lines(tmp_path: Path) -> None:
    row = "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,,United Kingdom\n"
    found, rejected = taken(tmp_path / "a.csv", HEADER + row + row)
    assert rejected == []
    assert [len(document.lines) for document in found] == [2]
    assert found[0].customer == ""


def test_codes_in_small_letters_are_the_same_article(tmp_path: Path) -> None:
    found, _ = taken(tmp_path / "a.csv", HEADER + GOOD.replace("85123A", "85123a"))
    assert found[0].lines[0].sku == "85123A"


def test_rows_of_one_invoice_may_stand_a_little_apart(tmp_path: Path) -> None:
    other = GOOD.replace("536365", "536366")
    found, rejected = taken(tmp_path / "a.csv", HEADER + GOOD + other + GOOD)
    assert rejected == []
    assert [(document.number, len(document.lines)) for document in found] == [("536365", 2), ("536366", 1)]


def test_rows_of_one_invoice_that_stand_far_apart_are_rejected_and_not_a_second_order(tmp_path: Path) -> None:
    between = "".join(GOOD.replace("536365", str(600000 + step)) for step in range(60))
    found, rejected = taken(tmp_path / "a.csv", HEADER + GOOD + between + GOOD)
    assert rejected == [(63, "rows of this invoice stand too far apart")]
    assert len(found) == 61


def test_a_return_has_positive_quantities(tmp_path: Path) -> None:
    row = "C536379,85123A,WHITE HEART,-2,2010-12-01 09:41:00,2.55,17850,EIRE\n"
    found, _ = taken(tmp_path / "a.csv", HEADER + row)
    assert found[0].is_return
    assert (found[0].lines[0].quantity, found[0].country) == (2, "IE")


def test_compressed_files_are_read_as_they_are(tmp_path: Path) -> None:
    rules = load()
    for name, pack in (("a.csv.xz", lzma.compress), ("a.csv.gz", gzip.compress)):
        path = tmp_path / name
        path.write_bytes(pack((HEADER + GOOD).encode()))
        assert [row.values[0] for row in read(path, rules)] == ["536365"]


def test_renamed_columns_are_found_by_a_map(tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text('[columns]\nInvoiceNo = "order"\nQuantity = "pieces"\n')
    path = tmp_path / "a.csv"
    path.write_text(HEADER.replace("InvoiceNo", "order").replace("Quantity", "pieces") + GOOD)
    assert next(iter(read(path, load(mapping)))).values[3] == "6"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "line 1, column InvoiceNo"),
        (HEADER.replace("UnitPrice", "Price").encode() + GOOD.encode(), "line 1, column UnitPrice"),
        (HEADER.replace("Description", "Quantity").encode() + GOOD.encode(), "line 1, column Description"),
        (HEADER.encode() + b"\xff\xfe\xfa\n", "line 2"),
        (HEADER.encode() + GOOD.encode() + b'1,"unclosed', "line 3"),
    ],
)
def test_a_malformed_file_is_refused_naming_line_and_column(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(MalformedFileError, match=told):
        list(read(path, load()))


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.xz"
    path.write_bytes(lzma.compress((HEADER + GOOD * 5000).encode())[:-40])
    with pytest.raises(MalformedFileError, match="line"):
        list(read(path, load()))
