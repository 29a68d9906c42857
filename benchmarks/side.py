"""A module of the benchmarks that imports the applications, as a process: `python -m benchmarks.side MODULE WORD…`.

Models can be imported only in a process that is set up; this sets it up, imports the module and calls its `main`.
"""

import importlib
import os
import subprocess
import sys
from typing import Any

import django


def start(module: str, *words: object, url: str, **pipes: Any) -> subprocess.Popen[str]:
    """The process, with the database of `url`."""
    command = [sys.executable, "-m", "benchmarks.side", module, *map(str, words)]
    return subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url}, text=True, **pipes)


def main(module: str, *words: str) -> None:
    """Be the process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
    django.setup()
    importlib.import_module(module).main(*words)


if __name__ == "__main__":
    main(*sys.argv[1:])
