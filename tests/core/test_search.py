"""Folding, telephone numbers, and the index of what things are found by."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import search
from core.ids import new_id
from core.models import SearchDocument, SearchTerm, SearchWord
from core.search.phones import asked_phone, phone_terms
from core.search.terms import above

pytestmark = pytest.mark.django_db
NAMES = st.text(st.characters(categories=["L", "M", "N", "P", "Zs"], exclude_characters="\0"), min_size=3, max_size=40)
PHONES = st.integers(10_000_000, 99_999_999).map(lambda n: f"6{n}")


@pytest.mark.parametrize(
    ("typed", "folded"),
    [("Müller", "muller"), ("ÉLODIE", "elodie"), ("Straße", "strasse"), ("Øyvind Ægir", "oyvind aegir"), ("Łódź", "lodz"), ("ﬁn", "fin"), ("İz", "iz"), ("a\0b", "ab")],
)  # fmt: skip
def test_text_is_folded(typed: str, folded: str) -> None:
    assert search.fold(typed) == folded


@given(st.text(max_size=200))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = search.fold(text)
    assert search.fold(once) == once


@given(st.text(max_size=200))
def test_words_are_what_the_database_can_hold(text: str) -> None:
    for word in search.words(text):
        assert word and "\0" not in word and "\n" not in word


@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_what_begins_with_a_text_is_below_what_comes_after_it(start: str, rest: str) -> None:
    assert start <= start + rest < above(start) or "\U0010ffff" in rest


def _written(way: int, number: str) -> str:
    spaced = "0" + " ".join([number[0], number[1:3], number[3:5], number[5:7], number[7:]])
    return [f"+33{number}", f"0033{number}", f"0{number}", f"+33 (0){number}", spaced, f"0{number[:4]}-{number[4:]}"][
        way
    ]


@given(PHONES, st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_a_number_written_in_any_way_finds_one_written_in_any_other(
    number: str, kept: int, typed: int, knows_country: bool
) -> None:
    terms = phone_terms(_written(kept, number), *(["FR"] if knows_country else []))
    asked = asked_phone(_written(typed, number), ["FR", "GB"])

    assert asked is not None
    assert set(terms) & set(asked.exact) or any(term.startswith((asked.end, *asked.beginnings)) for term in terms), (
        terms,
        asked,
    )


@pytest.mark.parametrize("text", ["12345", "WEB-100042", "", "+", "0" * 30, "1" * 30, "+33 6 ab"])
def test_what_is_no_telephone_number_is_not_taken_for_one(text: str) -> None:
    assert asked_phone(text, ["FR"]) is None


def put(*terms: str, thing: UUID | None = None) -> UUID:
    """A thing of the kind "x" with these terms."""
    made = thing or new_id()
    search.put([search.Document("x", made, terms)])
    return made


def ids(text: str, most: int = 10) -> list[UUID]:
    """What is found, the best first."""
    return [each.id for each in search.find(["x"], text, most)["x"]]


@settings(max_examples=40, deadline=None)
@given(NAMES)
def test_whatever_is_put_is_found_by_its_own_words(name: str) -> None:
    terms = search.name_terms(name)
    if not any(len(term) >= 3 for term in terms):
        return
    thing = put(*terms)

    assert thing in ids(" ".join(terms[:5]), 50)


def test_terms_that_are_no_longer_given_are_forgotten() -> None:
    thing = put("alpha", "beta")
    put("beta", "gamma", thing=thing)

    assert (ids("alpha"), ids("beta"), ids("gamma")) == ([], [thing], [thing])
    assert SearchDocument.objects.get(pk=thing).terms == ["beta", "gamma"]


def test_a_thing_without_terms_is_known_and_found_by_nothing() -> None:
    thing = put("alpha")
    put(thing=thing)

    assert SearchDocument.objects.get(pk=thing).terms == []
    assert not SearchTerm.objects.filter(about=thing).exists()


def test_what_is_removed_leaves_no_word_behind_that_nothing_else_has() -> None:
    gone, stays = put("rarename", "common"), put("common")

    search.remove([gone], kinds=["x"])

    assert ids("common") == [stays]
    assert set(SearchWord.objects.values_list("word", flat=True)) == {"common"}


def test_the_newest_of_very_many_are_found_first_and_no_more_than_asked_for() -> None:
    things = [new_id() for _ in range(300)]
    search.put([search.Document("x", thing, ["martin", f"n{n % 7}"]) for n, thing in enumerate(things)])

    assert ids("martin", 5) == things[:-6:-1]


def test_two_words_meet_though_each_is_in_very_many() -> None:
    things = [new_id() for _ in range(200)]
    search.put([search.Document("x", thing, ["anne" if n % 2 else "paul", "martin"]) for n, thing in enumerate(things)])
    both = put("anne", "paul")

    assert ids("paul anne") == [both]


def test_kinds_do_not_mix() -> None:
    put("alpha")

    assert search.find(["y"], "alpha", 5) == {"y": []}
