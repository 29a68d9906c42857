"""A progress bar on standard error: redrawn in place on a terminal, a line now and then elsewhere."""

import sys
import time
from typing import TextIO

WIDTH = 30
REDRAW_SECONDS = 0.2
LINE_SECONDS = 15.0


class Progress:
    """Shows how far a task of `total` steps has come; 0 when nobody knows how many there are.

    Use as: `progress.to(done)`, and at the end `progress.end()`.
    """

    def __init__(self, title: str, total: int, stream: TextIO | None = None) -> None:
        self.title = title
        self.total = total
        self.stream = stream or sys.stderr
        self.is_terminal = self.stream.isatty()
        self.started = self._shown = time.monotonic()

    def to(self, done: int) -> None:
        """Show the state when enough time has passed since the last showing."""
        now = time.monotonic()
        if now - self._shown >= (REDRAW_SECONDS if self.is_terminal else LINE_SECONDS):
            self._shown = now
            self._show(done, now)

    def end(self, done: int | None = None) -> None:
        """Show the last state and leave the line."""
        self._show(self.total if done is None else done, time.monotonic())
        if self.is_terminal:
            self.stream.write("\n")
        self.stream.flush()

    def _show(self, done: int, now: float) -> None:
        rate = done / max(0.001, now - self.started)
        of_all = f"/{self.total:,}" if self.total else ""
        text = f"{self.title} {done:,}{of_all}  {rate:,.0f}/s"
        if self.is_terminal:
            full = min(WIDTH, done * WIDTH // self.total) if self.total else 0
            self.stream.write(f"\r[{'#' * full}{'.' * (WIDTH - full)}] {text}  ")
        else:
            self.stream.write(f"{text}\n")
        self.stream.flush()
