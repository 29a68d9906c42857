from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backoffice.search.indexing import catch_up, rebuild


class Command(BaseCommand):
    help = "Makes orders and customers findable that search was not told of; --all: everything anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="also what is indexed already")

    def handle(self, *args: Any, **options: Any) -> None:
        """Safe to repeat, and while everything goes on."""
        done = 0
        if options["all"]:
            for done in rebuild():
                self.stdout.write(f"{done:,}", ending="\r")
        else:
            done = catch_up(ever=True)
        self.stdout.write(f"{done:,} orders and customers were indexed.")
