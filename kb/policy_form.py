"""The form that changes a topic's rules: what it shows, and what it sends, read and checked."""

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session

from core.errors import Invalid
from kb.models import Kind
from kb.policy import MOST_ITEMS, RANGES, Item, Policies, Rules
from people import accounts

OWN, INHERITED = "own", ""
NUMBERS = ("fast_after", "fast_words", "target_hours", "verify_every_days")


def shown(policies: Policies, topic_id: int, handles: Mapping[int, str]) -> dict[str, str]:
    """A topic's own rules as the form shows them; where it has none, what it would begin from."""
    rules, policy = policies.rules(topic_id), policies.of(topic_id)
    form = {name: _text(getattr(rules, name)) for name in ("approvals", *NUMBERS)}
    form["fast_lane"] = {None: "", True: "yes", False: "no"}[rules.fast_lane]
    form["publishers_rule"] = _rule(rules.publishers)
    if rules.publishers is not None and not rules.publishers:
        form["publishers_rule"] = "anybody"
    people = [handles[each] for each in sorted(policy.publishers) if each in handles]
    form["publishers"] = ", ".join(people)
    form["checklist_rule"] = _rule(rules.checklist)
    for n, item in enumerate(policy.checklist, 1):
        form[f"checklist_{n}"], form[f"checklist_{n}_key"] = item.text, item.key
    for kind in Kind:
        form[f"skeleton_{kind}_rule"] = _rule((rules.skeletons or {}).get(kind.value))
        form[f"skeleton_{kind}"] = policy.skeletons[kind.value]
    form["number"] = str(policies.number(topic_id))
    return form


def parse(session: Session, sent: Mapping[str, str]) -> Rules:
    """What the form sent; raises Invalid naming each field that cannot be read."""
    errors: dict[str, str] = {}
    numbers = {name: _number(name, sent, errors) for name in ("approvals", *NUMBERS)}
    publishers = _publishers(session, sent, errors)
    checklist = None
    if sent.get("checklist_rule") == OWN:
        checklist = tuple(
            Item(sent.get(f"checklist_{n}_key", ""), sent.get(f"checklist_{n}", ""))
            for n in range(1, MOST_ITEMS + 1)
        )
    own = [kind for kind in Kind if sent.get(f"skeleton_{kind}_rule") == OWN]
    skeletons = {kind.value: sent.get(f"skeleton_{kind}", "") for kind in own}
    if errors:
        raise Invalid("Not saved. " + " ".join(dict.fromkeys(errors.values())), errors)
    return Rules(
        **numbers,
        publishers=publishers,
        fast_lane={"yes": True, "no": False}.get(sent.get("fast_lane", "")),
        checklist=checklist,
        skeletons=skeletons or None,
    )


def _number(name: str, sent: Mapping[str, str], errors: dict[str, str]) -> int | None:
    text = sent.get(name, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text):
        least, most = RANGES[name]
        errors[name] = f"Choose a number from {least} to {most}."
        return None
    return int(text)


def _publishers(
    session: Session, sent: Mapping[str, str], errors: dict[str, str]
) -> tuple[int, ...] | None:
    rule = sent.get("publishers_rule", "")
    if rule != OWN:
        return () if rule == "anybody" else None
    words = [word.strip() for word in sent.get("publishers", "").split(",") if word.strip()]
    found = {word: accounts.find_by_word(session, word) for word in words[:50]}
    unknown = [word for word, person in found.items() if person is None]
    if unknown:
        names = ", ".join(unknown)
        errors["publishers"] = (
            f"Nobody here goes by {names[:200]}. Use an e-mail address or a handle."
        )
    elif not found:
        errors["publishers"] = "Name at least one person, or choose that whoever decides publishes."
    return tuple(dict.fromkeys(person.id for person in found.values() if person))


def _rule(value: object) -> str:
    return INHERITED if value is None else OWN


def _text(value: int | None) -> str:
    return "" if value is None else str(value)
