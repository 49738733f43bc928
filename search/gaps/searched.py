"""Wordings of a card that were searched for, as curators saw them: what may be personal is hidden.

What is hidden nobody is sent, not even in a form, so such a wording is told by the id of a record of
its search. The card keeps its key, by which searches are counted, no longer than there are records
of such searches, and never what was hidden in the text that is shown.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.text import one_line
from search.keys import key_of
from search.models import GapWording, SearchRecord
from search.query import parse
from search.report.masking import HIDDEN, masked

EVERY_SECONDS = 24 * 3600


def wordings(session: Session, ids: Sequence[int]) -> dict[str, str]:
    """By their keys, the wordings of searches without what may be personal; those still recorded."""
    if not ids:
        return {}
    query = sa.select(SearchRecord.id, SearchRecord.key, SearchRecord.query)
    found = {row.id: row for row in session.execute(query.where(SearchRecord.id.in_(ids)))}
    rows = [found[id_] for id_ in ids if id_ in found]
    return {row.key: masked(one_line(row.query)) for row in rows}


def forget_hidden(session: Session) -> None:
    """What was hidden in a wording goes once no record has it any more."""
    is_recorded = sa.exists().where(SearchRecord.key == GapWording.key)
    hiding = sa.select(GapWording).where(GapWording.query.contains(HIDDEN), ~is_recorded)
    for wording in session.scalars(hiding).all():
        if key_of(parse(wording.query)) != wording.key:
            session.delete(wording)
