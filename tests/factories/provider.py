"""The provider simulator as a process of its own on a free port, for tests that talk to it over HTTP."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import stripe

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk_test_simulator"


class ProviderProcess:
    """Start it, stop it, kill it, start it again on the same data."""

    def __init__(self, data: Path, *, webhook_url: str = "", webhook_secret: str = "") -> None:
        self._data, self._webhook = data, (webhook_url, webhook_secret)
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.url = ""
        self.start()

    def start(self) -> None:
        """Run until it says that it is ready; a restart takes the same port."""
        url, secret = self._webhook
        command = [sys.executable, "-m", "simulator", "--port", str(self._port), "--data", str(self._data)]
        hooks = ["--webhook-url", url, "--webhook-secret", secret] if url else []
        self._process = subprocess.Popen(
            command + hooks, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line.startswith("ready "), "the simulator did not start"
        self.url = line.split()[1]
        self._port = int(self.url.rpartition(":")[2])

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """End it and give its exit status."""
        assert self._process and self._process.stdout
        self._process.send_signal(sign)
        status = self._process.wait(timeout=10)
        self._process.stdout.close()
        return status

    def kill(self) -> None:
        """End it without warning."""
        self.stop(signal.SIGKILL)

    def client(self, key: str = KEY) -> stripe.StripeClient:
        """The real client, pointed here by its base address alone."""
        return stripe.StripeClient(key, base_addresses={"api": self.url}, max_network_retries=0)
