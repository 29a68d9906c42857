from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.actors import SYSTEM
from core.problems import Problem
from integrations.models import ApiKey
from integrations.services import check_scopes, create_api_key, known_scopes, revoke_api_key


class Command(BaseCommand):
    help = "Make a key for a program that calls the API. The key stands alone on the last line and is shown only once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is for")
        parser.add_argument("--scopes", required=True, help=f"comma-separated: {', '.join(known_scopes())}, or all")
        parser.add_argument("--replace", action="store_true", help="end the key that has this name now, if any")

    def handle(self, *args: Any, **options: Any) -> None:
        name, scopes = options["name"].strip(), options["scopes"].split(",")
        try:
            check_scopes(scopes)
            if options["replace"] and ApiKey.objects.filter(name=name, revoked_at=None).exists():
                revoke_api_key(name, actor=SYSTEM)
            key = create_api_key(name, scopes, actor=SYSTEM)
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(f"Keep it safe: it cannot be shown again. The key of {options['name']}:")
        self.stdout.write(key)
