"""Commands: up, down, status, run, demo, test, bench, check, clean."""

import argparse
import sys

from launcher import children, commands, demo, environment
from launcher.trouble import Trouble, of_disk


def main() -> None:
    """Reads the command line and does what it says."""
    parser = argparse.ArgumentParser(prog="python -m launcher", description="Runs the project on one machine.")
    kinds = parser.add_subparsers(dest="command", required=True)
    for name, says in {
        "up": "start the embedded servers and leave them running",
        "down": "stop them, and the tests' servers too",
        "status": "what runs, and who needs it",
        "demo": "the whole system with a demo company",
        "bench": "every benchmark",
        "check": "linters, types, layers, translations, migrations",
        "clean": "remove what set-up made",
    }.items():
        kinds.add_parser(name, help=says)
    kinds.add_parser("test", help="the tests").add_argument("--long", action="store_true", help="the long ones too")
    run = kinds.add_parser("run", help="run a command with the servers up")
    run.add_argument("--test", action="store_true", help="with the tests' servers")
    run.add_argument("words", nargs=argparse.REMAINDER)
    chosen = parser.parse_args()
    children.end_on_signals()
    try:
        sys.exit(_do(chosen))
    except Trouble as trouble:
        sys.exit(str(trouble))
    except OSError as error:
        if full := of_disk(error):
            sys.exit(str(full))
        raise


def _do(chosen: argparse.Namespace) -> int:
    match chosen.command:
        case "up":
            environment.up()
            return commands.status()
        case "demo":
            demo.run()
        case "test":
            return commands.test(long=chosen.long)
        case "run":
            return commands.run([word for word in chosen.words if word != "--"], test=chosen.test)
        case name:
            return int(getattr(commands, name)())
    return 0


if __name__ == "__main__":
    main()
