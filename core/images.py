"""Makes an uploaded image harmless: decodes it in a worker and encodes its pixels anew."""

import logging
import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from core import sandbox
from core.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from PIL.Image import Image

BYTES = 32 * 1024 * 1024  # whatever the setting for uploads says
PIXELS = 25_000_000
LONGEST_SIDE = 16_383  # what WebP can hold
FRAMES = 200
ANIMATED_PIXELS = 40_000_000  # in all frames together
SECONDS = 6.0  # measured: 25 million pixels take up to 3.8 to encode, and 700 MB as WebP

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CleanImage:
    """An image that holds its pixels and nothing else."""

    data: bytes
    media_type: str
    extension: str
    width: int
    height: int


class ImageError(Exception):
    """Why an image is not accepted, as a sentence for whoever uploads it."""


def clean(data: bytes) -> CleanImage:
    """The same picture without metadata or anything hidden in the file; Invalid with the reason."""
    if len(data) > BYTES:
        sentence = f"This file has more than {BYTES // 1024 // 1024} MB. Make it smaller."
        raise Invalid(sentence, {"file": sentence})
    try:
        return sandbox.run(_clean, data, timeout=SECONDS, memory=sandbox.MOST_MEMORY)
    except ImageError as error:
        sentence = str(error)
    except sandbox.Overloaded as error:
        message = "Many images are being read right now. Try again in a moment."
        raise Unavailable(message) from error
    except sandbox.TaskError:
        sentence = "This image is too much work to read. Make it smaller and try again."
    except Exception:
        log.exception("An image could not be read")
        sentence = _DAMAGED
    raise Invalid(sentence, {"file": sentence})


_FORMATS = {
    # MPO is what phones call a JPEG that carries further images; the first one is the photograph.
    "JPEG": ("JPEG", "image/jpeg", "jpg"),
    "MPO": ("JPEG", "image/jpeg", "jpg"),
    "PNG": ("PNG", "image/png", "png"),
    "GIF": ("GIF", "image/gif", "gif"),
    "WEBP": ("WEBP", "image/webp", "webp"),
}
_DAMAGED = "This image is damaged or incomplete. Export it again and try once more."
_TOO_LARGE = (
    f"This image has more than {PIXELS // 1_000_000} million pixels, or a side longer than "
    f"{LONGEST_SIDE:,}. Make it smaller and try again."
)


def _clean(data: bytes) -> CleanImage:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = PIXELS
    _refuse_by_name(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
                return _encode(image)
    except (ImageError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(_TOO_LARGE) from error
    except UnidentifiedImageError as error:
        raise ImageError("Only PNG, JPEG, GIF and WebP images are accepted.") from error
    except Exception as error:  # decoders fail in every way there is
        raise ImageError(_DAMAGED) from error


def _refuse_by_name(data: bytes) -> None:
    """Names the formats that people try and we do not take."""
    head = data[:4096]
    if not data:
        raise ImageError("This file is empty.")
    if (
        re.search(rb"<svg[\s>]", head, re.IGNORECASE)
        and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    ):
        raise ImageError("SVG images are not accepted; export it as PNG.")
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise ImageError("HEIC and AVIF images are not accepted; export it as JPEG.")


def _encode(image: "Image") -> CleanImage:
    name, media_type, extension = _FORMATS[image.format or ""]
    width, height = image.size
    if width * height > PIXELS or max(width, height) > LONGEST_SIDE:
        raise ImageError(_TOO_LARGE)
    frames = getattr(image, "n_frames", 1)
    if frames > FRAMES:
        raise ImageError(f"This animation has more than {FRAMES} frames. Shorten it and try again.")
    output = BytesIO()
    if frames > 1 and name in ("GIF", "WEBP"):
        size = _save_animation(image, name, frames, output)
    else:
        size = _save_still(image, name, output)
    return CleanImage(output.getvalue(), media_type, extension, *size)


_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88, "optimize": True},
    "PNG": {"compress_level": 6},
    "GIF": {},
    "WEBP": {"quality": 88, "method": 3},
}


def _save_still(image: "Image", name: str, output: BytesIO) -> tuple[int, int]:
    from PIL import ImageOps

    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    bare = _bare(image, name)
    bare.save(output, name, **_OPTIONS[name])
    return bare.size


def _bare(image: "Image", name: str) -> "Image":
    """The pixels in a mode that the format can hold, without what came along."""
    transparent = "transparency" in image.info or image.mode in ("RGBA", "LA", "PA")
    if name == "JPEG":
        bare = image.copy() if image.mode in ("L", "RGB") else image.convert("RGB")
    elif transparent:
        bare = image.convert("RGBA")
    elif image.mode in ("1", "L", "P", "RGB"):
        bare = image.copy()
    else:
        bare = image.convert("RGB")
    bare.info.clear()
    return bare


def _save_animation(image: "Image", name: str, frames: int, output: BytesIO) -> tuple[int, int]:
    width, height = image.size
    if width * height * frames > ANIMATED_PIXELS:
        raise ImageError("This animation is too large. Make it smaller or shorter and try again.")
    pictures, durations = [], []
    loop = image.info.get("loop")
    for number in range(frames):
        image.seek(number)
        picture = image.convert("RGBA")
        picture.info.clear()
        pictures.append(picture)
        durations.append(max(20, min(int(image.info.get("duration", 100) or 100), 60_000)))
    options: dict[str, Any] = {} if loop is None else {"loop": int(loop)}
    if name == "GIF":
        options["disposal"] = 2
    first, *others = pictures
    first.save(output, name, save_all=True, append_images=others, duration=durations, **options)
    return first.size
