"""The reject file: every row that was not used, with its reason."""

import csv
from collections import Counter
from pathlib import Path
from types import TracebackType

from oms.replay.rules import COLUMNS
from oms.replay.source import Row


class Rejects:
    """Writes rejected rows beside their reasons, and counts them by reason.

    It is written anew by every run, under another name until the run is over: a run works out again what an
    interrupted one had rejected, so that the file is always whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: Counter[str] = Counter()
        self._part = path.with_name(path.name + ".part")

    def __enter__(self) -> "Rejects":
        self._file = self._part.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow(["line", "reason", "units", *COLUMNS])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if error is None:
            self._part.replace(self.path)

    def add(self, row: Row, reason: str, units: int | None = None, detail: str = "") -> None:
        """Reject a row; `units` when it is only a part of the row's units, `detail` says more than the reason."""
        self.rows[reason] += 1
        told = f"{reason}: {detail}" if detail else reason
        self._writer.writerow([row.line, told, "" if units is None else units, *row.values])

    @property
    def total(self) -> int:
        """Rows rejected in whole or in part."""
        return sum(self.rows.values())
