"""`manage.py replay_orders FILE.csv`: captures a history file through the same services as live orders."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.money import display
from oms.replay.rejects import Rejects
from oms.replay.rules import Rules, load
from oms.replay.runner import Summary, replay
from oms.replay.source import MalformedFileError

MALFORMED = 2


class Command(BaseCommand):
    help = (
        "Captures a history file (CSV, also .xz or .gz) through the same services as live orders and carries its "
        "orders through to delivery and its returns to the refund. Safe to interrupt and to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="InvoiceNo,StockCode,Description,Quantity,InvoiceDate,…")
        parser.add_argument("--map", type=Path, help="TOML file that renames columns and changes other rules")
        parser.add_argument(
            "--opening-stock",
            choices=("auto", "none"),
            default="auto",
            help="auto: add missing articles and receive all units that the file sells before the first sale",
        )
        parser.add_argument("--reject-file", type=Path, help="where rows that cannot be used go, with their reasons")
        parser.add_argument("--channel", default="", help="code of the channel (of the rules, if not given)")
        parser.add_argument(
            "--workers", type=int, choices=(1, 2), default=2, help="2: one thread places while another ships"
        )
        parser.add_argument("--batch", type=int, default=200, help="most invoices in one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.", returncode=MALFORMED)
        if options["batch"] < 1:
            raise CommandError("--batch must be at least 1.", returncode=MALFORMED)
        reject_file = options["reject_file"] or Path.cwd() / f"{path.name.partition('.')[0]}.rejects.csv"
        try:
            rules = load(options["map"], channel=options["channel"])
            with Rejects(reject_file) as rejects:
                summary = replay(
                    path,
                    rules,
                    rejects,
                    opening_stock=options["opening_stock"] == "auto",
                    batch=options["batch"],
                    workers=options["workers"],
                )
        except (MalformedFileError, OSError, ValueError) as error:
            raise CommandError(f"{error}", returncode=MALFORMED) from error
        self._tell(summary, rejects, rules)
        sys.stdout.flush()

    def _tell(self, summary: Summary, rejects: Rejects, rules: Rules) -> None:
        """The summary, in words."""
        rate = summary.rows / max(0.001, summary.seconds)
        sold, returned = summary.sold, summary.returned
        money = {kind: display(sums.money, summary.currency) for kind, sums in (("sold", sold), ("back", returned))}
        before = f" ({summary.orders_before:,} of them by an earlier run)" if summary.orders_before else ""
        self.stdout.write(
            f"{summary.rows:,} lines read in {summary.seconds:,.1f} s: {rate:,.0f} lines/s\n"
            f"{sold.rows:,} lines captured in {summary.orders:,} orders{before}: "
            f"{sold.units:,} units, {money['sold']} without tax\n"
            f"{returned.rows:,} return lines received and credited: {returned.units:,} units, {money['back']}\n"
            f"{rejects.total:,} lines rejected ({summary.parted:,} of them in part), see {rejects.path}\n"
        )
        for reason, count in rejects.rows.most_common():
            self.stdout.write(f"  {count:>7,}  {reason}\n")
        if summary.opening_units:
            self.stdout.write(
                f"Opening stock: {summary.opening_units:,} units received at {rules.channel['location']}\n"
            )
