"""Which language a text is in."""

import pytest

from core.languages import NAMES, clean, detect, tag
from tests.wordings import BY_THE_WORD, OTHERS, SPACELESS


@pytest.mark.parametrize("code", OTHERS)
def test_neighbours_are_told_apart(code):
    assert detect(*OTHERS[code][:2]) == code


@pytest.mark.parametrize("code", SPACELESS)
def test_scripts_tell_the_languages_of_east_asia(code):
    assert detect(*SPACELESS[code][:2]) == code


@pytest.mark.parametrize("text", BY_THE_WORD)
def test_what_we_do_not_know_is_another_language(text):
    assert detect(*text[:2]) == "other"


def test_a_language_written_with_latin_letters_that_we_do_not_know_is_another_one_too():
    polish = "Otwórz stronę logowania i wybierz łącze. Następnie wprowadź nowe hasło dwa razy."
    assert detect(polish) == "other"


@pytest.mark.parametrize("text", ["", "VPN", "ERR-1042", "ls -la /tmp | grep -v x", "§ 42 – 17 €"])
def test_a_text_too_short_to_tell_is_english(text):
    assert detect(text) == "en"


def test_some_foreign_words_make_no_foreign_text():
    text = "The café near Zürich takes our résumé cards. Ask Jörg or François for the key."
    assert detect(text) == "en"


def test_a_text_about_computers_keeps_its_language():
    assert (
        detect("サーバー設定", "まず ssh で server に接続し、config を開いて保存します。") == "ja"
    )
    assert detect("Git auf dem Server", "Mit git clone den Code holen und dann make test") == "de"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("pt_BR", "pt"),
        ("Deutsch", "de"),
        ("nb", "no"),
        ("zh-Hans", "zh"),
        ("", ""),
        ("klingon", None),
        ("other", "other"),
    ],
)
def test_a_language_is_known_by_its_code_or_its_own_name(written, code):
    assert clean(written) == code


def test_every_name_leads_to_its_code():
    assert [clean(name) for name in NAMES.values()] == list(NAMES)


def test_only_what_differs_from_the_page_is_tagged():
    assert [tag(code) for code in ("de", "en", "", "other")] == ["de", "", "", ""]
