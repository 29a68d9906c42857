"""Style sheet, scripts, sprite and font: under an address that changes with their content, so that browsers keep them.

All of them stand below one folder named after what was built. Relative addresses between them (a script that imports
another, the font of the style sheet) stay right by themselves, and nothing need be renamed.
"""

import hashlib
import re
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

COMPRESSED = (".gz", ".br")
LETTERS = 12
VERSIONED = re.compile(r"^/static/[0-9a-f]{12}/")
PASSING = "no-cache"


def address(build: Path) -> str:
    """Where the files of this build stand."""
    digest = hashlib.sha256()
    for path in sorted(path for path in build.rglob("*") if path.is_file()):
        if path.suffix not in COMPRESSED and path.name[0] != ".":
            digest.update(f"{path.relative_to(build)}\n".encode() + path.read_bytes())
    return f"/static/{digest.hexdigest()[:LETTERS]}/"


def is_immutable(path: str, url: str) -> bool:
    """Whether what stands at an address never changes: its folder says what is in it. Not while it is worked on."""
    return url.startswith(settings.STATIC_URL) and not settings.DEBUG


class Assets(WhiteNoiseMiddleware):
    """The files, compressed as the browser likes. A page of another build gets ours, without being told to keep it:
    while servers change one after the other, each is asked for the files of the others' pages too."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The file, or the page behind."""
        asked = request.path_info
        elsewhere = VERSIONED.match(asked) and not asked.startswith(settings.STATIC_URL)
        found = self.files.get(VERSIONED.sub(settings.STATIC_URL, asked)) if elsewhere else None
        answer: HttpResponseBase = self.serve(found, request) if found else super().__call__(request)
        if found:
            answer.headers["Cache-Control"] = PASSING
        return answer
