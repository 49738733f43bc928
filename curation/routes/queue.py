"""The queue."""

from typing import Any

from flask import render_template, request

from core.db import db
from core.errors import NotAllowed
from core.web import page_of
from curation import queries
from curation.permissions import can_see_queue
from curation.queries import QueueFilter
from curation.routes.blueprint import bp
from kb.models import Kind
from kb.topics import tree
from people.signin import me


@bp.get("/reviews")
def queue() -> Any:
    if not can_see_queue(me()):
        raise NotAllowed("The queue is for curators. Your own submissions are on your drafts page.")
    args = request.args
    filter_ = QueueFilter(
        topic=args.get("topic", ""),
        kind=args.get("kind", ""),
        state=args.get("state", ""),
        mine=args.get("mine") == "1",
        yours=args.get("yours") == "1",
    )
    page = page_of(queries.queue_length(db.session, me(), filter_))
    reviews = queries.queue_part(db.session, me(), filter_, offset=page.offset, limit=page.size)
    return render_template(
        "curation/queue.html",
        reviews=reviews,
        page=page,
        filter=filter_,
        by_state=queries.counts_by_state(db.session, me(), filter_),
        topics=tree(db.session).choices(),
        kinds=list(Kind),
    )
