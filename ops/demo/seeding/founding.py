"""What a company has before it has knowledge: people, topics, working times, rules, tools of its curators."""

from functools import partial
from typing import Any

from curation import reasons, saved
from curation.filters import QueueFilter
from curation.models import ReasonUse
from kb import policy, topics
from kb.policy import Item, Rules
from ops.demo import reading
from ops.demo.seeding.story import Story
from people import accounts, company
from people.company import Times
from people.models import Role

PASSWORD = "coffee-for-everyone"


def found(story: Story) -> None:
    """People and topics at once; rules, reasons and filters when they came to be."""
    _add_people(story)
    _add_topics(story)
    _choose_times(story)
    for facts in reading.entries("policies.yaml"):
        story.at(story.moment(facts["days_ago"]), partial(_change_rules, story, facts))
    for facts in reading.entries("reasons.yaml"):
        story.at(story.moment(facts["days_ago"]), partial(_add_reason, story, facts))
    for facts in reading.entries("filters.yaml"):
        story.at(story.moment(facts["days_ago"]), partial(_save_filter, story, facts))


def _add_people(story: Story) -> None:
    for facts in reading.people():
        story.people[facts["handle"]] = accounts.add_person(
            story.session,
            email=facts["email"],
            name=facts["name"],
            handle=facts["handle"],
            team=facts["team"],
            role=Role(facts["role"]),
            password=PASSWORD,
            demo=True,
        )


def _add_topics(story: Story) -> None:
    admin = story.admin
    for facts in reading.topics():
        topic = topics.add(
            story.session,
            name=facts["name"],
            description=facts["description"],
            parent=story.topics[facts["parent"]] if facts["parent"] else None,
            by=admin,
        )
        curators = [story.people[handle] for handle in facts["curators"]]
        backup = story.people[facts["backup"]] if facts["backup"] and curators else None
        topics.name_curators(story.session, topic, curators, backup, by=admin)
        topic.demo = True
        story.topics[facts["slug"]] = topic


def _choose_times(story: Story) -> None:
    facts = reading.facts("company.yaml")
    hours = tuple(facts["hours"])
    chosen = Times(
        time_zone=facts["time_zone"],
        hours=dict.fromkeys(range(5), (hours[0], hours[1])),
        country=facts["country"],
        days_off=(),
        coordinator_id=story.people[facts["coordinator"]].id,
    )
    former = company.times(story.session).mark
    company.change(story.session, chosen, former=former, by=story.admin)


def _change_rules(story: Story, facts: dict[str, Any]) -> None:
    """All the rules that a topic sets itself, in the place of those it had."""
    topic = story.topics[facts["topic"]]
    given = dict(facts["rules"])
    if "publishers" in given:
        given["publishers"] = tuple(story.people[handle].id for handle in given["publishers"])
    if "checklist" in given:
        given["checklist"] = tuple(Item(key, text) for key, text in given["checklist"].items())
    policy.change(
        story.session,
        topic,
        Rules(**given),
        expected_number=policy.Policies(story.session).number(topic.id),
        note=facts["note"],
        by=story.people[facts["by"]],
    )


def _add_reason(story: Story, facts: dict[str, Any]) -> None:
    reason = reasons.add(
        story.session,
        topic=story.topics[facts["topic"]] if facts["topic"] else None,
        use=ReasonUse(facts["use"]),
        title=facts["title"],
        text=facts["text"],
        by=story.people[facts["by"]],
    )
    if facts.get("retired"):
        reasons.retire(story.session, reason, by=story.people[facts["by"]])


def _save_filter(story: Story, facts: dict[str, Any]) -> None:
    chosen = QueueFilter.parse(facts["filter"])
    saved.save(story.session, chosen, facts["name"], by=story.people[facts["by"]])
