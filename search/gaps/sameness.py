"""Which card asks for the same in other words: the order in which they stand mostly says nothing.

Cards carry the key of each wording, whose terms are in order, since searches are counted by it. So
the same in another order is looked for when somebody asks, among the wordings of the same terms.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from search.analysis import tokens
from search.keys import key_of, says_something
from search.models import GapWording
from search.query import Query, parse

MOST_TERMS = 8  # by which wordings are sought; those found are compared as a whole

# Between two words they say which is which: csv to pdf, pdf to csv. As they stand in the index.
# "for", "an", "do" and "a" are left out: each has such a sense in one language, and none in another.
_TURNING_WORDS = """
above after against as before below except from instead into no not over than
through to under until via without
als nach nicht ohne statt von vor zu zum zur
apres avant de des du en pas que sans vers
antes del desde despues hacia para sin
da dal dalla di dopo non prima senza
depois nao sem
dan naar niet van voor zonder
efter end enn etter fore fra fran ikke inte till til uden utan uten
ei ennen ilman jalkeen kuin
"""
_TURNING = frozenset(_TURNING_WORDS.split())

_Stems = tuple[str, ...]
# Words in any order, by what stands before them that turns the sense; and phrases as they are.
Gist = tuple[tuple[tuple[str, tuple[_Stems, ...]], ...], tuple[_Stems, ...]]


def gist(query: Query) -> Gist:
    """What a query asks for; two with the same gist ask for the same."""
    groups: list[tuple[str, list[_Stems]]] = [("", [])]
    for turning, stems in _said(query):
        if turning:
            groups.append((turning, []))
        group = groups[-1][1]
        if group and all(stem.isdigit() for stem in stems):
            group[-1] += stems  # of what stands before it: windows 10, office 11
        else:
            group.append(stems)
    if not groups[0][1]:  # nothing but words that put questions: these, as they are
        groups = [(key_of(query), [])]
    return tuple((turning, tuple(sorted(group))) for turning, group in groups), query.phrases


def _said(query: Query) -> Iterator[tuple[str, _Stems]]:
    """The stems of each word that says something, after what turns the sense before it."""
    turning, is_behind_word = "", False
    for word in query.words:
        found = list(tokens(word.text))
        if is_behind_word and len(found) == 1 and found[0].word in _TURNING:
            turning, is_behind_word = found[0].word, False
            continue
        stems = tuple(token.stem for token in found if says_something(token.word))
        is_behind_word = bool(stems)
        if stems:
            yield turning, stems
            turning = ""


def gap_of(session: Session, wording: str) -> int | None:
    """The card that has these words, or else the same ones in another order."""
    query = parse(wording)
    key = key_of(query)
    exact = session.scalar(sa.select(GapWording.gap_id).where(GapWording.key == key))
    if exact is not None:
        return exact
    terms = list(dict.fromkeys(key.split()))[:MOST_TERMS]
    alike = sa.select(GapWording.gap_id, GapWording.key, GapWording.query).where(
        sa.func.length(GapWording.key) == len(key),
        *(GapWording.key.contains(term, autoescape=True) for term in terms),
    )
    wanted = gist(query)
    for row in session.execute(alike.order_by(GapWording.gap_id)):
        other = parse(row.query)
        # Where the text hides a part of the key, it does not say in what order that stands.
        if key_of(other) == row.key and gist(other) == wanted:
            return int(row.gap_id)
    return None
