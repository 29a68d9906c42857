"""Starts what the project needs on one machine: set-up, embedded servers, the demo's processes. Knows nothing of Django."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - reached before anything newer is parsed, to say it in words
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(f"Python 3.11 or newer is needed; this is {found}. Name another one: make PYTHON=python3.11 demo")
