from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.actors import SYSTEM
from core.problems import Problem
from integrations.services import create_api_key, known_scopes


class Command(BaseCommand):
    help = "Make a key for a program that calls the API. The key stands alone on the last line and is shown only once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is for")
        parser.add_argument("--scopes", required=True, help=f"comma-separated: {', '.join(known_scopes())}, or all")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = create_api_key(options["name"], options["scopes"].split(","), actor=SYSTEM)
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(f"Keep it safe: it cannot be shown again. The key of {options['name']}:")
        self.stdout.write(key)
