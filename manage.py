#!/usr/bin/env python3
"""Django's commands, with the embedded servers up as long as the command needs them."""

import os
import signal
import sys

from django.core.management import execute_from_command_line

from launcher import environment
from launcher.trouble import Trouble, of_disk


def main() -> None:
    """Runs one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the lease is given back
    try:
        os.environ.update(environment.ensure(" ".join(["manage.py", *sys.argv[1:2]])))
    except Trouble as trouble:
        sys.exit(str(trouble))
    except OSError as error:
        if full := of_disk(error):
            sys.exit(str(full))
        raise
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
