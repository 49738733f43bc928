"""The lists of a report: what was looked for in vain, put together by what it asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from search.keys import key_of
from search.query import parse
from search.report import clusters, masking, vain
from search.report.keeping import Kept, latest_of_few
from search.report.meanings import Encoding, Meanings
from search.report.period import Period
from search.report.vain import Asked, Vain

EXAMPLES = 5


@dataclass(frozen=True)
class Cluster:
    """What people asked for in several wordings."""

    keys: tuple[str, ...]  # the most frequent first
    wordings: tuple[str, ...]  # one of each key, without what may be personal
    search_ids: tuple[int, ...]  # the record of one search in each of these wordings
    people: int  # each counted once
    searches: int
    unnamed: int  # of them, by people whose names are forgotten

    @property
    def examples(self) -> tuple[str, ...]:
        """Other wordings than the first that read differently."""
        return tuple(dict.fromkeys(self.wordings))[1 : EXAMPLES + 1]

    @property
    def to_ask(self) -> str:
        """The first wording of which anything is left to ask for; empty if all that is hidden."""
        return next((each for each in self.wordings if key_of(parse(each))), "")

    @property
    def weight(self) -> int:
        """How many people at least: those forgotten count as one, together."""
        return self.people + bool(self.unnamed)


class Lists:
    """Made when somebody looks."""

    def __init__(self, encoder: Encoding | None) -> None:
        self._meanings = Meanings(encoder)
        self._kept: Kept[list[Cluster]] = Kept()

    def of(self, session: Session, which: Vain, days: Period) -> list[Cluster]:
        """The clusters of a list, those of most people first."""
        key = (which, days, latest_of_few(session))
        return self._kept.get(key, lambda: self._clusters(vain.asked(session, which, days)))

    def _clusters(self, asked: Sequence[Asked]) -> tuple[list[Cluster], bool]:
        """The clusters, and whether another look would make none better."""
        if not asked:
            return [], True
        vectors = self._meanings.of([each.wording for each in asked])
        if vectors is None:
            likeness = clusters.by_words([each.key for each in asked])
            groups = clusters.clustered(likeness, clusters.ALIKE_BY_WORDS)
        else:
            likeness = clusters.by_meaning(vectors)
            groups = clusters.clustered(likeness, clusters.ALIKE_BY_MEANING)
        found = [_cluster([asked[n] for n in group]) for group in groups]
        ordered = sorted(found, key=lambda each: (-each.weight, -each.searches, each.wordings))
        return ordered, vectors is not None or not self._meanings.are_coming


def _cluster(together: Sequence[Asked]) -> Cluster:
    return Cluster(
        keys=tuple(each.key for each in together),
        wordings=tuple(masking.masked(each.wording) for each in together),
        search_ids=tuple(each.search_id for each in together),
        people=len(frozenset[int]().union(*(each.people for each in together))),
        searches=sum(each.searches for each in together),
        unnamed=sum(each.unnamed for each in together),
    )
