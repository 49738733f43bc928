"""Checks of anything at all: they never fail, and point at lines that are there."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from curation import checks
from curation.checks.overlap import overlap

SIZE = 30_000  # characters

PIECES = (
    "\n", "\n\n", " ", "`", "``", "```\n", "~~~\n", "![", "](", "](/articles/", ")", "[[", "]]",
    "|", "> ", "# ", "### ", "---\n", "1. ", "- ", "    ", "\t", "@", "a@b.io", "://", "a:b@c",
    "+49 ", "1", "4111 ", "password: ", "passwort ist ", "token=", "Bearer ", "eyJ", ".eyJ",
    "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "DE89 ", "AKIA", "ghp_", "BSN ",
    "curl -u ", "!", "?", "\u2026", "\r", "\x00", "\ud83d", "\xe9", "\xdf", "\u0130", "\xb2",
    "\u0663", "word ", "One two three four five six. ",
)  # fmt: skip
TEXT = st.one_of(
    st.text(alphabet=st.characters(), max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=60).map("".join),
)


@hypothesis_settings(max_examples=300)
@given(TEXT, st.sampled_from(["howto", "story"]))
def test_any_text_can_be_checked(body: str, kind: str) -> None:
    last = len(body.split("\n"))
    for finding in checks.of_text(body, kind):
        assert finding.sentence
        assert len(finding.sentence) < 500
        assert len(finding.excerpt) < 800
        if finding.first_line is not None and finding.last_line is not None:
            assert 1 <= finding.first_line <= finding.last_line <= last


@hypothesis_settings(max_examples=100)
@given(TEXT, TEXT)
def test_any_two_texts_can_be_compared(body: str, other: str) -> None:
    found = overlap(body, other)
    assert 0 <= found.of_this <= 1
    assert 0 <= found.of_other <= 1
    assert overlap(body, body).of_this in (0, 1)


REPEATED = (
    "a", "`", "` ", "`` ` ", "![", "![a", "![](", "[", "[[", "[[a|", "](", "](/articles/", "[a](",
    "<", "*", "_a_ ", "> ", "# ", "# a\n", "#### a\n## b\n", "- ", "1. ", "- a\n", "1. a\n",
    "    ", "\t", "\n", "a\n", "a\n\n", "```\n", "~~~", "---\n", "| a ", "1 ", "1-", "4", "4111 ",
    "4111 1111 1111 1111 ", "DE89", "DE89 3704 ", "AA11 ", "@", "a@", "a@a.", "a@b.io ", "a.",
    "+1", "+1 ", "+49 30 1234567 ", "(415) ", "415-", "tel ", "tel (", "phone 1", "call ", "://",
    "a://", "a://a:", "a://a:b@", "a://a:b7#xY@c ", "password", "password:", "password: ",
    "password: a", "password=\"", "pwd=a1b2c3 ", "token=", "token: a1b2c3d4e5f6g7h8 ", "secret ",
    "bearer ", "Bearer a1", "curl ", "curl -u a:", "eyJ", "eyJaaaaaaaa.", "sk-", "AKIA", "ghp_",
    "xoxb-", "AIza", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "hooks.slack.com/",
    "BSN 1234.56.782 ", "536-90-4399 ", "070761-4285 ", "a. ", "A b c d e f. ", "http://",
    "https://a/articles/", "\u0130", "\xe9 ", "a b c d ", "Aa1!", "\r\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", REPEATED)
def test_every_text_is_answered(piece: str) -> None:
    """One that cost the square of its length would keep this from ever ending."""
    body = piece * (SIZE // len(piece))
    for text in (body, f"password {body}@ tel +1 curl bearer :// BSN token [[ {body[:1000]}"):
        assert checks.of_text(text, "howto").count >= 0


def test_a_thousand_of_a_kind_are_not_all_told() -> None:
    body = "\n".join(f"![](https://pictures.test/{number}.png)" for number in range(1000))
    [group] = checks.of_text(body, "story").groups
    assert len(group.findings) == 20
    assert "981 more" in group.findings[-1].sentence
