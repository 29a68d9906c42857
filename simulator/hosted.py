"""The doors of the pages that customers see: read by GET, acted on by POST, and back to the shop afterwards."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from simulator import checkout, intents, pages
from simulator.context import Context
from simulator.errors import StripeError
from simulator.pages import Reader
from simulator.provider import Answer, Request
from simulator.store import Object, Store

CHECKOUT, BANK = "/c/pay/", "/authenticate/"
HTML = "text/html; charset=utf-8"


class Hosted:
    """Answers what browsers ask for."""

    def __init__(self, store: Store, address: str, *, changed: Callable[[], None] = lambda: None) -> None:
        self._store, self._address, self._changed = store, address, changed

    def answer(self, request: Request) -> Answer | None:
        """The page under this address, or None when there is none."""
        path = urlsplit(request.target).path
        accepted = request.headers.get("accept-language", "")
        try:
            if path.startswith(CHECKOUT):
                return self._checkout(request, path.removeprefix(CHECKOUT), accepted)
            if path.startswith(BANK):
                return self._bank(request, path.removeprefix(BANK), accepted)
        except StripeError as error:
            return Answer(error.status, pages.message(Reader.of("", accepted), str(error)), content_type=HTML)
        return None

    def _checkout(self, request: Request, id: str, accepted: str) -> Answer:
        context = Context(self._store, self._address)
        session = checkout.find(context, id)
        reader = Reader.of(str(session["locale"] or ""), accepted)
        if session["status"] == "complete":
            return _to(session["success_url"])
        if session["status"] == "expired":
            return Answer(410, pages.message(reader, reader.word("gone")), content_type=HTML)
        if request.method == "POST":
            return self._paid(context, id, _field(request, "card"))
        intent = intents.find(context, session["payment_intent"]) if session["payment_intent"] else None
        error = intent["last_payment_error"] if intent else None
        return Answer(200, pages.checkout(reader, session, error=reader.error(error)), content_type=HTML)

    def _paid(self, context: Context, id: str, card: str) -> Answer:
        here = f"{self._address}{CHECKOUT}{id}"
        with self._store.transaction():
            intent = checkout.pay(context, id, card, here)
        self._changed()
        if intent["status"] == "requires_action":
            return _to(f"{self._address}{BANK}{intent['id']}")
        return _to(checkout.find(context, id)["success_url"] if intent["status"] == "requires_capture" else here)

    def _bank(self, request: Request, id: str, accepted: str) -> Answer:
        """The page where a customer of the test bank passes or fails 3-D Secure."""
        context = Context(self._store, self._address)
        intent, reader = intents.find(context, id), Reader.of("", accepted)
        if request.method == "POST":
            return self._authenticated(context, intent, reader, passed=_field(request, "result") == "pass")
        if intent["status"] != "requires_action":
            return Answer(410, pages.message(reader, reader.word("gone")), content_type=HTML)
        return Answer(200, pages.authentication(reader, intent), content_type=HTML)

    def _authenticated(self, context: Context, intent: Object, reader: Reader, *, passed: bool) -> Answer:
        action = intent["next_action"] or {}
        with self._store.transaction():
            checkout.complete(context, intents.authenticate(context, intent["id"], passed=passed))
        self._changed()
        back = action.get("redirect_to_url", {}).get("return_url")
        return _to(back) if back else Answer(200, pages.message(reader, reader.word("close")), content_type=HTML)


def _field(request: Request, name: str) -> str:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"))).get(name, "")


def _to(address: object) -> Answer:
    return Answer(303, "", {"Location": str(address).replace("\r", "").replace("\n", "")})
