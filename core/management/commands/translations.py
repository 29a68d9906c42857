from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import translation


class Command(BaseCommand):
    """Keeps the languages complete: --check fails on a missing word, --update collects, --compile makes them readable."""

    help = "Check, update or compile the translations."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group(required=True)
        group.add_argument("--check", action="store_true", help="exit 1 and list what is missing or untranslated")
        group.add_argument("--update", action="store_true", help="collect the messages of templates and code")
        group.add_argument("--compile", action="store_true", help="write the .mo files")

    def handle(self, *args: Any, **options: Any) -> None:
        languages = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        action = next(name for name in ("check", "update", "compile") if options[name])
        for language in languages:
            getattr(self, f"do_{action}")(Path(settings.BASE_DIR), language)

    def do_check(self, root: Path, language: str) -> None:
        """List what is missing and fail, or say that nothing is."""
        found = translation.troubles(root, language)
        if found:
            raise CommandError(f"{language}: {len(found)} to mend\n  " + "\n  ".join(found))
        self.stdout.write(f"{language}: complete")

    def do_update(self, root: Path, language: str) -> None:
        """Bring the catalogue up to date."""
        total, missing = translation.update(root, language)
        self.stdout.write(f"{language}: {total} messages, {missing} without words")

    def do_compile(self, root: Path, language: str) -> None:
        """Write the binary catalogue."""
        self.stdout.write(f"{language}: {translation.compile_catalogue(language).relative_to(root)}")
