"""The help is the very pages of docs/: whole in both languages, and every link in it leads somewhere."""

import re

import pytest
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve, reverse
from django.utils import translation
from markdown_it import MarkdownIt

from backoffice.help import pages
from tests.factories.people import signed_in
from tests.factories.world import small_world

LANGUAGES = ("en", "fr")
NAMES = [page.name for page in pages.PAGES]


def source(name: str, language: str) -> str:
    return pages.path_of(name, language).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_there_in_both_languages(name: str) -> None:
    assert (pages.FOLDER / f"{name}.md").exists()
    assert (pages.FOLDER / "fr" / f"{name}.md").exists()


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_sections_and_the_same_screens(name: str) -> None:
    def shape(language: str) -> tuple[list[str], list[int]]:
        text = source(name, language)
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        levels = [token.tag for token in tokens if token.type == "heading_open"]
        return levels, [text.count(f"](/{screen}/") > 0 for screen in ("orders", "stock", "work", "people", "ledger")]

    assert shape("en")[0] == shape("fr")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_screen_or_a_section_that_exists(name: str, language: str) -> None:
    with translation.override(language):
        html = pages.shown(name).html
        for target in re.findall(r'href="([^"]+)"', html):
            path, _sign, anchor = target.partition("#")
            if path:
                leads_somewhere(path.partition("?")[0])
            if anchor:
                page = re.fullmatch(r"/help/([a-z-]+)/", path)
                known = {section.anchor for section in pages.shown(page[1] if page else name).sections}
                assert anchor in known, target


def leads_somewhere(path: str) -> None:
    try:
        resolve(path)
    except Resolver404:
        pytest.fail(f"no screen answers at {path}")


def test_every_page_about_which_there_is_help_exists_and_so_does_its_section() -> None:
    for route, (name, anchor) in pages.ABOUT.items():
        assert any(route == known for known in _routes()), route
        assert anchor in {section.anchor for section in pages.shown(name).sections}, (route, anchor)


def _routes() -> set[str]:
    return {str(key) for key in get_resolver().reverse_dict if isinstance(key, str)}


def test_a_file_can_bring_no_markup_of_its_own() -> None:
    tokens = pages._parser().parse("# T\n\n<script>alert(1)</script> [x](javascript:alert(1))")
    html = pages._parser().renderer.render(tokens, pages._parser().options, {})

    assert "<script" not in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize(("words", "section"), [("hold", "the-order-page"), ("payment link", "take-an-order")])
def test_words_find_their_section(words: str, section: str) -> None:
    with translation.override("en"):
        assert section in {found.anchor for found in pages.search(words)}


def test_what_is_found_is_shown_in_whole_words_with_the_hit_marked() -> None:
    section = pages.Section("call-centre", "x", "A title", " ".join(f"word{n}" for n in range(100)) + " <b> Holds end")

    said = pages.snippet(section, "hold")

    assert said.startswith("… word93 ")
    assert said.endswith("&lt;b&gt; <mark>Holds</mark> end")


def test_sections_say_their_words_apart_and_not_their_own_title() -> None:
    with translation.override("en"):
        section = next(each for each in pages.shown("call-centre").sections if each.anchor == "what-you-see")

    assert section.words.startswith("Home shows what needs you")
    assert "late ones whose customers deserve" in section.words


def test_pages_of_the_readers_own_work_are_found_first() -> None:
    with translation.override("en"):
        for role, page in (("clerk", "call-centre"), ("finance", "finance")):
            assert pages.search("refund", {role})[0].page == page


def test_accents_do_not_matter() -> None:
    with translation.override("fr"):
        found = pages.search("prelever")

    assert found and "é" in "".join(section.words for section in found)


@pytest.mark.parametrize("words", ["", "   ", "\0", "(((", "a" * 5000, "⟦ ⟧", "zzzzqqq"])
def test_odd_words_find_nothing_and_break_nothing(words: str) -> None:
    assert pages.search(words) == []


def test_the_palette_finds_every_section_with_its_address() -> None:
    for language in LANGUAGES:
        with translation.override(language):
            for entry in pages.entries():
                leads_somewhere(entry.url.partition("#")[0])
                assert entry.title


@pytest.mark.django_db
class TestScreens:
    def reader(self, language: str = "en", role: str = "store") -> Client:
        client = signed_in(role)
        client.post("/language/", {"language": language})
        return client

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("name", NAMES)
    def test_a_page_opens(self, name: str, language: str) -> None:
        answer = self.reader(language).get(reverse("help-page", args=[name]))

        assert answer.status_code == 200
        assert "help-text" in answer.content.decode()

    def test_the_pages_of_ones_own_work_stand_first(self) -> None:
        page = self.reader().get("/help/").content.decode().partition("<main")[2]

        assert page.index("/help/store/") < page.index("/help/call-centre/")

    def test_a_search_shows_where_it_is_said(self) -> None:
        page = self.reader().get("/help/", {"q": "scan"}).content.decode()

        assert "#send-an-order-from-the-shop" in page

    def test_a_search_without_result_says_what_to_do(self) -> None:
        assert "Nothing holds all of these words" in self.reader().get("/help/", {"q": "zzzz"}).content.decode()

    def test_there_is_no_other_page(self) -> None:
        assert self.reader().get("/help/etc-passwd/").status_code == 404

    def test_every_page_of_the_shell_leads_to_its_help(self) -> None:
        small_world()
        client = self.reader(role="manager")

        assert f'href="{pages.about("orders")}"' in client.get("/orders/").content.decode()
        assert 'href="/help/"' in client.get("/styleguide/").content.decode()
