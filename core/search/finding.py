"""From typed words to things: the whole word first, then its beginning, a part of it, and at last what is spelt alike.

Nothing here takes longer because there are more things. Words are looked up among words, of which there are few, and of
each word only the newest things are read, from the end of its range of the key.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from core.db import rows
from core.search.folding import words
from core.search.phones import Asked
from core.search.terms import EMAIL, above

WHOLE, BEGINNING, PART, ALIKE = range(4)
FEWEST = 3
"""Characters of the longest word: fewer are in everything."""
MOST_WORDS = 5
MOST_PROBED = 20_000
"""Things with the rarest word that are asked for the others, the newest first."""
MOST_READ = 900
"""Things read for each typed word when it is the beginning or a part of many."""
MOST_MEANT, MOST_MEANT_EACH = (80, 40), (40, 15)
"""Words that begin with a typed word, and that have it within: of one that is typed alone, and of each of several."""


@dataclass(frozen=True, slots=True)
class Found:
    """A thing, and how well it fits: WHOLE is best."""

    id: UUID
    rank: int


@dataclass(frozen=True, slots=True)
class Typed:
    """One typed word and the words that it may stand for, each with its rank. Of a short one only its beginning counts."""

    word: str
    meant: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_short(self) -> bool:
        return len(self.word) < FEWEST


def find(kinds: Sequence[str], text: str, most: int, *, alike: bool = False) -> dict[str, list[Found]]:
    """By kind, the things that every word of the text fits, at most so many: the best first, then the newest.

    `alike`: words that are spelt nearly so, for when nothing else was found.
    """
    asked = words(text)[:MOST_WORDS]
    if not kinds or not any(len(word) >= FEWEST for word in asked):
        return {kind: [] for kind in kinds}
    typed = _typed(asked, EXPAND_ALIKE if alike else EXPAND)
    return {kind: _of_kind(kind, typed, most) for kind in kinds}


# Each typed word begins some words and is a part of others. The shortest are the nearest to it.
EXPAND = """
SELECT a.word AS typed, m.word, m.rank FROM unnest(%(words)s::text[], %(tops)s::text[]) AS a(word, top) CROSS JOIN LATERAL (
    (SELECT w.word, 1 AS rank FROM core_searchword w
     WHERE w.word > a.word COLLATE "C" AND w.word < a.top COLLATE "C" ORDER BY length(w.word), w.word LIMIT %(begun)s)
    UNION ALL
    (SELECT w.word, 2 FROM core_searchword w
     WHERE w.word LIKE '%%' || a.word || '%%' AND left(w.word, length(a.word)) <> a.word
     ORDER BY length(w.word), w.word LIMIT %(within)s)) m
"""
EXPAND_ALIKE = """
SELECT a.word AS typed, m.word, 3 AS rank FROM unnest(%(words)s::text[], %(tops)s::text[]) AS a(word, top) CROSS JOIN LATERAL (
    SELECT w.word FROM core_searchword w WHERE w.word %% a.word AND similarity(w.word, a.word) >= 0.35
    ORDER BY similarity(w.word, a.word) DESC, w.word LIMIT 12) m
"""


def _typed(asked: Sequence[str], expand: str) -> list[Typed]:
    long = [word for word in asked if len(word) >= FEWEST]
    meant: dict[str, dict[str, int]] = {word: {word: WHOLE} for word in long}
    begun, within = MOST_MEANT if len(asked) == 1 else MOST_MEANT_EACH
    told = {"words": long, "tops": [above(word) for word in long], "begun": begun, "within": within}
    for row in rows(expand, told):
        if row.word not in asked:  # each typed word stands for a word of its own: `marie mar` for two names
            meant[row.typed].setdefault(row.word, row.rank)
    return [Typed(word, meant.get(word, {})) for word in asked]


# The rarest word leads. How often a word stands is counted no further than what is probed.
RAREST = """
SELECT a.word, (SELECT count(*) FROM (
    SELECT FROM core_searchterm t WHERE t.kind = %(kind)s AND t.term = a.word COLLATE "C" LIMIT 2000) c) AS n
FROM unnest(%(words)s::text[]) AS a(word) ORDER BY n, length(a.word) DESC LIMIT 1
"""
FIND = """
WITH whole AS (
    SELECT c.about, 0 AS rank FROM (
        SELECT t.about FROM core_searchterm t WHERE t.kind = %(kind)s AND t.term = %(rarest)s
        ORDER BY t.about DESC LIMIT %(probes)s) c
    WHERE NOT EXISTS (
        SELECT FROM unnest(%(others)s::text[]) AS w(word) WHERE NOT EXISTS (
            SELECT FROM core_searchterm o
            WHERE o.kind = %(kind)s AND o.term = w.word COLLATE "C" AND o.about = c.about OFFSET 0))
    LIMIT %(most)s),
wide AS (
    SELECT t.about, min(e.rank) AS rank
    FROM unnest(%(meant)s::text[], %(ranks)s::int[], %(depths)s::int[]) AS e(word, rank, depth) CROSS JOIN LATERAL (
        SELECT t.about FROM core_searchterm t WHERE t.kind = %(kind)s AND t.term = e.word COLLATE "C"
        ORDER BY t.about DESC LIMIT e.depth) t
    WHERE (SELECT count(*) FROM whole) < %(most)s
    GROUP BY t.about)
SELECT f.id, min(f.rank) AS rank FROM (
    SELECT about AS id, rank FROM whole
    UNION ALL SELECT w.about, greatest(w.rank, 1) FROM wide w {checked}) f
GROUP BY f.id ORDER BY min(f.rank), f.id DESC LIMIT %(most)s
"""
FITS = "d.terms && %(fits{n})s::text[]"
BEGINS = "EXISTS (SELECT FROM unnest(d.terms) AS x(term) WHERE starts_with(x.term, %(begins{n})s))"


def _of_kind(kind: str, typed: Sequence[Typed], most: int) -> list[Found]:
    lone = len(typed) == 1
    wide = [
        (word, rank, max(most, 20) if lone else max(20, MOST_READ // len(each.meant)))
        for each in typed
        for word, rank in each.meant.items()
        if not (lone and rank == WHOLE)
    ]
    asked = [each.word for each in typed]
    rarest = asked[0] if lone else str(rows(RAREST, {"kind": kind, "words": asked})[0].word)
    params = {
        "kind": kind,
        "rarest": rarest,
        "others": [word for word in asked if word != rarest],
        "probes": MOST_PROBED,
        "most": most,
        "meant": [word for word, _, _ in wide],
        "ranks": [rank for _, rank, _ in wide],
        "depths": [depth for _, _, depth in wide],
    }
    checks = [] if lone else [(BEGINS if each.is_short else FITS).format(n=n) for n, each in enumerate(typed)]
    for n, each in enumerate(typed if not lone else ()):
        params |= {f"begins{n}": each.word} if each.is_short else {f"fits{n}": list(each.meant)}
    joined = f"JOIN core_searchdocument d ON d.id = w.about WHERE {' AND '.join(checks)}" if checks else ""
    return [Found(row.id, row.rank) for row in rows(FIND.format(checked=joined), params)]


# Addresses and numbers: the whole one, else what begins (or, for numbers, ends) so.
MATCH = """
SELECT m.kind, m.about AS id, min(m.rank) AS rank FROM (
    SELECT t.kind, t.about, 0 AS rank FROM unnest(%(kinds)s::text[]) AS k(kind) CROSS JOIN LATERAL (
        SELECT t.kind, t.about FROM core_searchterm t
        WHERE t.kind = k.kind AND t.term = ANY(%(exact)s::text[]) LIMIT %(most)s) t
    UNION ALL
    SELECT t.kind, t.about, 1 FROM unnest(%(kinds)s::text[]) AS k(kind)
    CROSS JOIN unnest(%(from)s::text[], %(to)s::text[]) AS r(low, high) CROSS JOIN LATERAL (
        SELECT t.kind, t.about FROM core_searchterm t
        WHERE t.kind = k.kind AND t.term >= r.low COLLATE "C" AND t.term < r.high COLLATE "C"
        ORDER BY t.term LIMIT %(most)s) t) m
GROUP BY 1, 2 ORDER BY 3, 2 DESC
"""


def find_email(kinds: Sequence[str], text: str, most: int) -> dict[str, list[Found]]:
    """By kind, what has this e-mail address, whole or its beginning."""
    return _match(kinds, [text], [text], most) if text != EMAIL else {kind: [] for kind in kinds}


def find_phone(kinds: Sequence[str], asked: Asked, most: int) -> dict[str, list[Found]]:
    """By kind, what has this telephone number however it is written, or one that ends or begins so."""
    return _match(kinds, asked.exact, [asked.end, *asked.beginnings], most)


def _match(kinds: Sequence[str], exact: Iterable[str], ranges: Sequence[str], most: int) -> dict[str, list[Found]]:
    params = {
        "kinds": list(kinds),
        "exact": list(exact),
        "from": list(ranges),
        "to": [above(low) for low in ranges],
        "most": most,
    }
    found: dict[str, list[Found]] = {kind: [] for kind in kinds}
    for row in rows(MATCH, params):
        if len(found[row.kind]) < most:
            found[row.kind].append(Found(row.id, row.rank))
    return found
