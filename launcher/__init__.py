"""Starts what the project needs on one machine: set-up, embedded servers, the demo's processes. Knows nothing of Django."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - reached before anything newer is parsed, to say it in words
    sys.exit(
        "Python 3.11 or newer is needed; this is %d.%d. Name another one: make PYTHON=python3.11 demo"
        % sys.version_info[:2]
    )  # noqa: UP031
