"""What went wrong, in words for the person at the terminal."""


class Trouble(Exception):  # noqa: N818 - a word for people
    """Ends the command with its text and exit code 1, without a traceback."""
