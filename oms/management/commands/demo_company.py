"""`manage.py demo_company`: the made-up company with ninety days of history and work in hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from oms.demo import staff
from oms.demo.build import build
from oms.replay.progress import Progress

ORDERS = {"small": 1500, "full": 12000}
DAYS_AT_A_TIME = {"small": 2, "full": 1}


class Command(BaseCommand):
    help = "Sets up the demo company Maison Lumen with 90 days of history. Does nothing where it is complete."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=sorted(ORDERS), default="small", help="1,500 or 12,000 orders")

    def handle(self, *args: Any, **options: Any) -> None:
        if staff.is_complete():
            return
        size = options["size"]
        bar = Progress("Demo company: orders", ORDERS[size])
        build(ORDERS[size], timezone.now(), bar.to, days_at_a_time=DAYS_AT_A_TIME[size], workers=2)
        bar.end()
