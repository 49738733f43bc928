"""Images in texts: taken in clean, kept by content hash, within each person's share."""

import hashlib
import os
import tempfile
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.config import Config
from core.errors import Invalid, TooLarge
from core.images import CleanImage
from core.text import one_line
from kb.models import Attachment
from people.models import User

MEGABYTE = 1_000_000


def check_size(config: Config, size: int) -> None:
    """Raise TooLarge for an image over the limit, before anything is decoded."""
    if size > config.image_mb * MEGABYTE:
        raise TooLarge(
            f"An image may have at most {config.image_mb} MB; this one has {size / MEGABYTE:.1f} MB."
        )
    if size == 0:
        raise Invalid("That file is empty.", {"file": "Choose an image."})


def keep(session: Session, config: Config, image: CleanImage, *, name: str, by: User) -> Attachment:
    """Store a decoded image for this person; the same image again is the same attachment."""
    sha256 = hashlib.sha256(image.data).hexdigest()
    mine = sa.select(Attachment).where(Attachment.uploader_id == by.id)
    existing = session.scalar(mine.where(Attachment.sha256 == sha256))
    if existing is not None:
        return existing
    used = sa.select(sa.func.coalesce(sa.func.sum(Attachment.size), 0)).where(
        Attachment.uploader_id == by.id
    )
    if (session.scalar(used) or 0) + len(image.data) > config.files_mb * MEGABYTE:
        raise TooLarge(
            f"Your images would take more than {config.files_mb} MB together. Ask an administrator."
        )
    _write(_path(config, sha256), image.data)
    attachment = Attachment(
        sha256=sha256,
        name=clean_name(name, image.extension),
        media_type=image.media_type,
        size=len(image.data),
        width=image.width,
        height=image.height,
        uploader_id=by.id,
        uploaded_at=clock.now(),
    )
    session.add(attachment)
    session.flush()  # its address carries the id
    return attachment


def read(config: Config, attachment: Attachment) -> bytes:
    """The bytes; raises OSError when the store does not have them."""
    return _path(config, attachment.sha256).read_bytes()


def clean_name(name: str, extension: str) -> str:
    """A harmless file name: no folders, one line, letters, digits, points and hyphens, the true ending."""
    base = one_line(name.replace("\\", "/").rpartition("/")[2])
    stem = base.rpartition(".")[0] or base
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in stem)
    while "--" in kept:
        kept = kept.replace("--", "-")
    return f"{kept.strip('-_')[:80] or 'image'}.{extension.lstrip('.')}"


def markdown(attachment: Attachment, url: str) -> str:
    """The text that shows the image, its size told so that nothing jumps while it loads.

    The description, made of the file's name, is for its writer to improve.
    """
    description = attachment.name.rpartition(".")[0].replace("-", " ").replace("_", " ").strip()
    return f"![{description}]({url}#{attachment.width}x{attachment.height})"


def _path(config: Config, sha256: str) -> Path:
    return config.data / "files" / sha256[:2] / sha256


def _write(path: Path, data: bytes) -> None:
    """All or nothing: a killed process leaves no half file under the final name."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
