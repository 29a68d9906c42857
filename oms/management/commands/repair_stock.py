from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.actors import Actor
from fulfillment.repair import look, set_right
from inventory.valuation.costs import apart, level


class Command(BaseCommand):
    help = (
        "Name every stock row that does not follow from its documents, and every place whose stock stands in the ledger at"
        " another value than what lies there costs; with --by, set them right on their timelines."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--by", metavar="NAME", default="", help="who answers for the repair; without it nothing changes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = look()
        for drift in found:
            self.stdout.write(str(drift))
        if not options["by"]:
            self.stdout.write(f"{len(found)} stock rows disagree with their documents.")
            for place in apart():
                self.stdout.write(
                    f"{place.code}: {place.worth:.2f} EUR lie there at cost, {place.booked} in the ledger"
                )
            return
        actor = Actor("user", options["by"])
        mended = set_right(found, actor=actor)
        self.stdout.write(f"{len(mended)} stock rows set right.")
        for code, euros in level(actor=actor).items():
            self.stdout.write(f"{code}: {euros} EUR booked")
