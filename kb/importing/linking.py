"""Where the links and images of an imported text lead, and how they are written in the article."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote

from core import images
from core.config import Config
from core.errors import DomainError
from core.images import CleanImage
from core.markup.wiki import WIKI_LINK
from kb import attachments
from kb.importing import reading
from kb.importing.plan import End
from kb.importing.reading import SUFFIXES, Unreadable
from kb.importing.references import Instead, Reference, references, rewrite

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|\?|$", re.IGNORECASE)
_IMAGE = re.compile(r"\.(png|jpe?g|gif|webp|svg|bmp|tiff?|avif|heic|ico)$", re.IGNORECASE)
_NOT_PLAIN = re.compile(r"[\[\]|\n\\*_~`<>&!]")


@dataclass(frozen=True)
class Picture:
    """A local image: its bytes' digest, or why it stays behind."""

    path: str
    sha256: str = ""
    problem: str = ""


def local_path(source: str, target: str) -> tuple[str, str] | None:
    """(path below the folder, fragment) of a relative address; nothing for one that is not."""
    if _ELSEWHERE.match(target):
        return None
    address, _, fragment = target.partition("#")
    path = unquote(address.partition("?")[0])
    if not path or path.startswith(("/", "\\")) or "\0" in path:
        return None
    joined = normpath(str(PurePosixPath(source).parent / path))
    return None if joined == ".." or joined.startswith("../") else (joined, fragment)


class Links:
    """Answers for the links between the files of one import."""

    def __init__(self, ends: Mapping[str, End]) -> None:
        self.ends = ends

    def end(self, source: str, target: str) -> tuple[str, str] | None:
        """(path of the imported file, fragment) that a link leads to."""
        local = local_path(source, target)
        if local is None:
            return None
        path, fragment = local
        # Wikis and site generators write links to files without their ending.
        tries = (
            path,
            *(path + suffix for suffix in SUFFIXES),
            f"{path}/index.md",
            f"{path}/README.md",
        )
        found = next((each for each in tries if each in self.ends), None)
        return (found, fragment) if found else None


def surroundings(
    source: str, body: str, links: Links, pictures: Mapping[str, Picture], *options: str
) -> str:
    """A digest of what shapes an article besides its file: options, which links lead, images."""
    digest = hashlib.sha256("\0".join(options).encode())
    for reference in references(body):
        end = links.end(source, reference.target)
        picture = pictures.get(reference.target)
        if end or picture:
            fact = end[0] if end else f"{picture.sha256}{picture.problem}" if picture else ""
            digest.update(f"\0{reference.target}\0{fact}".encode("utf-8", "replace"))
    return digest.hexdigest()


def pictures(
    folder: Path, source: str, body: str, links: Links, config: Config
) -> dict[str, Picture]:
    """The local images of a text, by the address they are written with."""
    found: dict[str, Picture] = {}
    for reference in references(body):
        if reference.target in found or links.end(source, reference.target):
            continue
        if reference.kind == "image" or _IMAGE.search(reference.target.partition("#")[0]):
            picture = _picture(folder, source, reference, config)
            if picture is not None:
                found[reference.target] = picture
    return found


def _picture(folder: Path, source: str, reference: Reference, config: Config) -> Picture | None:
    target = reference.target
    local = local_path(source, target)
    if local is None:
        if re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE) and not target.lower().startswith(
            "file:"
        ):
            return None  # from elsewhere: it stays as typed
        if reference.kind != "image" or target.startswith(("//", "/attachments/")):
            return None
        return Picture(target, problem="Its path leads out of the imported folder.")
    try:
        data = reading.read_bytes(folder, local[0], config.image_mb * attachments.MEGABYTE)
    except Unreadable as error:
        # Text files use links to all sorts of things; only a missing image is worth a word.
        return Picture(local[0], problem=str(error)) if reference.kind == "image" else None
    return Picture(local[0], sha256=hashlib.sha256(data).hexdigest())


def clean(folder: Path, picture: Picture, config: Config) -> CleanImage | str:
    """The image ready to be kept, or why it cannot be."""
    try:
        data = reading.read_bytes(folder, picture.path, config.image_mb * attachments.MEGABYTE)
        attachments.check_size(config, len(data))
        return images.clean(data)
    except Unreadable as error:
        return str(error)
    except DomainError as error:
        return error.message


def rewritten(source: str, body: str, links: Links, kept: Mapping[str, str]) -> str:
    """The body with links between files as article links, and local images as attachments.

    `kept` has the new addresses of images by those they are written with.
    """

    def change(reference: Reference) -> str | Instead | None:
        if reference.target in kept:
            return kept[reference.target]
        end = links.end(source, reference.target)
        if end is None or reference.kind == "image":
            return None
        return _link(links.ends[end[0]], end[1], reference, body)

    return rewrite(body, change)


def _link(end: End, fragment: str, reference: Reference, body: str) -> str | Instead:
    """An address where there is an article; else a wiki link, which says so and heals by itself."""
    address = f"/articles/{end.slug}" + (f"#h-{fragment}" if fragment else "")
    if end.readable or reference.kind == "definition":
        return address
    wiki = (
        f"[[{end.title}]]" if reference.label == end.title else f"[[{end.title}|{reference.label}]]"
    )
    line_start = body.rfind("\n", 0, reference.start) + 1
    line = body[line_start : (body + "\n").index("\n", reference.end)]
    expressible = (
        WIKI_LINK.fullmatch(wiki)
        and reference.label.strip()
        and not _NOT_PLAIN.search(reference.label)
        and "|" not in line  # in a table the bar would end the cell
        and body[reference.end : reference.end + 1] not in ("(", "[")
    )
    return Instead(wiki) if expressible else address


def dead_links(source: str, body: str, links: Links) -> Iterator[str]:
    """Links to text files that are not part of the import."""
    for reference in references(body):
        address = reference.target.partition("#")[0].lower()
        local = local_path(source, reference.target)
        if local and address.endswith(SUFFIXES) and not links.end(source, reference.target):
            yield reference.target
