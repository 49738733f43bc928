"""Uploading images and showing them to those who may read a text with them."""

from typing import Any

from flask import Response, abort, jsonify, redirect, request, url_for

from core import images, turns
from core.db import db
from core.errors import Invalid
from core.web import settings
from kb import attachments
from kb.models import Attachment
from kb.permissions import can_read_attachment
from kb.routes import bp
from people.signin import me


@bp.post("/attachments")
def upload() -> Any:
    file = request.files.get("file")
    if file is None:
        raise Invalid(
            "No file arrived. Choose an image and try again.", {"file": "Choose an image."}
        )
    data = file.stream.read(settings().image_mb * attachments.MEGABYTE + 1)
    attachments.check_size(settings(), len(data))
    with turns.images.take(me().id):
        image = images.clean(data)
    kept = attachments.keep(db.session, settings(), image, name=file.filename or "", by=me())
    db.session.commit()
    url = url_for("kb.attachment", attachment_id=kept.id, name=kept.name)
    return jsonify(url=url, markdown=attachments.markdown(kept, url)), 201


@bp.get("/attachments/<int:attachment_id>/<name>")
def attachment(attachment_id: int, name: str) -> Any:
    found = db.session.get(Attachment, attachment_id)
    if found is None or not can_read_attachment(db.session, me(), found):
        abort(404)
    if name != found.name:
        return redirect(url_for("kb.attachment", attachment_id=found.id, name=found.name), 301)
    headers = {
        "Cache-Control": "private, no-cache",  # asked for anew each time, for who may see it can change
        "ETag": f'"{found.sha256}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if found.sha256 in request.if_none_match:
        return Response(status=304, headers=headers)
    try:
        data = attachments.read(settings(), found)
    except OSError:
        abort(404)
    return Response(data, content_type=found.media_type, headers=headers)
