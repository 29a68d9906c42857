import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from core.invariants import MOST_NAMED, run_all


class Command(BaseCommand):
    help = "Re-derive every invariant from the documents; exit 1 and name each row that disagrees."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        connection.ensure_connection()
        for name, result in run_all():
            bad = len(result.disagreements)
            wrong += bad
            mark = "ok   " if not bad else "WRONG"
            self.stdout.write(f"{mark} {name}: {result.checked} checked" + (f", {bad} disagree" if bad else ""))
            for sentence in result.disagreements[:MOST_NAMED]:
                self.stdout.write(f"      {sentence}")
            if bad > MOST_NAMED:
                self.stdout.write(f"      … and {bad - MOST_NAMED} more")
        if wrong:
            sys.exit(1)
