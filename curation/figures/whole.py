"""All figures of a choice; each is read when somebody asks for it, and once."""

from collections.abc import Sequence
from functools import cached_property

from sqlalchemy.orm import Session

from curation.figures import cases, outcomes, queue, times
from curation.figures.cases import Case
from curation.figures.choice import Choice
from curation.figures.contributors import Contributors, contributors
from curation.figures.flags import Flags, flags
from curation.figures.outcomes import ItemCount, Outcomes
from curation.figures.queue import Standing
from curation.figures.times import Spread, Times, Took
from curation.figures.trust import Trust, trust
from kb.topics import Node
from people import company


class Figures:
    """What curators can see of the chosen topic and days."""

    def __init__(self, session: Session, choice: Choice) -> None:
        self._session = session
        self.choice = choice
        self.days = choice.days
        self.calendar = company.calendar(session)

    @cached_property
    def cases(self) -> list[Case]:
        return cases.read(self._session, self.choice.topic_ids, self.days)

    @cached_property
    def took(self) -> list[Took]:
        return times.measure(self.cases, self.days, self.calendar)

    @cached_property
    def standings(self) -> Sequence[Standing]:
        """Of each day, or in a long period of each week."""
        return queue.over_time(self.cases, self.days, self.days.samples)

    @cached_property
    def daily_standings(self) -> Sequence[Standing]:
        return queue.over_time(self.cases, self.days, self.days.every_day)

    @cached_property
    def times(self) -> Times:
        return Times.of(self.took)

    @cached_property
    def times_by_span(self) -> Sequence[tuple[Spread, Spread]]:
        """Until the first look, until the decision."""
        return times.by_span(self.took, self.days)

    @cached_property
    def times_by_topic(self) -> Sequence[tuple[Node, Times]]:
        return times.by_topic(self.took, self.choice.topics, self.choice.topic)

    @cached_property
    def outcomes(self) -> Outcomes:
        return outcomes.outcomes(self.cases, self.days)

    @cached_property
    def rounds(self) -> Sequence[int]:
        return outcomes.rounds(self.cases, self.days)

    @cached_property
    def checklist(self) -> Sequence[ItemCount]:
        return outcomes.checklist(self._session, self.choice)

    @cached_property
    def contributors(self) -> Contributors:
        return contributors(self._session, self.choice)

    @cached_property
    def trust(self) -> Trust:
        return trust(self._session, self.choice, self.days.samples)

    @cached_property
    def flags(self) -> Flags:
        return flags(self._session, self.choice, self.calendar)
