"""What things are found by, written a set at a time: a constant number of statements, safe to repeat."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from core.db import require_atomic, rows, run
from core.search.terms import is_word


@dataclass(frozen=True, slots=True)
class Document:
    """A thing of a kind, and its terms."""

    kind: str
    id: UUID
    terms: Sequence[str]


# Words are written in one order by everybody, so that two sets with the same new words never wait in a circle.
PUT = """
WITH given AS MATERIALIZED (
    SELECT g.kind, g.id, string_to_array(nullif(g.terms, ''), chr(10)) AS terms
    FROM unnest(%(kinds)s::text[], %(ids)s::uuid[], %(terms)s::text[]) AS g(kind, id, terms)),
gone AS (
    DELETE FROM core_searchterm t USING core_searchdocument d JOIN given g USING (id)
    WHERE t.kind = g.kind AND t.about = d.id AND t.term = ANY(d.terms) AND t.term <> ALL(coalesce(g.terms, '{}'))),
named AS (
    INSERT INTO core_searchterm (kind, term, about)
    SELECT g.kind, term, g.id FROM given g CROSS JOIN LATERAL unnest(g.terms) AS term ON CONFLICT DO NOTHING),
said AS (
    INSERT INTO core_searchword (word) SELECT w.word FROM unnest(%(words)s::text[]) AS w(word)
    WHERE NOT EXISTS (SELECT FROM core_searchword o WHERE o.word = w.word COLLATE "C") ORDER BY 1 ON CONFLICT DO NOTHING)
INSERT INTO core_searchdocument (id, kind, terms) SELECT id, kind, coalesce(terms, '{}') FROM given ORDER BY id
ON CONFLICT (id) DO UPDATE SET terms = excluded.terms WHERE core_searchdocument.terms <> excluded.terms
"""


# One that is not there yet is made, so that there is a row to wait for; one that is there is locked and stays as it is.
HOLD = """
INSERT INTO core_searchdocument AS d (id, kind, terms)
SELECT id, %(kind)s, '{}' FROM unnest(%(ids)s::uuid[]) AS g(id) ORDER BY id
ON CONFLICT (id) DO UPDATE SET terms = d.terms WHERE false
"""


def hold(kind: str, ids: Sequence[UUID]) -> None:
    """Nobody else indexes these until the transaction ends. To be called before what they are found by is read, so that
    of two who index the same thing the later one writes what is true later, also when it is new to both."""
    require_atomic()
    run(HOLD, {"kind": kind, "ids": list(ids)})


def put(documents: Iterable[Document]) -> int:
    """Things are found by these terms and by no others; returns how many there were. Things of several kinds are put at
    once: a second call in a transaction would break the order of the words."""
    by_id = {each.id: (each.kind, tuple(dict.fromkeys(filter(None, each.terms)))) for each in documents}
    if not by_id:
        return 0
    told = sorted({term for _kind, terms in by_id.values() for term in terms if is_word(term)})
    joined = ["\n".join(terms) for _kind, terms in by_id.values()]
    run(PUT, {"kinds": [kind for kind, _ in by_id.values()], "ids": list(by_id), "terms": joined, "words": told})
    return len(by_id)


REMOVE = """
WITH gone AS (DELETE FROM core_searchdocument WHERE id = ANY(%(ids)s) RETURNING id, kind, terms),
terms AS (
    DELETE FROM core_searchterm t USING gone g WHERE t.kind = g.kind AND t.about = g.id AND t.term = ANY(g.terms))
SELECT DISTINCT term FROM gone CROSS JOIN LATERAL unnest(gone.terms) AS term
"""
FORGET = """
DELETE FROM core_searchword w WHERE w.word = ANY(%(words)s)
  AND NOT EXISTS (SELECT FROM core_searchterm t WHERE t.term = w.word AND t.kind = ANY(%(kinds)s))
"""


def remove(ids: Sequence[UUID], *, kinds: Sequence[str]) -> None:
    """Things are found no longer, and words that nothing else of these kinds has are not kept either."""
    words = [row.term for row in rows(REMOVE, {"ids": list(ids)})]
    if words:
        run(FORGET, {"words": words, "kinds": list(kinds)})
