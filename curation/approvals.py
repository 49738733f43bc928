"""Whose approvals stand on the text as it is: a changed text has none."""

from curation.models import Action, Review

_APPROVING = (Action.ENDORSE, Action.EDIT_AND_ENDORSE)
_CHANGING = (Action.SUBMIT, Action.ACCEPT, Action.EDIT_AND_ENDORSE)


def standing(review: Review) -> set[int]:
    """Ids of those who approved the present text of an open review."""
    people: set[int] = set()
    for entry in review.entries:
        if entry.action in _CHANGING:
            people.clear()
        if entry.action is Action.BRING_UP and not entry.detail.get("same"):
            people.clear()  # the author's own change reads differently now
        if entry.action in _APPROVING:
            people.add(entry.actor_id)
    return people
