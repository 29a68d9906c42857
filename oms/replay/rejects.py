"""The reject file: every row that was not used, with its reason."""

import csv
from collections import Counter
from pathlib import Path
from threading import Lock
from types import TracebackType

from oms.replay.rules import COLUMNS
from oms.replay.source import Row

HEADER = ["line", "reason", "units", *COLUMNS]


class Rejects:
    """Writes rejected rows beside their reasons, and counts them by reason. In the order of the file in the end.

    It is written anew by every run, under another name until the run is over: a run works out again what an
    interrupted one had rejected, so that the file is always whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: Counter[str] = Counter()
        self._part = path.with_name(path.name + ".part")
        self._places: list[tuple[int, int]] = []
        self._lock = Lock()

    def __enter__(self) -> "Rejects":
        self._file = self._part.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if error is None:
            self._sort()
            self._part.unlink()

    def add(self, row: Row, reason: str, units: int | None = None, detail: str = "") -> None:
        """Reject a row; `units` when it is only a part of the row's units, `detail` says more than the reason."""
        told = f"{reason}: {detail}" if detail else reason
        with self._lock:
            self.rows[reason] += 1
            self._places.append((row.line, self._file.tell()))
            self._writer.writerow([row.line, told, "" if units is None else units, *row.values])

    @property
    def total(self) -> int:
        """Rows rejected in whole or in part."""
        return sum(self.rows.values())

    def _sort(self) -> None:
        """Copy the records in the order of their lines; only their places are held in memory."""
        ready = self.path.with_name(self.path.name + ".sorted")
        with (
            self._part.open(newline="", encoding="utf-8") as source,
            ready.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for _, place in sorted(self._places):
                source.seek(place)
                writer.writerow(next(csv.reader(source)))
        ready.replace(self.path)
