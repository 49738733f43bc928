"""The rules of a topic: for everybody to read, for those entitled to change."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import Conflict, Invalid, NotAllowed
from core.web import number, posted
from kb import policy, policy_form, policy_words
from kb.models import Kind, Topic
from kb.policy import Policies
from kb.routes import bp
from kb.topics import Deciders, find, find_moved
from people import company
from people.models import User
from people.signin import me


@bp.get("/topics/<slug>/policy")
def topic_policy(slug: str) -> Any:
    topic = find(db.session, slug)
    if topic is None:
        return _moved(slug)
    policies, rows = Policies(db.session), policy.history(db.session, topic.id)
    names = policy_words.names_in(db.session, policies, rows)
    holds = policies.of(topic.id)
    return render_template(
        "kb/policy.html",
        topic=topic,
        path=policies.tree.path(topic.id)[:-1],
        policy=holds,
        deciders=Deciders(db.session).people_for(db.session, topic.id),
        backup=topic.backup,
        approvals=policy_words.approval_sentences(holds, names),
        times=policy_words.time_sentences(holds, company.calendar(db.session)),
        fast_lane=policy_words.fast_lane_sentences(holds),
        care=policy_words.care_sentences(holds),
        skeletons=_skeletons(policies, topic),
        history=policy_words.told(rows, names),
        above=_above(policies, topic),
        can_change=policy.can_change(db.session, me(), topic.id),
    )


@bp.get("/topics/<slug>/policy/edit")
def edit_policy(slug: str) -> Any:
    topic = find(db.session, slug)
    if topic is None:
        return _moved(slug)
    _require(topic)
    return _editor(topic)


@bp.post("/topics/<slug>/policy")
def change_policy(slug: str) -> Any:
    topic = find(db.session, slug) or find_moved(db.session, slug) or abort(404)
    _require(topic)
    sent = posted()
    try:
        policy.change(
            db.session,
            topic,
            policy_form.parse(db.session, sent),
            expected_number=number(sent.get("number")),
            note=sent.get("note", ""),
            by=me(),
        )
    except (Conflict, Invalid) as error:
        db.session.rollback()
        return _editor(topic, sent=sent, problem=error), error.status
    db.session.commit()
    flash(f"The rules of {topic.name} have changed. Reviews that are decided keep theirs.")
    return redirect(url_for("kb.topic_policy", slug=topic.slug), 303)


def _require(topic: Topic) -> None:
    if not policy.can_change(db.session, me(), topic.id):
        raise NotAllowed(
            "Only administrators and the curators named for this topic change its rules."
        )


def _editor(
    topic: Topic,
    *,
    sent: Mapping[str, str] | None = None,
    problem: Conflict | Invalid | None = None,
) -> str:
    policies = Policies(db.session)
    names = policy_words.names_in(db.session, policies)
    above = policies.above(topic.id)
    form = policy_form.shown(policies, topic.id, _handles(names))
    if sent is not None:  # what was typed; saved again, it is a change of what holds by now
        form = {**form, **sent, "number": form["number"]}
    return render_template(
        "kb/policy_edit.html",
        topic=topic,
        form=form,
        above={name: policy_words.value_words(name, above, names) for name in policy.NAMES},
        source={name: _source(policies, topic, name) for name in policy.NAMES},
        ranges=policy.RANGES,
        most_items=policy.MOST_ITEMS,
        longest_item=policy.LONGEST_ITEM,
        longest_note=policy.LONGEST_NOTE,
        longest_skeleton=policy.LONGEST_SKELETON,
        kinds=list(Kind),
        errors=problem.fields if isinstance(problem, Invalid) else {},
        problem=problem,
    )


def _source(policies: Policies, topic: Topic, rule: str) -> str:
    """Where a rule would come from that the topic does not set: "Sales", or nowhere in particular."""
    node = policies.source(topic.id, rule)
    return node.name if node else ""


def _above(policies: Policies, topic: Topic) -> list[Any]:
    """Topics that some of these rules come from, the nearest first."""
    found = {}
    for rule in policy.NAMES:
        node = policies.source(topic.id, rule)
        if node and getattr(policies.rules(topic.id), rule) is None:
            found[node.id] = node
    return [node for node in reversed(policies.tree.path(topic.id)) if node.id in found]


def _skeletons(policies: Policies, topic: Topic) -> list[tuple[str, str]]:
    """(kind, words) for which this topic begins a text differently from the rest."""
    usual = policy.DEFAULT.skeletons
    given = policies.of(topic.id).skeletons
    return [
        (kind.value, words)
        for kind, words in policy_words.KINDS.items()
        if given[kind.value] != usual[kind.value]
    ]


def _handles(names: Mapping[int, str]) -> dict[int, str]:
    rows = db.session.execute(sa.select(User.id, User.handle).where(User.id.in_(names)))
    return {row.id: row.handle for row in rows}


def _moved(slug: str) -> Any:
    target = find_moved(db.session, slug)
    if target is None or request.endpoint is None:
        abort(404)
    return redirect(url_for(request.endpoint, slug=target.slug), 301)
