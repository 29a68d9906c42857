"""A list as a file. Rows are read in the order of their key, in pieces, each written with the place where it ends.

No long transaction is held: each row stands in the file as it was when its piece was read, and rows that were made after
the start are not in it. What was read is kept, so that a worker that is lost costs no more than its piece. A CSV file is its
pieces; an XLSX file is made of them at the end, anew if that breaks off.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from core import locales
from core.db import rows, run
from core.ids import new_id
from core.jobs import cells, limits
from core.jobs.claims import Turn
from core.jobs.models import Job
from core.lists import registry
from core.permissions import require
from core.problems import Problem

BEGIN = """
UPDATE core_job SET total = %(total)s, upto = %(upto)s, strikes = 0, heard_at = statement_timestamp(),
    lease_until = statement_timestamp() + %(lease)s
WHERE id = %(job)s AND claim = %(claim)s AND state = 'running' RETURNING id
"""
KEEP = """
WITH kept AS (
    INSERT INTO core_jobpiece (id, job_id, of, position, data)
    VALUES (%(id)s, %(job)s, %(of)s, %(position)s, %(data)s) RETURNING job_id)
UPDATE core_job SET done = done + %(rows)s, last_key = %(last)s, size = size + %(bytes)s, strikes = 0,
    heard_at = statement_timestamp(), lease_until = statement_timestamp() + %(lease)s
FROM kept WHERE id = kept.job_id AND claim = %(claim)s AND state = 'running' RETURNING done
"""
PIECES = "SELECT count(*)::int AS n FROM core_jobpiece WHERE job_id = %(job)s AND of = %(of)s"


class Reading(NamedTuple):
    """What is exported: the rows that the owner may see now, and the columns they asked for."""

    found: QuerySet[Any]
    prepared: Callable[[list[Any]], list[Any]]
    columns: Sequence[tuple[str, Callable[[Any], object]]]

    @property
    def header(self) -> list[str]:
        """The first row."""
        return [header for header, _value in self.columns]


def reading(job: Job) -> Reading:
    """By the owner's rights at this moment; Forbidden when the list is not theirs to see any more."""
    spec, query = registry.get(job.list), QueryDict(job.query)
    owner = type(job.owner)._default_manager.get(pk=job.owner_id)
    require(owner, spec.permission)
    return Reading(spec.queryset(owner, query).order_by("pk"), spec.prepared, spec.exported(query))


def write(turn: Turn) -> None:
    """Pieces until the file is whole or the turn is over. A refusal ends the job with its words."""
    try:
        _write(turn)
    except Problem as problem:
        turn.fail(problem.detail)


def _write(turn: Turn) -> None:
    is_sheet = turn.job.parameters.get("format") == "xlsx"
    read = reading(turn.job)
    if not turn.job.upto:
        begin(turn, read, is_sheet)
    of = "rows" if is_sheet else "file"
    while write_piece(turn, read, of):
        if turn.is_over:
            turn.give_back()
            return
    make_sheet(turn) if is_sheet else turn.finish()


def begin(turn: Turn, read: Reading, is_sheet: bool) -> None:
    """How many rows there are, and the last of them: what comes later is not part of it."""
    last, total = read.found.order_by("-pk").values_list("pk", flat=True).first(), read.found.count()
    if is_sheet and total > limits.MOST_IN_SHEET:
        said = _("These are %(n)s rows, and an XLSX file holds %(most)s. Narrow the list, or choose CSV.")
        raise Problem(said % {"n": locales.number(total), "most": locales.number(limits.MOST_IN_SHEET)})
    turn.job.upto = "none" if last is None else str(last)
    turn.mine(BEGIN, total=total, upto=turn.job.upto)


def write_piece(turn: Turn, read: Reading, of: str) -> bool:
    """Read and keep the next rows in one transaction; whether there may be more after them."""
    job = turn.job
    with transaction.atomic():
        number = rows(PIECES, {"job": job.pk, "of": of})[0].n
        found = read.prepared(list(_after(read.found, job)))
        if not found and number:
            return False
        values = [[cells.plain(value(each)) for _header, value in read.columns] for each in found]
        values = values if number else [read.header, *values]
        data = cells.packed(values) if of == "rows" else cells.as_csv(values)
        last = str(found[-1].pk) if found else job.last_key
        keep(turn, of, number, data, rows=len(found), last=last)
    job.last_key = last
    return len(found) == limits.PIECE


def _after(found: QuerySet[Any], job: Job) -> QuerySet[Any]:
    if job.upto == "none":
        return found.none()
    found = found.filter(pk__lte=job.upto)
    return (found.filter(pk__gt=job.last_key) if job.last_key else found)[: limits.PIECE]


def keep(turn: Turn, of: str, position: int, data: bytes, **counted: Any) -> None:
    """A piece and the place where it ends; LostError when the job is not ours any more."""
    size = len(data) if of == "file" else 0
    turn.mine(KEEP, id=new_id(), of=of, position=position, data=data, bytes=size, **counted)


# XLSX


def make_sheet(turn: Turn) -> None:
    """The workbook from the rows that were kept. They go when it is there and the job ends, in one transaction."""
    with TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "sheet.xlsx"
        kept = _kept(turn)
        header = next(kept)
        sample = list(cells.unpacked(_piece(turn, 0)))[1:200]
        with turn.kept_alive():
            cells.write_sheet(path, turn.job.title, header, kept, sample)
        with transaction.atomic(), path.open("rb") as file:
            run("DELETE FROM core_jobpiece WHERE job_id = %(job)s", {"job": turn.job.pk})
            for position, data in enumerate(iter(lambda: file.read(limits.BYTES), b"")):
                keep(turn, "file", position, data, rows=0, last=turn.job.last_key)
            turn.finish()


def _kept(turn: Turn) -> Iterator[cells.Row]:
    count = rows(PIECES, {"job": turn.job.pk, "of": "rows"})[0].n
    for position in range(count):
        turn.renew()
        yield from cells.unpacked(_piece(turn, position))


ONE = "SELECT data FROM core_jobpiece WHERE job_id = %(job)s AND of = %(of)s AND position = %(position)s"


def _piece(turn: Turn, position: int) -> bytes:
    return bytes(rows(ONE, {"job": turn.job.pk, "of": "rows", "position": position})[0].data)


# Reading the file


def pieces(job: Job) -> Iterator[bytes]:
    """The finished file, piece by piece."""
    count = rows(PIECES, {"job": job.pk, "of": "file"})[0].n
    for position in range(count):
        for row in rows(ONE, {"job": job.pk, "of": "file", "position": position}):
            yield bytes(row.data)


def has_file(job: Job) -> bool:
    """Whether it can be fetched: it is whole, and not too old."""
    return job.kind == Job.Kind.EXPORT and job.state == "done" and rows(PIECES, {"job": job.pk, "of": "file"})[0].n > 0


def file_name(job: Job) -> str:
    """The list and the day, without what a file may not be called."""
    day = localdate(job.finished_at or job.created_at)
    return f"{slugify(job.title) or job.list}-{day.isoformat()}.{job.parameters.get('format', 'csv')}"
