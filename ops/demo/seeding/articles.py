"""The articles: each text at its time, the first ones without what was added only later."""

from dataclasses import replace

from curation import workflow
from kb.models import Draft
from ops.demo import reading
from ops.demo.reading import Text
from ops.demo.seeding import acts, texts
from ops.demo.seeding.manuscripts import Manuscripts
from ops.demo.seeding.story import Story


def tell(story: Story, manuscripts: Manuscripts) -> None:
    for text in reading.texts():
        _Told(story, manuscripts, text).tell()


class _Told:
    """One text, from its draft to what became of it."""

    def __init__(self, story: Story, manuscripts: Manuscripts, text: Text) -> None:
        self.story = story
        self.manuscripts = manuscripts
        self.text = text

    def tell(self) -> None:
        story, text = self.story, self.text
        if text.state == "published":
            submitted, published = texts.published_at(story, text.days_ago, text.key)
            story.at(submitted, self.submit)
            story.at(max(submitted, published - texts.READING), self.claim)
            story.at(published, self.approve)
        elif text.state == "draft":
            story.at(story.moment(text.days_ago), self.draft)
        else:
            story.at(story.moment(text.days_ago, text.key), self.submit)
            acts.tell(story, text.key, text.facts.get("acts", ()))

    def draft(self) -> Draft:
        facts = self.text.facts
        fields = texts.fields_from(self.story, self.text, self.text.body)
        if self.text.key == self.text.slug and self.text.state == "published":
            fields = replace(fields, body=self.manuscripts.begin(self.text.slug, fields.body))
        author = self.story.people[facts["author"]]
        return texts.start_draft(self.story, self.text.slug, fields, by=author, kind=facts["kind"])

    def submit(self) -> None:
        texts.submit(self.story, self.text.key, self.draft(), self.text.facts.get("note") or "")

    def claim(self) -> None:
        curator = self.story.people[self.text.facts["approved_by"]]
        workflow.claim(self.story.session, self.story.reviews[self.text.key].id, by=curator)

    def approve(self) -> None:
        review = self.story.reviews[self.text.key]
        texts.approve(self.story, review, by=self.story.people[self.text.facts["approved_by"]])
        self.story.articles[self.text.slug] = review.article
