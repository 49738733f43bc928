"""Uploaded images: what is kept, what is taken out, and what is refused with which words."""

import contextlib
import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from core import images
from core.errors import Invalid

SIZE = (48, 64)


def picture(mode: str = "RGB") -> Image.Image:
    gradient = Image.linear_gradient("L").resize(SIZE)
    return Image.merge(
        "RGB", [gradient, gradient.transpose(Image.Transpose.ROTATE_180), gradient]
    ).convert(mode)


def encoded(image: Image.Image, name: str, **options: Any) -> bytes:
    output = io.BytesIO()
    image.save(output, name, **options)
    return output.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *extra: bytes) -> bytes:
    """A PNG that claims a size and is as small as that allows."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    pixels = zlib.compress(bytes(min((width // 8 + 1) * height, 1_000_000)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + b"".join(extra)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        images.clean(data)
    assert refused.value.fields == {"file": refused.value.message}
    return refused.value.message


@pytest.mark.parametrize(
    ("name", "mode", "media_type", "extension"),
    [
        ("PNG", "RGB", "image/png", "png"),
        ("PNG", "RGBA", "image/png", "png"),
        ("PNG", "P", "image/png", "png"),
        ("PNG", "L", "image/png", "png"),
        ("PNG", "1", "image/png", "png"),
        ("PNG", "LA", "image/png", "png"),
        ("PNG", "I;16", "image/png", "png"),
        ("JPEG", "RGB", "image/jpeg", "jpg"),
        ("JPEG", "L", "image/jpeg", "jpg"),
        ("JPEG", "CMYK", "image/jpeg", "jpg"),
        ("GIF", "P", "image/gif", "gif"),
        ("WEBP", "RGB", "image/webp", "webp"),
        ("WEBP", "RGBA", "image/webp", "webp"),
    ],
)
def test_an_honest_image_stays_the_same_picture(
    name: str, mode: str, media_type: str, extension: str
) -> None:
    image = picture("L").convert("I;16") if mode == "I;16" else picture(mode)
    cleaned = images.clean(encoded(image, name))
    assert (cleaned.media_type, cleaned.extension) == (media_type, extension)
    assert (cleaned.width, cleaned.height) == SIZE
    again = opened(cleaned.data)
    assert again.format == name
    assert again.size == SIZE


def test_pixels_of_a_png_are_not_touched() -> None:
    cleaned = opened(images.clean(encoded(picture(), "PNG")).data)
    assert cleaned.tobytes() == picture().tobytes()


@pytest.mark.parametrize("name", ["PNG", "WEBP", "GIF"])
def test_transparency_is_kept(name: str) -> None:
    image = picture("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 10, 10))
    alpha = opened(images.clean(encoded(image, name)).data).convert("RGBA").getchannel("A")
    assert (alpha.getpixel((5, 5)), alpha.getpixel((40, 40))) == (0, 255)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_place_camera_and_comments_are_taken_out_and_the_picture_is_turned_upright(
    name: str,
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    options = {"comment": b"SecretComment"} if name == "JPEG" else {}
    data = encoded(picture(), name, exif=exif, icc_profile=b"SecretProfile" * 20, **options)
    assert b"Secret" in data
    cleaned = images.clean(data)
    assert (cleaned.width, cleaned.height) == (64, 48)
    for trace in (b"Secret", b"Exif", b"eXIf", b"EXIF", b"iCCP", b"XMP"):
        assert trace not in cleaned.data
    assert dict(opened(cleaned.data).getexif()) == {}


@pytest.mark.parametrize(
    ("name", "tail"),
    [
        ("PNG", b"<html><script>alert(1)</script>"),
        ("JPEG", b"PK\x03\x04 an archive"),
        ("GIF", b"%PDF-1.7 a document"),
        ("WEBP", b"<?php evil();"),
    ],
)
def test_what_hangs_behind_an_image_is_gone(name: str, tail: bytes) -> None:
    assert (
        tail
        not in images.clean(encoded(picture("P" if name == "GIF" else "RGB"), name) + tail).data
    )


def test_what_hides_in_a_chunk_is_gone() -> None:
    script = b"<script>alert(1)</script>"
    data = png(8, 8, chunk(b"tEXt", b"Comment\0" + script), chunk(b"teSt", script))
    assert script not in images.clean(data).data


@pytest.mark.parametrize("name", ["GIF", "WEBP"])
def test_an_animation_stays_one(name: str) -> None:
    frames = [Image.new("RGB", SIZE, colour) for colour in ("red", "green", "blue")]
    options = {"save_all": True, "append_images": frames[1:], "duration": 120, "loop": 0}
    cleaned = images.clean(encoded(frames[0], name, **options, comment=b"Secret"))
    again = Image.open(io.BytesIO(cleaned.data))
    assert getattr(again, "n_frames", 1) == 3
    assert again.info["loop"] == 0
    again.seek(1)
    again.load()
    assert again.info["duration"] == 120
    red, green, blue = again.convert("RGB").getpixel((5, 5))
    assert (red, blue) < (20, 20) < (green, 100)
    assert b"Secret" not in cleaned.data


@pytest.mark.parametrize(
    ("width", "height"), [(50_000, 50_000), (2**31 - 1, 2**31 - 1), (1, 1_000_000), (6000, 5000)]
)
def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(
    width: int, height: int
) -> None:
    assert "million pixels" in refusal(png(width, height)) or width > 2**30


def test_a_gif_that_claims_a_huge_screen_is_refused() -> None:
    small = bytearray(encoded(picture("P"), "GIF"))
    small[6:10] = struct.pack("<HH", 65535, 65535)
    assert "million pixels" in refusal(bytes(small))


def test_an_animation_of_too_many_frames_is_refused() -> None:
    frames = [Image.new("L", (2, 2), number % 256) for number in range(201)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert "more than 200 frames" in refusal(data)


def test_an_animation_of_too_many_pixels_is_refused() -> None:
    frames = [Image.new("L", (2000, 2000), number) for number in range(11)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert "animation is too large" in refusal(data)


@pytest.mark.parametrize(
    "svg",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?>\n<!-- x -->\n<SVG\n></SVG>",
        b"\xef\xbb\xbf <!DOCTYPE svg><svg><script>1</script></svg>",
    ],
)
def test_svg_is_refused_by_name(svg: bytes) -> None:
    assert refusal(svg) == "SVG images are not accepted; export it as PNG."


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This file is empty."),
        (b"<html><script>1</script>", "Only PNG, JPEG, GIF and WebP"),
        (b"MZ\x90\x00 a program", "Only PNG, JPEG, GIF and WebP"),
        (b"%PDF-1.7", "Only PNG, JPEG, GIF and WebP"),
        (b"GIF89a=1;alert(1)", "Only PNG, JPEG, GIF and WebP"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC and AVIF"),
        (encoded(picture(), "BMP"), "Only PNG, JPEG, GIF and WebP"),
        (encoded(picture(), "TIFF"), "Only PNG, JPEG, GIF and WebP"),
        (b"x" * (images.BYTES + 1), "more than 32 MB"),
    ],
)
def test_what_is_no_image_of_ours_is_refused(data: bytes, words: str) -> None:
    assert words in refusal(data)


@pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "WEBP"])
def test_an_image_cut_short_is_refused_as_damaged(name: str) -> None:
    data = encoded(Image.effect_noise((200, 200), 90).convert("RGB"), name)
    assert "damaged" in refusal(data[: len(data) // 2])


def test_a_png_with_a_wrong_checksum_is_refused_as_damaged() -> None:
    data = bytearray(encoded(picture(), "PNG"))
    data[data.index(b"IDAT") + 10] ^= 0xFF
    assert "damaged" in refusal(bytes(data))


@pytest.mark.parametrize(
    "bomb",
    [
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000))),
        chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000))),
    ],
    ids=["text", "profile"],
)
def test_a_chunk_that_unpacks_to_megabytes_is_never_unpacked_into_the_result(bomb: bytes) -> None:
    sizes = []
    with contextlib.suppress(Invalid):
        sizes.append(len(images.clean(png(8, 8, bomb)).data))
    assert all(size < 1000 for size in sizes)
