"""People before the screen: who is signed in, on which device, and what their browser complains about."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, ViewportSize

from tests.browser.company import PASSWORD

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 20_000


@dataclass
class Window:
    """One page of one person, and what went wrong in it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    french: bool = False

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._response)

    def close(self) -> None:
        """The person leaves."""
        self.page.context.close()

    def _console(self, message: ConsoleMessage) -> None:
        # The browser says the first of every 4xx as well, which _response judges; htmx the others when a page is left
        # or something newer is asked before the answer has come.
        expected = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")
        if message.type == "error" and not any(words in message.text for words in expected):
            self.complaints.append(f"console: {message.text}")

    def _response(self, answer: Response) -> None:
        # A refusal (4xx) may be the right answer to a person; a missing file or a failing server never is.
        asked_by_person = answer.request.resource_type in ("document", "fetch", "xhr")
        if answer.status >= (500 if asked_by_person else 400):
            self.complaints.append(f"{answer.status}: {answer.url}")


class People:
    """Hands out windows. A role signs in once; every further window of it starts with that session."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self._sessions: dict[str, Any] = {}
        self._open: list[BrowserContext] = []

    def window(self, role: str = "", *, size: ViewportSize = DESK, script: bool = True, **more: Any) -> Window:
        """A window of somebody with this role, or of anybody when it is ""."""
        language = more.pop("locale", "en-GB")
        context = self.browser.new_context(
            base_url=self.url,
            viewport=size,
            java_script_enabled=script,
            storage_state=self._session(role) if role else None,
            locale=language,
            reduced_motion="reduce",  # no colour is judged half-way to another
            timezone_id="Europe/Paris",
            **more,
        )
        context.set_default_timeout(PATIENCE_MS)
        self._open.append(context)
        return Window(context.new_page(), french=language.startswith("fr"))

    def phone(self, role: str = "", **more: Any) -> Window:
        """A window on a phone with a touch screen."""
        return self.window(role, size=PHONE, is_mobile=True, has_touch=True, **more)

    def _session(self, role: str) -> Any:
        if role not in self._sessions:
            context = self.browser.new_context(base_url=self.url)
            page = context.new_page()
            sign_in(page, role)
            self._sessions[role] = context.storage_state()
            context.close()
        return self._sessions[role]

    def go_home(self) -> None:
        """Close everything."""
        for context in self._open:
            context.close()
        self._open.clear()


def sign_in(page: Page, name: str) -> None:
    """By the form, with the password of the demo."""
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: "/sign-in/" not in address)
