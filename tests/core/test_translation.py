from pathlib import Path

import pytest
from django.conf import LazySettings

from core import translation


@pytest.fixture
def project(tmp_path: Path, settings: LazySettings) -> Path:
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    templates = tmp_path / "templates" / "a"
    templates.mkdir(parents=True)
    (templates / "page.html").write_text(
        '{% translate "Orders" %}{% component "panel" title=_("It’s late") %}{% endcomponent %}'
        "{% blocktranslate trimmed count n=n %}\n  {{ n }} unit\n{% plural %}\n  {{ n }} units\n{% endblocktranslate %}"
    )
    (tmp_path / "a.py").write_text('from x import gettext as _\n\n_("Cancel %(what)s")\n')
    return tmp_path


def names(root: Path) -> set[str]:
    return {translation.key(message)[1] for message in translation.messages(root) if message.id}


def test_messages_of_templates_and_code_are_found(project: Path) -> None:
    assert names(project) == {"Orders", "It’s late", "%(n)s unit", "Cancel %(what)s"}


def test_what_has_no_words_is_named(project: Path) -> None:
    translation.update(project, "fr")

    assert any("“Orders”" in trouble for trouble in translation.troubles(project, "fr"))


def test_words_with_another_placeholder_are_named(project: Path) -> None:
    translation.update(project, "fr")
    path = translation.catalogue_path("fr")
    text = path.read_text().replace(
        'msgid "Cancel %(what)s"\nmsgstr ""', 'msgid "Cancel %(what)s"\nmsgstr "Annuler %(quoi)s"'
    )
    path.write_text(text)

    assert any(
        "Cancel %(what)s" in trouble and "no words" not in trouble for trouble in translation.troubles(project, "fr")
    )


def test_an_update_keeps_the_words_there_are(project: Path) -> None:
    translation.update(project, "fr")
    path = translation.catalogue_path("fr")
    path.write_text(path.read_text().replace('msgid "Orders"\nmsgstr ""', 'msgid "Orders"\nmsgstr "Commandes"'))

    translation.update(project, "fr")

    assert 'msgstr "Commandes"' in path.read_text()
    assert translation.compile_catalogue("fr").exists()


@pytest.mark.parametrize(
    ("words", "rule"),
    [("Qui ?", "before"), ("Vide : rien", "before"), ("« ici »", "after"), ("l'ordre", "’"), ("Un instant...", "…")],
)
def test_what_breaks_the_rules_of_french_typography_is_named(project: Path, words: str, rule: str) -> None:
    translation.update(project, "fr")
    path = translation.catalogue_path("fr")
    path.write_text(path.read_text().replace('msgid "Orders"\nmsgstr ""', f'msgid "Orders"\nmsgstr "{words}"'))

    assert any("“Orders”" in trouble and rule in trouble for trouble in translation.troubles(project, "fr"))


def test_a_message_with_a_context_needs_words_of_its_own(project: Path) -> None:
    (project / "a.py").write_text(
        'from x import pgettext\n\npgettext("order", "Delivered")\npgettext("parcel", "Delivered")\n'
    )
    translation.update(project, "fr")
    path = translation.catalogue_path("fr")
    path.write_text(
        path.read_text().replace(
            'msgctxt "order"\nmsgid "Delivered"\nmsgstr ""', 'msgctxt "order"\nmsgid "Delivered"\nmsgstr "Livrée"'
        )
    )

    assert len([trouble for trouble in translation.troubles(project, "fr") if "“Delivered”" in trouble]) == 1


def test_a_guess_is_no_translation(project: Path) -> None:
    translation.update(project, "fr")
    path = translation.catalogue_path("fr")
    path.write_text(
        path.read_text()
        .replace('msgid "Orders"\nmsgstr ""', 'msgid "Orders"\nmsgstr "Ordres"')
        .replace('#: templates/a/page.html\nmsgid "Orders"', '#: templates/a/page.html\n#, fuzzy\nmsgid "Orders"')
    )

    assert any("“Orders”" in trouble for trouble in translation.troubles(project, "fr"))
