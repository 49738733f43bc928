"""Checks of how a text is built: headings, steps, images, paragraphs, reading ease."""

import pytest

from curation import checks
from curation.checks import Check, Finding
from curation.checks.reading import ease, language_of
from curation.checks.source import read, without_code_spans, words_of


def found(body: str, check: Check, kind: str = "story") -> list[Finding]:
    return [finding for finding in checks.of_text(body, kind) if finding.check is check]


def lines(findings: list[Finding]) -> list[int | None]:
    return [finding.first_line for finding in findings]


# Headings


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("## One\n\n### Two\n\n#### Three", []),
        ("## One\n\n#### Two", [3]),
        ("### One\n\n### Two", []),  # the highest that is used stands below the title
        ("### One\n\n## Two", [1]),
        ("# One\n\n## Two\n\n# Three\n\n## Four", []),
        ("One\n===\n\n### Two", [4]),
        ("One\n---\n\nTwo\n---", []),
        ("## One\n\n```\n#### not a heading\n```", []),
        ("## One\n\n    #### code", []),
        ("## One\n\n#hashtag", []),
        ("> ## One\n>\n> #### Two", [3]),
    ],
)
def test_a_heading_that_skips_a_level_is_noted(body: str, where: list[int]) -> None:
    assert lines(found(body, Check.HEADINGS)) == where


# Steps


@pytest.mark.parametrize(
    "body",
    [
        "1. Open it.\n2. Close it.",
        "Do this:\n\n  1) Open it.",
        "## Step 1: Open it\n\nText.",
        "## 1. Open it",
        "- [ ] Open it",
        "> 1. Open it.",
    ],
)
def test_what_can_be_followed_in_order_counts_as_steps(body: str) -> None:
    assert found(body, Check.STEPS, "howto") == []


@pytest.mark.parametrize(
    "body", ["", "Open it, then close it.", "- Open it.", "```\n1. in code\n```", "1.5 litres"]
)
def test_a_howto_without_steps_is_noted_and_a_story_is_not(body: str) -> None:
    assert len(found(body, Check.STEPS, "howto")) == 1
    assert found(body, Check.STEPS, "story") == []


# Images


@pytest.mark.parametrize(
    "image",
    [
        "![](plan.png)",
        "![ ](plan.png)",
        "![plan.png](/attachments/1/plan.png)",
        "![site-plan](/attachments/1/site-plan.png)",
        "![IMG_2031.JPG](/attachments/1/a.png)",
        "![Screenshot 2024-03-01 at 10.22.33](/attachments/1/a.png)",
        "![image](/attachments/1/a.png)",
        "![Bildschirmfoto vom 2024-03-01](/a.png)",
        "![3](/a.png)",
    ],
)
def test_an_image_that_says_nothing_to_whoever_cannot_see_it_is_noted(image: str) -> None:
    assert lines(found(f"Look:\n\n{image}", Check.IMAGES)) == [3]


@pytest.mark.parametrize(
    "text",
    [
        "![The dialog with Remember me ticked](/attachments/1/a.png)",
        "![Site plan](/attachments/1/site-plan.png)",
        "![A photo of the badge reader](/attachments/1/a.png)",
        "`![](plan.png)`",
        "```\n![](plan.png)\n```",
        "[](plan)",
    ],
)
def test_a_described_image_is_not_noted(text: str) -> None:
    assert found(text, Check.IMAGES) == []


# Paragraphs


def test_a_very_long_paragraph_is_noted_with_its_lines() -> None:
    body = "Short.\n\n" + "\n".join(["word " * 40] * 4) + "\n\nShort."
    [finding] = found(body, Check.PARAGRAPHS)
    assert (finding.first_line, finding.last_line) == (3, 6)
    assert "160 words" in finding.sentence


@pytest.mark.parametrize(
    "body",
    [
        "word " * 150,
        "```\n" + "word " * 400 + "\n```",
        "| " + "word " * 400 + " |",
        "\n\n".join(["word " * 100] * 4),
        "- " + "\n- ".join(["word " * 100] * 4),
        f"[short](https://example.com/{'a ' * 10})",
    ],
)
def test_long_texts_in_short_paragraphs_are_not_noted(body: str) -> None:
    assert found(body, Check.PARAGRAPHS) == []


# Reading ease

PLAIN = "Open the door. Take the key to the left of it. Turn it and wait for the light to go on. "
HEAVY = (
    "Notwithstanding organisational prerequisites, the implementation of interdepartmental"
    " communication infrastructures necessitates comprehensive consideration of the regulatory"
    " responsibilities of participating administrative institutions. "
)
SCHWER = (
    "Die organisatorische Voraussetzungsüberprüfung der abteilungsübergreifenden"
    " Kommunikationsinfrastruktur ist in der Verwaltungsvorschrift nicht zu vernachlässigen und wird"
    " durch die Zuständigkeitsverantwortlichen der Behördenkoordination sichergestellt. "
)
LEICHT = (
    "Der Ball ist rot. Das Kind hat ihn in der Hand und wirft ihn auf das Dach. Er ist nicht weg. "
)


@pytest.mark.parametrize("body", [PLAIN * 10, LEICHT * 10, HEAVY, "Zażółć gęślą jaźń. " * 60])
def test_plain_short_and_unknown_texts_are_not_called_hard(body: str) -> None:
    assert found(body, Check.READING) == []


@pytest.mark.parametrize("body", [HEAVY * 10, SCHWER * 10])
def test_a_hard_text_is_told_so_in_words(body: str) -> None:
    overall = found(body, Check.READING)[0]
    assert overall.first_line is None
    assert overall.sentence.startswith("Harder to read than an academic journal")


def test_the_longest_sentences_are_shown_where_they_stand() -> None:
    body = f"Short one.\n\nThen {'one more ' * 25}word.\n\n{'And this ' * 30}ends."
    assert lines(found(body, Check.READING)) == [3, 5]


def test_a_sentence_in_the_middle_of_a_paragraph_has_its_own_lines() -> None:
    body = f"First.\nSecond. Then\n{'one more ' * 25}\nword. Last."
    [finding] = found(body, Check.READING)
    assert (finding.first_line, finding.last_line) == (2, 4)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        # 6 words, 6 syllables: 206.835 - 1.015 * 6 - 84.6
        ("the cat sat on the mat", 116.145),
        # 5 words, 6 syllables: 206.835 - 1.015 * 5 - 84.6 * 1.2
        ("it is in the table", 100.24),
        # 5 words, 7 syllables: 180 - 5 - 58.5 * 1.4
        ("das ist nicht die Familie", None),
    ],
)
def test_the_formula_is_flesch_s(sentence: str, expected: float | None) -> None:
    score = ease(sentence.split(), 1)
    assert score is not None
    if expected is not None:
        assert score == pytest.approx(expected)


def test_languages_are_told_by_their_commonest_words() -> None:
    assert language_of(PLAIN.lower().replace(".", "").split()) == "en"
    assert language_of(LEICHT.replace(".", "").split()) == "de"
    assert language_of(["git", "commit", "push", "rebase", "fetch"]) is None


# Reading the source


def test_code_in_a_line_is_blanked_and_everything_else_stays_in_its_place() -> None:
    assert without_code_spans("a `b` c ``d ` e`` f ` g") == f"a {' ' * 3} c {' ' * 9} f ` g"


def test_what_is_heard_of_a_passage_has_no_signs_of_markdown() -> None:
    heard = words_of(
        "See **the [form](https://a.example/x)**, ![pic](p.png) [[VPN|the VPN]] `code`"
    )
    assert heard.split() == ["See", "the", "form,", "the", "VPN"]


def test_lists_quotations_and_code_are_told_apart() -> None:
    body = (
        "Intro\ngoes on\n\n- one\n  more\n- two\n\n> quoted\n\n```sh\nls\n\nls -l\n```\n| a | b |\n"
    )
    passages = [(p.kind, p.first, p.last) for p in read(body).passages]
    assert passages == [
        ("prose", 1, 2),
        ("item", 4, 5),
        ("item", 6, 6),
        ("prose", 8, 8),
        ("code", 11, 13),
        ("table", 15, 15),
    ]
