"""The invented company while it is being told: who and what exists so far, and what happens when."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from random import Random

from sqlalchemy.orm import Session

from core import clock
from core.config import Config
from core.worktime import Calendar
from curation.models import Review
from kb.models import Article, Topic
from people import company
from people.models import User

Step = Callable[[], object]

# Before that, people did things in working hours; since then, exactly when the content says.
RECENT_DAYS = 14.0
WORKING_DAY = 7 * 3600  # seconds, that begin with the morning


class Story:
    """One run of the seeding."""

    def __init__(self, session: Session, config: Config) -> None:
        self.session = session
        self.config = config
        self.now = clock.now()
        self.people: dict[str, User] = {}
        self.topics: dict[str, Topic] = {}
        self.articles: dict[str, Article] = {}
        self.reviews: dict[str, Review] = {}
        self.pictures: dict[tuple[str, str], str] = {}  # addresses, by article and name
        self._steps: list[tuple[datetime, int, Step]] = []
        self._order = count()

    @property
    def admin(self) -> User:
        return next(person for person in self.people.values() if person.is_admin)

    def at(self, moment: datetime, step: Step) -> None:
        """Let something happen at a moment; what is told first comes first where moments are alike."""
        heapq.heappush(self._steps, (moment, next(self._order), step))

    def run(self) -> None:
        """Let everything happen, in its order; a step may tell of further ones, not before its own."""
        while self._steps:
            moment, _, step = heapq.heappop(self._steps)
            with clock.at(moment):
                step()

    def moment(self, days_ago: float, what: str = "") -> datetime:
        """So many days ago; of what lies further back, at the hour of a working day that suits `what`."""
        if days_ago <= RECENT_DAYS:
            return self.now - timedelta(days=days_ago)
        night = (self.now - timedelta(days=days_ago)).replace(hour=0, minute=0, second=0)
        seconds = Random(what).randrange(600, WORKING_DAY)
        return self.calendar.add(night, seconds)

    @cached_property
    def calendar(self) -> Calendar:
        return company.calendar(self.session)
