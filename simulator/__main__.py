"""`python -m simulator --port P --data FILE.sqlite3 [--webhook-url URL] [--webhook-secret S] [--faults JSON|FILE]`."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from simulator.faults import Faults, WrongRuleError
from simulator.front import Front
from simulator.hosted import Hosted
from simulator.provider import Provider, operations
from simulator.server import Server
from simulator.store import Store
from simulator.webhooks import Sender


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description="A payment provider that speaks Stripe's protocol.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one; it is printed")
    parser.add_argument("--data", type=Path, required=True, help="SQLite file that keeps everything over a restart")
    parser.add_argument("--webhook-url", default="", help="where signed webhooks go; none are sent without it")
    parser.add_argument("--webhook-secret", default=os.environ.get("WEBHOOK_SECRET", ""))
    parser.add_argument("--faults", default="", help="rules as JSON, or a file of them; POST /_faults changes them")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Serve until TERM or Ctrl-C."""
    arguments = _arguments()
    logging.basicConfig(level=logging.DEBUG if arguments.verbose else logging.INFO, format="%(name)s: %(message)s")
    if arguments.webhook_url and not arguments.webhook_secret:
        print("simulator: --webhook-url needs --webhook-secret (or WEBHOOK_SECRET)", file=sys.stderr)
        return 2
    faults = Faults(operations())
    try:
        faults.put(_rules(arguments.faults))
    except (WrongRuleError, ValueError, OSError) as error:
        print(f"simulator: --faults: {error}", file=sys.stderr)
        return 2
    arguments.data.parent.mkdir(parents=True, exist_ok=True)
    store = Store(arguments.data, webhooks=bool(arguments.webhook_url))
    sender = Sender(store, arguments.webhook_url, arguments.webhook_secret, faults) if arguments.webhook_url else None
    server = Server((arguments.host, arguments.port), lambda request: front.answer(request))
    address = f"http://{arguments.host}:{server.server_address[1]}"
    front = _front(store, address, faults, sender)
    if sender:
        sender.start()
    _stop_on_signals(server)
    print(f"ready {address}", flush=True)
    server.serve_forever()
    if sender:
        sender.stop()
    server.server_close()
    store.close()
    return 0


def _front(store: Store, address: str, faults: Faults, sender: Sender | None) -> Front:
    changed = sender.notify if sender else lambda: None
    return Front(
        Provider(store, address, changed=changed),
        Hosted(store, address, changed=changed),
        faults,
        store,
        send_now=sender.send_due if sender else lambda: None,
    )


def _rules(text: str) -> Any:
    """Rules from JSON or from a file of it; none without."""
    if not text:
        return []
    return json.loads(text if text.lstrip()[:1] in ("{", "[") else Path(text).read_text())


def _stop_on_signals(server: Server) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        # shutdown() waits for the loop that runs in this very thread, so another one has to call it.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    sys.exit(main())
