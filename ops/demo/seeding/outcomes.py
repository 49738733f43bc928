"""What readers said of articles that they tried: mostly that it worked."""

from functools import partial
from random import Random

from kb import outcomes
from kb.models import Article
from ops.demo import reading
from ops.demo.seeding.story import Story
from people.models import User


def tell(story: Story) -> None:
    for facts in reading.entries("outcomes.yaml"):
        told = _Told(story, facts["article"])
        words = [True] * facts["worked"] + [False] * facts["failed"]
        told.random.shuffle(words)
        for worked in words:
            days_ago = told.random.uniform(*facts["days"])
            story.at(story.moment(days_ago), partial(told.say, worked=worked))


class _Told:
    """One article, and who has tried it already."""

    def __init__(self, story: Story, slug: str) -> None:
        self.story = story
        self.slug = slug
        self.random = Random(slug)  # the same people every time
        self.tried: set[str] = set()

    def say(self, *, worked: bool) -> None:
        article = self.story.articles[self.slug]
        self.story.session.refresh(article)
        reader = self.random.choice(self._readers(article))
        self.tried.add(reader.handle)
        assert article.live_revision_id is not None
        outcomes.say(
            self.story.session,
            article,
            revision_id=article.live_revision_id,
            worked=worked,
            by=reader,
        )

    def _readers(self, article: Article) -> list[User]:
        return [
            person
            for handle, person in sorted(self.story.people.items())
            if handle not in self.tried
            and person.active
            and not outcomes.wrote_of(self.story.session, person, article)
        ]
