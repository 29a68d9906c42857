"""Reading a workbook back, as a spreadsheet would."""

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def cells_of(data: bytes) -> list[list[tuple[str, str]]]:
    """Each cell of the one sheet as its kind ("n" is a number, a date too) and its value."""
    sheet = _part(data, "xl/worksheets/sheet1.xml")
    return [[_cell(cell) for cell in row.findall("m:c", NS)] for row in sheet.iterfind(".//m:row", NS)]


def _cell(cell: ElementTree.Element) -> tuple[str, str]:
    kind = cell.get("t", "n")
    text = "".join(cell.itertext())
    assert cell.find("m:f", NS) is None, "a formula"
    return kind, text


def is_frozen(data: bytes) -> bool:
    """Whether the first row stays in sight."""
    pane = _part(data, "xl/worksheets/sheet1.xml").find(".//m:pane", NS)
    return pane is not None and pane.get("state") == "frozen"


def widths(data: bytes) -> list[float]:
    """The widths of the columns."""
    return [float(each.get("width", 0)) for each in _part(data, "xl/worksheets/sheet1.xml").iterfind(".//m:col", NS)]


def formats(data: bytes) -> set[str]:
    """The number formats that are used."""
    styles = _part(data, "xl/styles.xml")
    own = {str(each.get("formatCode")) for each in styles.iterfind(".//m:numFmt", NS)}
    return own | {str(each.get("numFmtId")) for each in styles.iterfind(".//m:cellXfs/m:xf", NS)}


def _part(data: bytes, name: str) -> ElementTree.Element:
    text = zipfile.ZipFile(BytesIO(data)).read(name).decode()
    assert not re.search("<!DOCTYPE", text)
    return ElementTree.fromstring(text)
