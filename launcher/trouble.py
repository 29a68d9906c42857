"""What went wrong, in words for the person at the terminal."""

import errno
import os
import shutil

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Trouble(Exception):  # noqa: N818 - a word for people
    """Ends the command with its text and exit code 1, without a traceback."""


def of_disk(error: OSError) -> Trouble | None:
    """The trouble behind an operating system's error, when it is a disk without room."""
    many = isinstance(error, shutil.Error) and any(os.strerror(number) in str(error) for number in NO_ROOM)
    if error.errno not in NO_ROOM and not many:
        return None
    return Trouble(f"The disk is full: {error.filename or 'a file'} cannot be written. Free some space and try again.")
