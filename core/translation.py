"""What has to be said in every language: the messages of templates and code, and the catalogues that hold them.

Pure Python, so that no gettext programs are needed on the machine.
"""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
SKIPPED = {
    ".venv", ".data", "node_modules", "tests", "benchmarks", "migrations", "static", "staticfiles", "locale", "launcher",
    "simulator",
}  # fmt: skip
HEADER = "# The words of the project. Kept by `manage.py translations --update`."


def sources(root: Path) -> Iterator[Path]:
    """Every template and module that may speak to people."""
    for kind in ("*.html", "*.txt", "*.py"):
        for path in sorted(root.rglob(kind)):
            parts = path.relative_to(root).parts
            if not SKIPPED.intersection(parts) and (kind == "*.py" or "templates" in parts):
                yield path


def _python_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    return "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())


def messages(root: Path) -> Catalog:
    """A catalogue of every message found under `root`, untranslated."""
    found = Catalog()
    for path in sources(root):
        text = io.BytesIO(_python_of(path).encode())
        for _line, message, comments, context in extract("python", text, KEYWORDS, options={"encoding": "utf-8"}):
            if message and (message if isinstance(message, str) else message[0]):
                place = str(path.relative_to(root))
                found.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
    return found


def catalogue_path(language: str) -> Path:
    """Where the words of a language are kept."""
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def load(language: str) -> Catalog:
    """The catalogue of a language; an empty one when there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(
            locale=language,
            header_comment=HEADER,
            project="oms",
            version="1",
            msgid_bugs_address="",
            last_translator="",
            language_team="",
            revision_date=datetime.now(UTC),
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language)


def key(message: Message) -> tuple[str, str]:
    """What identifies a message: its context and its (singular) text."""
    text = message.id if isinstance(message.id, str) else message.id[0]
    return message.context or "", text


def translated(message: Message) -> bool:
    """Whether every form of the message has words."""
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return not message.fuzzy and bool(forms) and all(forms)


def troubles(root: Path, language: str) -> list[str]:
    """What keeps a language from being complete: missing, untranslated, or with other placeholders than the source."""
    held = {key(message): message for message in load(language) if message.id}
    found = []
    for wanted in messages(root):
        if not wanted.id:
            continue
        message = held.get(key(wanted))
        name = key(wanted)[1]
        if message is None or not translated(message):
            found.append(f"no words for “{name}” ({wanted.locations[0][0]})")
        else:
            found += [f"“{name}”: {error}" for error in message.check(load_numbers(language))]
            found += badly_written(message, language)
    return found


TYPOGRAPHY = {
    "fr": (
        (re.compile(r"(?<=\S) (?=[:;!?»](?:\s|$))"), "a no-break space before : ; ! ? and »"),
        (re.compile(r"« "), "a no-break space after «"),
        (re.compile(r"(?<=\w)'(?=\w)"), "’ and not '"),
        (re.compile(r"\.\.\."), "… and not three dots"),
    )
}
"""What is wrong in the writing of a language, and what should stand there."""


def badly_written(message: Message, language: str) -> list[str]:
    """Where the words of a message break the rules of their language's typography."""
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    name = key(message)[1]
    return [f"“{name}”: {rule}" for pattern, rule in TYPOGRAPHY.get(language, ()) if any(map(pattern.search, forms))]


def no_breaks(text: str, language: str) -> str:
    """A plain text with the no-break spaces of its language."""
    if language != "fr":
        return text
    return re.sub(r"« ", "«\u00a0", re.sub(r"(?<=\S) (?=[:;!?»](?:\s|$|[.,)]))", "\u00a0", text))


def load_numbers(language: str) -> Catalog:
    """An empty catalogue that knows how many plural forms the language has."""
    return Catalog(locale=language)


def update(root: Path, language: str) -> tuple[int, int]:
    """Bring the catalogue to what the source says now, keeping the words there are. Returns (messages, untranslated)."""
    catalogue = load(language)
    created = catalogue.creation_date
    catalogue.update(messages(root), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = created
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, sort_output=True, width=120, include_lineno=False, ignore_obsolete=True)
    held = [message for message in catalogue if message.id]
    return len(held), sum(not translated(message) for message in held)


def compile_catalogue(language: str) -> Path:
    """Write the binary catalogue that Django reads."""
    path = catalogue_path(language).with_suffix(".mo")
    with path.open("wb") as file:
        write_mo(file, load(language))
    return path
