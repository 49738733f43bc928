"""What the queue can be narrowed to: each choice with its count, as a link that chooses it or undoes that."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from curation.filters import MEDIUM_WORDS, SAMPLES, SMALL_WORDS, SWITCHES
from curation.models import State
from curation.queries import WAITING
from curation.queue import View

TITLES = {"kind": "Kind", "article": "New or change", "size": "Size"}
WORDS: Mapping[str, Mapping[str, str]] = {
    "kind": {"howto": "How-to", "story": "Experience story", "answer": "Answer"},
    "article": {"new": "New article", "live": "Change to an article"},
    "size": {
        "small": f"Up to {SMALL_WORDS} words",
        "medium": f"Up to {MEDIUM_WORDS} words",
        "large": f"More than {MEDIUM_WORDS} words",
    },
}
SWITCH_WORDS = {
    "yours": "Yours to decide",
    "unclaimed": "Unclaimed",
    "mine": "Claimed by you",
    "assigned": "Assigned to you",
    "overdue": "Overdue",
    "first": "First-time authors",
}
STATE_WORDS = {
    "": "All that wait",
    State.SUBMITTED.value: "Waiting for review",
    State.IN_REVIEW.value: "Being read",
    State.CHANGES_REQUESTED.value: "Changes requested",
    SAMPLES: "Samples to look at",
}


@dataclass(frozen=True)
class Choice:
    """Something the queue can be narrowed to, or is."""

    words: str
    count: int
    arguments: Mapping[str, str]  # of the address that chooses it, or takes it back
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    title: str
    choices: list[Choice]


Option = tuple[str, str]  # a value and its words, with the count in them


def states(view: View) -> list[Choice]:
    """The states as the main division of the queue; samples only where there are any."""
    counts = view.counts("state")
    waiting = sum(counts[state.value] for state in WAITING)
    numbers = {"": waiting, **{value: counts[value] for value in STATE_WORDS if value}}
    return [
        Choice(
            words,
            numbers[value],
            view.filter.arguments(state=value),
            is_chosen=value == view.filter.state,
        )
        for value, words in STATE_WORDS.items()
        if value != SAMPLES or numbers[value] or view.filter.state == SAMPLES
    ]


def facets(view: View) -> list[Facet]:
    """The filters that are links; what would show nothing is left out."""
    found = [Facet("Show only", list(_switches(view)))]
    found += [Facet(title, list(_values(view, name))) for name, title in TITLES.items()]
    return [facet for facet in found if facet.choices]


def _switches(view: View) -> Iterator[Choice]:
    for name in SWITCHES:
        chosen = getattr(view.filter, name)
        count = len(view.places) if chosen else view.counts(name)[True]
        if chosen:
            yield Choice(SWITCH_WORDS[name], count, view.filter.without(name), is_chosen=True)
        elif count:
            arguments = view.filter.arguments(**{name: True})
            yield Choice(SWITCH_WORDS[name], count, arguments, is_chosen=False)


def _values(view: View, name: str) -> Iterator[Choice]:
    counts, present = view.counts(name), getattr(view.filter, name)
    for value, words in WORDS[name].items():
        if value == present:
            yield Choice(words, counts[value], view.filter.without(name), is_chosen=True)
        elif counts[value]:
            arguments = view.filter.arguments(**{name: value})
            yield Choice(words, counts[value], arguments, is_chosen=False)


def topic_options(view: View) -> list[Option]:
    """Topics in which something is open, indented as the tree has them."""
    counts = view.counts_by_topic()
    return [
        (node.slug, "\N{NO-BREAK SPACE}" * 4 * depth + f"{node.name} ({counts[node.id]})")
        for node, depth in view.topics.walk()
        if counts[node.id] or node.slug == view.filter.topic
    ]


def author_options(view: View) -> list[Option]:
    counts = view.counts_by_author()
    writers = [a for a in view.authors.values() if counts[a.id] or a.handle == view.filter.author]
    writers.sort(key=lambda author: author.name.casefold())
    return [(author.handle, f"{author.name} ({counts[author.id]})") for author in writers]


def team_options(view: View) -> list[Option]:
    counts: Counter[str] = Counter()
    for author_id, number in view.counts_by_author(for_="team").items():
        counts[view.authors[author_id].team] += number
    teams = {team for team in counts if team} | ({view.filter.team} - {""})
    return [(team, f"{team} ({counts[team]})") for team in sorted(teams, key=str.casefold)]


def chosen(view: View) -> Sequence[tuple[str, Mapping[str, str]]]:
    """What the queue is narrowed to beside its state, in words, and the address without it."""
    filter_ = view.filter
    words = {
        "topic": f"Topic: {view.topics.by_slug[filter_.topic].name}" if filter_.topic else "",
        "author": f"Author: {_name(view, filter_.author)}",
        "team": f"Team: {filter_.team}",
        **{name: WORDS[name].get(getattr(filter_, name), "") for name in TITLES},
        **SWITCH_WORDS,
    }
    return [(said, filter_.without(n)) for n, said in words.items() if getattr(filter_, n)]


def _name(view: View, handle: str) -> str:
    names = (author.name for author in view.authors.values() if author.handle == handle)
    return next(names, handle)
