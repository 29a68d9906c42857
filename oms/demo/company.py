"""The demo company's fixed facts, as written in data/company.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@cache
def company() -> dict[str, Any]:
    """Locations, channels, rates, rate cards and users, as plain dictionaries. Do not change what it returns."""
    return tomllib.loads((DATA / "company.toml").read_text(encoding="utf-8"))
