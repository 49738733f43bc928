"""Rules of the state machine: people write, alone and together, and hand in."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from core.errors import Conflict
from kb import drafts, standing
from kb.merging import Choice
from kb.models import Article, Draft
from kb.picking import Picking, Picks
from people.models import User
from tests.curation.machine.company import EITHER, LINES, RIGHT, Company, act, people, picks, text
from tests.factories import edit, fields_of, make_draft, submit

MOST_DRAFTS = 6
authors = ["Alice", "Bob"]


class Writing(Company):
    @act(
        often=2,
        name=authors,
        place=range(6),
        which=range(4),
        together=(False, False, True),
        at_once=EITHER,
    )
    def start_a_draft(
        self, name: str, place: int, which: int, together: bool, at_once: bool
    ) -> None:
        """Of an article that is there, or of a new one."""
        who = self.person(name)
        if (self.session.scalar(sa.select(sa.func.count(Draft.id))) or 0) >= MOST_DRAFTS:
            return
        line = self.line(who)
        coauthors = [self.person("Cleo")] if together else []
        if which < 2:
            article = self.session.get_one(Article, self.world.articles[which])
            ground = standing.ground_of(article)
            lines = ground.body.split("\n\n") if ground else []
            lines.insert(place, line)
            typed = text(lines)
            given: dict[str, Any] = {"article": article}
        else:
            typed = text([*LINES[:2], line])
            given = {"title": line, "topic": self.topic("Travel" if which == 2 else "Money")}
        if self.request(
            lambda: make_draft(self.session, who, body=typed, coauthors=coauthors, **given)
        ):
            [made] = self.all(sa.select(Draft).where(Draft.body == typed))
            self.typed[made.id] = typed
            if at_once:
                self.hand_in(made, who)

    @act(often=2, pick=picks, name=people, line=range(0, 5), more=EITHER)
    def save_a_draft(self, pick: int, name: str, line: int, more: bool) -> None:
        """Another line in the place of one that is there, or between two."""
        draft = self.draft(pick)
        if draft is None:
            return
        by = self.person(name, draft.author)
        lines = draft.body.split("\n\n")
        lines[line : line if more else line + 1] = [self.line(by)]
        locked, writers = draft.locked, {draft.author_id, *(p.id for p in draft.coauthors)}
        if self.request(lambda: edit(self.session, draft, by=by, body=text(lines))):
            assert not locked
            assert by.id in writers
            self.typed[draft.id] = text(lines)

    @act(pick=picks, name=people)
    def save_in_an_old_window(self, pick: int, name: str) -> None:
        draft = self.draft(pick)
        if draft is not None and draft.version > 1:
            by, line = self.person(name, draft.author), self.line(self.person(name, draft.author))
            fields = fields_of(draft, body=text([draft.body, line]))
            old = draft.version - 1
            assert not self.request(
                lambda: drafts.save(self.session, draft, fields, version=old, by=by)
            )

    @act(pick=picks, name=people)
    def rebase_a_draft(self, pick: int, name: str) -> None:
        draft = self.draft(pick)
        if draft is not None:
            by = self.person(name, draft.author)
            self.carried_over(draft, lambda: drafts.rebase(self.session, draft, by=by))

    def carried_over(
        self, draft: Draft, act: Callable[[], object], logs: tuple[int] = (0,)
    ) -> bool:
        """Whatever its author added to the base must still stand in the merged text."""
        base = set(draft.base.body.split("\n")) if draft.base else set()
        mine = set(draft.body.split("\n")) - base
        if not self.request(act, logs):
            return False
        assert mine <= set(draft.body.split("\n"))
        self.typed[draft.id] = draft.body
        return True

    @act(pick=picks, name=people, kind=["mine", "live", "both"])
    def pick_places(self, pick: int, name: str, kind: str) -> None:
        """Choose where both changed the same."""
        draft = self.draft(pick)
        found = self.picking_of(draft)
        if draft is None or found is None:
            return
        by, version = self.person(name, draft.author), draft.version
        places: dict[int, Choice] = dict.fromkeys(found.conflicts, (kind, ""))
        fields = dict.fromkeys(found.fields, "live" if kind == "live" else "mine")
        chosen = Picks(places, fields)
        ground = standing.ground_of(draft.article) if draft.article else None
        live = ground.id if ground else 0
        typed = set(draft.body.split("\n")) - set(found.base.body.split("\n"))
        if self.request(
            lambda: drafts.pick(self.session, draft, chosen, live_id=live, version=version, by=by)
        ):
            assert kind == "live" or typed <= set(draft.body.split("\n"))
            assert draft.base_id == live
            self.typed[draft.id] = draft.body

    def picking_of(self, draft: Draft | None) -> Picking | None:
        try:
            return drafts.picking_of(draft) if draft is not None else None
        except Conflict:
            return None  # the text to choose from is withheld from its author

    @act(often=3, pick=picks, name=people)
    def submit_a_draft(self, pick: int, name: str) -> None:
        draft = self.draft(pick)
        if draft is None:
            return
        by = self.person(name, draft.author)
        if name == RIGHT and drafts.base_moved(draft):
            self.carried_over(draft, lambda: drafts.rebase(self.session, draft, by=by))
        self.hand_in(draft, by)

    def hand_in(self, draft: Draft, by: User) -> None:
        writers = {draft.author_id, *(person.id for person in draft.coauthors)}
        article = draft.article
        base = draft.base_id
        ground = standing.base_id(self.session, article) if article else None
        if self.request(lambda: submit(self.session, draft, by=by), logs=(1,)):
            assert by.id in writers
            assert base == ground
