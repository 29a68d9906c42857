"""The rules of a replay: data/rules.toml, with what a --map file says differently laid over it."""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from babel import Locale

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
DEFAULT = Path(__file__).parent / "data" / "rules.toml"


@dataclass(frozen=True)
class Rules:
    """What `load` read; see data/rules.toml for the meaning of each entry."""

    raw: dict[str, Any]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The file's own column names, in the order of COLUMNS."""
        return tuple(self.raw["columns"].get(name, name) for name in COLUMNS)

    @cached_property
    def date_format(self) -> str:
        """Empty for ISO 8601."""
        return str(self.raw["dates"]["format"])

    @cached_property
    def return_prefix(self) -> str:
        """Invoice numbers that begin so are returns."""
        return str(self.raw["codes"]["return_prefix"])

    @cached_property
    def postage(self) -> frozenset[str]:
        """Codes of carriage that is sold: lines without stock."""
        return frozenset(self.raw["codes"]["postage"])

    @cached_property
    def manual(self) -> frozenset[str]:
        """Codes of adjustments and fees, which are no sales."""
        return frozenset(self.raw["codes"]["manual"])

    @cached_property
    def voucher_prefix(self) -> str:
        """Codes of gift vouchers begin so."""
        return str(self.raw["codes"]["voucher_prefix"])

    @property
    def channel(self) -> dict[str, Any]:
        """Settings of the channel that the history goes through."""
        return dict(self.raw["channel"])

    @property
    def tax(self) -> list[tuple[date, Decimal]]:
        """Rates of value-added tax in the channel's country, each from its day on."""
        return [(entry["valid_from"], Decimal(entry["rate"])) for entry in self.raw["tax"]]

    @property
    def currency_rates(self) -> list[tuple[date, Decimal]]:
        """Euros for one unit of the channel's currency, each from its day on."""
        return [(entry["day"], Decimal(entry["rate"])) for entry in self.raw["currency_rates"]]

    @property
    def cost_share(self) -> Decimal:
        """Standard cost of an article as a part of the first price seen."""
        return Decimal(self.raw["articles"]["cost_share"])

    @property
    def weight_g(self) -> int:
        """Weight of an article, which the file does not tell."""
        return int(self.raw["articles"]["weight_g"])

    @property
    def delivery_days(self) -> int:
        """Days from an invoice to the delivery of its goods."""
        return int(self.raw["delivery"]["days"])

    @cached_property
    def _countries(self) -> dict[str, str]:
        names = Locale("en").territories
        known = {name.casefold(): code for code, name in names.items() if len(code) == 2 and code.isalpha()}
        return known | {name.casefold(): code for name, code in self.raw["countries"].items()}

    def country(self, name: str) -> str:
        """The ISO 3166 code of a country's English name or code, empty when there is none such."""
        name = name.strip()
        if len(name) == 2 and name.upper() in self._countries.values():
            return name.upper()
        return self._countries.get(name.casefold(), "")


def load(mapping: Path | None = None, *, channel: str = "") -> Rules:
    """The default rules with a --map file's entries in their place, table by table; `channel` is another one's code."""
    rules = tomllib.loads(DEFAULT.read_text(encoding="utf-8"))
    if mapping is not None:
        for table, entries in tomllib.loads(mapping.read_text(encoding="utf-8")).items():
            rules[table] = rules.get(table, {}) | entries if isinstance(entries, dict) else entries
    if channel:
        rules["channel"] = rules["channel"] | {"code": channel}
    return Rules(rules)
