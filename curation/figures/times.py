"""How much working time passes until somebody looks at a text, and until it is decided."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core import clock
from core.worktime import Calendar
from curation.figures import moments
from curation.figures.cases import Case, Stretch
from curation.figures.moments import Worked
from curation.figures.period import Period
from kb.topics import Node, Tree

Between = Callable[[int, int], int]
FEWEST = 5  # with less, a number would tell of one person's work


@dataclass(frozen=True)
class Spread:
    """Working seconds: half took no longer than the median, nine in ten no longer than p90."""

    count: int
    median: int | None = None  # None with too few to say
    p90: int | None = None

    @classmethod
    def of(cls, values: Iterable[int]) -> "Spread":
        sorted_ = sorted(values)
        count = len(sorted_)
        if count < FEWEST:
            return cls(count)
        return cls(count, sorted_[(count - 1) // 2], sorted_[-(-count * 9 // 10) - 1])


class Took(NamedTuple):
    """What one review took in working seconds; looked at or decided in the period, else None."""

    topic_id: int
    look_span: int | None  # the place of the week or month
    look: int | None
    decision_span: int | None
    decision: int | None  # without the time that its author had it
    with_author: int | None  # None where it never went back


@dataclass(frozen=True)
class Times:
    """The three times of some reviews."""

    look: Spread
    decision: Spread
    with_author: Spread

    @classmethod
    def of(cls, took: Sequence[Took]) -> "Times":
        return cls(
            Spread.of(each.look for each in took if each.look is not None),
            Spread.of(each.decision for each in took if each.decision is not None),
            Spread.of(each.with_author for each in took if each.with_author is not None),
        )


def measure(cases: Sequence[Case], period: Period, calendar: Calendar) -> list[Took]:
    """What was looked at for the first time, or decided, in the period."""
    if not cases:
        return []
    first = min(case.begun_at for case in cases)
    between = Worked(calendar, first, moments.of(clock.now())).between
    found = [_took(case, period, between) for case in cases]
    return [each for each in found if each.look is not None or each.decision is not None]


def _took(case: Case, period: Period, between: Between) -> Took:
    look_span, decision_span = period.span_of(case.looked_at), period.span_of(case.decided_at)
    look = decision = with_author = None
    if look_span is not None and case.looked_at is not None:
        look = between(case.begun_at, case.looked_at)
    if decision_span is not None:
        decision = _sum(case.waits, between)
        with_author = _sum(case.with_author, between) if case.with_author else None
    return Took(case.topic_id, look_span, look, decision_span, decision, with_author)


def _sum(stretches: Sequence[Stretch], between: Between) -> int:
    return sum(between(begin, end) for begin, end in stretches if end is not None)


def by_span(took: Sequence[Took], period: Period) -> list[tuple[Spread, Spread]]:
    """Of each week or month: until the first look, until the decision."""
    looks, decisions = defaultdict(list), defaultdict(list)
    for each in took:
        looks[each.look_span].append(each.look or 0)
        decisions[each.decision_span].append(each.decision or 0)
    return [
        (Spread.of(looks.get(place, ())), Spread.of(decisions.get(place, ())))
        for place in range(len(period.spans))
    ]


def by_topic(took: Sequence[Took], tree: Tree, chosen: Node | None) -> list[tuple[Node, Times]]:
    """Of each topic right below the chosen one, with all below it; and of the chosen one itself."""
    groups: dict[int, list[Took]] = defaultdict(list)
    rows = {topic_id: _row(tree, topic_id, chosen) for topic_id in {each.topic_id for each in took}}
    for each in took:
        groups[rows[each.topic_id]].append(each)
    nodes = ([chosen] if chosen else []) + tree.children(chosen.id if chosen else None)
    return [(node, Times.of(groups[node.id])) for node in nodes if node.id in groups]


def _row(tree: Tree, topic_id: int, chosen: Node | None) -> int:
    """The topic in whose row it is counted."""
    path = [node.id for node in tree.path(topic_id)]
    if chosen is None:
        return path[0]
    below = path[path.index(chosen.id) + 1 :]
    return below[0] if below else chosen.id
