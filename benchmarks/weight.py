"""Figure 12: how many bytes a page is, over real HTTP from gunicorn, as a browser asks for it.

A first load is the page with all it names (style sheet, scripts with those they import, sprite, font, mark); a repeat is
the page again by a browser that keeps what it was told to keep, and asks whether the rest has changed. Heads count too.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import httpx
from django.conf import settings
from django.db import connections

from benchmarks.figure import Figure
from benchmarks.pages import a_company, pages
from benchmarks.reader import manager
from benchmarks.rounds import QUICK
from launcher import frontend, ports
from launcher.children import Supervisor
from launcher.demo import parts

ORDERS = 500 if QUICK else 3_000
FIRST, REPEAT = 100, 15
"""Kilobytes of a thousand bytes."""
READY_SECONDS = 300
NAMED = (
    re.compile(r'<link[^>]+(?:stylesheet|icon)[^>]+href="([^"]+)"'),
    re.compile(r'<script[^>]+src="([^"]+)"'),
    re.compile(r'<use href="([^"#]+)'),
)
IN_STYLE = re.compile(r"url\(['\"]?([^)'\"]+)['\"]?\)")
IN_SCRIPT = re.compile(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""")
BROWSER = {"accept-encoding": "gzip, deflate, br", "accept-language": "en"}


def measure() -> list[Figure]:
    """The heaviest page of all, first and again."""
    frontend.build()
    a_company(ORDERS)
    client = manager()
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    found = [(name, path) for name, path in pages() if client.get(path).status_code == 200]
    connections.close_all()
    with tempfile.TemporaryDirectory() as folder:
        variables = _variables()
        web = [child for child in parts(Path(folder), variables) if child.name == "web"]
        with Supervisor(web, variables, lambda words: None):
            _wait(int(variables["PORT"]))
            seen = {name: _weigh(variables["WEB_URL"], session, path) for name, path in found}
    for name, (first, again) in sorted(seen.items(), key=lambda page: -page[1][0]):
        print(f"        {first:6.1f} KB first, {again:5.1f} KB again  {name}")
    return [
        _figure("first load of the heaviest page", {name: first for name, (first, _) in seen.items()}, FIRST),
        _figure("… of the heaviest page again", {name: again for name, (_, again) in seen.items()}, REPEAT),
    ]


def _figure(what: str, kilobytes: Mapping[str, float], goal: float) -> Figure:
    name, most = max(kilobytes.items(), key=lambda page: page[1])
    spread = (min(kilobytes.values()), most)
    return Figure("12", what, most, goal, "KB", higher=False, spread=spread, beside=name, detail=dict(kilobytes))


def _wait(port: int) -> None:
    """Until the server answers. Whether it is healthy is no matter here: there are no workers."""
    until = time.monotonic() + READY_SECONDS
    while not ports.answers(port):
        if time.monotonic() > until:
            raise TimeoutError("The server does not answer.")
        time.sleep(0.2)


def _variables() -> dict[str, str]:
    port = ports.free_port()
    return {
        "WEB_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "PROVIDER_URL": f"http://127.0.0.1:{ports.free_port()}",
        "PROVIDER_KEY": "sk_test_benchmark",
        "PROVIDER_WEBHOOK_SECRET": f"whsec_{uuid4().hex}",
    }


def _weigh(url: str, session: str, path: str) -> tuple[float, float]:
    """Kilobytes of a page at first and again."""
    cookies = {settings.SESSION_COOKIE_NAME: session}
    with httpx.Client(base_url=url, cookies=cookies, headers=BROWSER, timeout=60, follow_redirects=True) as web:
        browser = Browser(web)
        return browser.open(path) / 1000, browser.open(path) / 1000


@dataclass
class Kept:
    """A file in the browser's store."""

    text: str
    fresh: bool
    tag: str


@dataclass
class Browser:
    """Asks as browsers do, and counts what comes over the line."""

    web: httpx.Client
    store: dict[str, Kept] = field(default_factory=dict)

    def open(self, path: str) -> int:
        """A page with all that belongs to it; its bytes."""
        size, text, _ = self._ask(path, {})
        wanted, seen = [each for pattern in NAMED for each in pattern.findall(text)], set()
        while wanted:
            name = urlsplit(urljoin(path, wanted.pop())).path
            if name in seen:
                continue
            seen.add(name)
            more, inside = self._file(name)
            size += more
            pattern = IN_STYLE if name.endswith(".css") else IN_SCRIPT if name.endswith(".js") else None
            found = pattern.findall(inside) if pattern else []
            wanted += [urljoin(name, each) for each in found if not each.startswith("data:")]
        return size

    def _file(self, name: str) -> tuple[int, str]:
        kept = self.store.get(name)
        if kept and kept.fresh:
            return 0, kept.text
        size, text, answer = self._ask(name, {"if-modified-since": kept.tag} if kept else {})
        if answer.status_code == 304 and kept:
            return size, kept.text
        fresh = "immutable" in answer.headers.get("cache-control", "")
        self.store[name] = Kept(text, fresh, answer.headers.get("last-modified", ""))
        return size, text

    def _ask(self, name: str, headers: Mapping[str, str]) -> tuple[int, str, httpx.Response]:
        with self.web.stream("GET", name, headers=dict(headers)) as answer:
            raw = b"".join(answer.iter_raw())
        if answer.status_code not in (200, 304):
            raise RuntimeError(f"{name} answered {answer.status_code}")
        head = sum(len(key) + len(value) + 4 for key, value in answer.headers.raw)
        decoded = httpx.Response(200, headers=answer.headers, content=raw) if raw else None
        return len(raw) + head, decoded.text if decoded and _is_text(answer) else "", answer


def _is_text(answer: httpx.Response) -> bool:
    kind = answer.headers.get("content-type", "")
    return kind.startswith("text/") or "javascript" in kind or "svg" in kind
