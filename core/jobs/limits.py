"""How much, how long, how patiently."""

from datetime import timedelta

MOST_ROWS = 10_000
"""Rows of one bulk action. More is a slip of the filter, or work for an import."""
MOST_OPEN = 5
"""Jobs of one person that wait or run at a time, so that nobody keeps everybody else's waiting."""
MOST_IN_SHEET = 1_000_000
"""Rows of an XLSX file; its format holds 1,048,576."""

LEASE = timedelta(seconds=60)
"""How long a job belongs to a worker that gives no sign. One that died lets it run out."""
TURN = timedelta(seconds=15)
"""How long a worker stays with one job while others wait."""
LONGEST_TASK = timedelta(seconds=60)
"""After which a worker gives itself back to its queue."""

ROWS_AT_A_TIME = 50
"""Rows that a worker looks up at once; it does them one by one."""
LONGEST_SHEET = timedelta(minutes=14)
"""For one workbook; a task may take so long."""
PIECE = 2_000
"""Rows of an export that are read and written in one transaction."""
BYTES = 1 << 20
"""Of a finished file that are kept in one row of the database, and sent at once."""

MOST_STRIKES = 5
"""Times that a job may be begun in vain, as when its worker is lost at the same row, until that row is given up."""
MOST_TRIES = 3
"""Of a row that finds its things locked by others."""

SAME_FOR = timedelta(seconds=10)
"""The same export asked for again within that time is a second click, not a second wish."""
FILES_KEPT = timedelta(days=7)
DRAFTS_KEPT = timedelta(days=1)
KEPT = timedelta(days=90)
"""Jobs with the results of their rows; what they did stands in the timelines for ever."""
