from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.actors import Actor
from fulfillment.repair import look, set_right


class Command(BaseCommand):
    help = "Name every stock row that does not follow from its documents; with --by, set them right on their timelines."

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
            return
        mended = set_right(found, actor=Actor("user", options["by"]))
        self.stdout.write(f"{len(mended)} stock rows set right.")
