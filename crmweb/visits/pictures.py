"""What a phone calls a photo, made small: known by its content, drawn anew, with nothing kept but the pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from tempfile import TemporaryFile
from threading import Lock
from typing import Any, NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from crmweb.languages import gettext as _

KINDS = ("JPEG", "PNG", "WEBP", "HEIF")
LARGEST_BYTES = 150_000
LONGEST_SIDE = 1600
"""Pixels; enough to read a price tag on a shelf."""
MOST_PIXELS = 50_000_000
"""Decoded, that many take 150 MB; no phone makes larger ones unless asked to."""
HARD = {"optimize": True, "progressive": True}
"""Some seven percent fewer bytes for seven times the work."""
QUALITIES = [{"quality": quality, **HARD} for quality in (82, 74, 66, 58, 50, 42, 34)]

register_heif_opener()
_one_at_a_time = Lock()
"""Several large photos at once would be more memory than a small server has."""


class NotAPhoto(ValueError):
    """Why it cannot be kept, in words."""


class Picture(NamedTuple):
    """A JPEG of at most `LARGEST_BYTES` without any metadata; width and height in pixels."""

    data: bytes
    width: int
    height: int


def shrink(data: bytes) -> Picture:
    """The photo as we keep it. Raises NotAPhoto; OSError where the disk is full, for which the photo can do nothing."""
    with _in_words():
        image = _opened(data)
    small = len(data) <= LARGEST_BYTES and max(image.size) <= LONGEST_SIDE
    qualities = [*_as_it_came(image), *QUALITIES] if small else QUALITIES
    with nullcontext() if small else _one_at_a_time:
        with _in_words():
            sheet = _upright(image)
        return _small(sheet, qualities)


@contextmanager
def _in_words() -> Iterator[None]:
    """Whatever a stranger's bytes break on becomes a NotAPhoto that says why."""
    try:
        yield
    except Image.DecompressionBombError:
        raise NotAPhoto(_too_large()) from None
    except UnidentifiedImageError:
        raise NotAPhoto(_("This is no photo: JPEG, PNG, WebP or HEIC can be kept.")) from None
    except (OSError, ValueError, SyntaxError, EOFError) as broken:
        if isinstance(broken, NotAPhoto):
            raise
        raise NotAPhoto(_("This photo is damaged. Take it once more.")) from None


def _opened(data: bytes) -> Image.Image:
    """Only the head is read yet. A size that its pixels would not fit into memory is refused by what the head says."""
    image = Image.open(io.BytesIO(data), formats=KINDS)
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise NotAPhoto(_too_large())
    if width < 1 or height < 1:
        raise UnidentifiedImageError
    return image


def _too_large() -> str:
    return _("This photo has more than %(most)s million pixels.", most=MOST_PIXELS // 1_000_000)


def _as_it_came(image: Image.Image) -> list[dict[str, Any]]:
    """A JPEG that is small already, as our page makes them, is pressed as it was, which takes a seventh of the time:
    finer steps than its own would hold no more of the picture.
    """
    tables = getattr(image, "quantization", {})
    usual = set(tables) in ({0}, {0, 1})  # one for brightness, and one for colours
    return [{"qtables": tables}, {"qtables": tables, **HARD}] if usual else []


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held, and nothing but pixels: no place, no name, no words come along.

    What a phone's camera makes is not copied on the way, which would take as long as reading it.
    """
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is read at a fraction of its size
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"))
    sheet = image if image.mode == "RGB" else image.convert("RGB")
    sheet.info.clear()  # a comment would be written anew
    return sheet


def _on_white(seen: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", seen.size, "white")
    sheet.paste(seen, mask=seen)
    return sheet


def _small(image: Image.Image, qualities: Sequence[dict[str, Any]]) -> Picture:
    """By lower quality, and where that is not enough, by fewer pixels."""
    for quality in qualities:
        data = _pressed(image, quality)
        if len(data) <= LARGEST_BYTES:
            return Picture(data, *image.size)
    return _small(image.resize((image.width * 3 // 4, image.height * 3 // 4)), QUALITIES)


def _pressed(image: Image.Image, quality: dict[str, Any]) -> bytes:
    # Into a file of the system's: Pillow lets other threads work only while it writes to one.
    with TemporaryFile() as out:
        image.save(out, "JPEG", **quality)
        out.seek(0)
        return out.read()
