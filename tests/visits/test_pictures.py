"""Photos made small, upright and silent; what is no photo is refused in words."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator

import pytest
from flask import Flask
from PIL import Image

from crmweb.visits import pictures
from crmweb.visits.pictures import LARGEST_BYTES, LONGEST_SIDE, NotAPhoto, Picture, shrink
from tests.visits import photos

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
GIF_AND_SCRIPT = b"GIF89a/*" + bytes(40) + b"*/=1;alert(1)"


@pytest.fixture(autouse=True)
def _in_english(app: Flask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def _seen(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    assert image.format == "JPEG"
    assert image.size == (picture.width, picture.height)
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_what_phones_make_is_kept_as_a_small_jpeg(kind: str) -> None:
    image = _seen(shrink(photos.photo(2400, 1800, kind)))
    assert image.size == (LONGEST_SIDE, 1200)
    assert image.convert("RGB").getpixel((100, 600))[0] > 150  # type: ignore[index]


def test_a_full_disk_is_no_fault_of_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever heard that it was damaged would throw it away."""

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pictures, "TemporaryFile", full)
    with pytest.raises(OSError, match="No space"):
        shrink(photos.photo())


def test_even_the_hardest_picture_gets_small() -> None:
    assert len(shrink(photos.noise(2400, 1800)).data) <= LARGEST_BYTES


def test_what_is_small_already_is_pressed_once_as_it_came() -> None:
    came = photos.noise(640, 480, quality=40)
    picture = shrink(came)
    assert (picture.width, picture.height) == (640, 480)
    assert len(picture.data) <= len(came)
    assert _seen(picture).quantization == Image.open(io.BytesIO(came)).quantization  # type: ignore[attr-defined]


def test_a_jpeg_of_an_unusual_make_is_pressed_with_tables_of_ours() -> None:
    table = [9] * 64
    came = photos.photo(qtables=[table, table, table])
    assert set(Image.open(io.BytesIO(came)).quantization) == {0, 1, 2}  # type: ignore[attr-defined]
    assert set(_seen(shrink(came)).quantization) == {0, 1}  # type: ignore[attr-defined]


def test_a_photo_taken_sideways_stands_upright_and_tells_nothing_about_its_maker() -> None:
    picture = shrink(photos.held_sideways())
    image = _seen(picture)
    assert image.size == (300, 400)
    top, bottom = (image.convert("RGB").getpixel((150, y)) for y in (50, 350))
    assert top[0] > bottom[0]  # type: ignore[index]
    assert dict(image.getexif()) == {}
    assert b"Lan" not in picture.data
    assert b"secret" not in picture.data


def test_glass_is_white_and_not_black() -> None:
    glass = photos.written(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG")
    assert _seen(shrink(glass)).getpixel((20, 20)) == (255, 255, 255)


def test_what_hides_behind_a_photo_does_not_come_along() -> None:
    assert b"script" not in shrink(photos.photo() + HTML).data


@pytest.mark.parametrize("data", [SVG, HTML, GIF_AND_SCRIPT, b"", b"MZ" + bytes(100), b"%PDF-1.7"])
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPhoto, match="no photo"):
        shrink(data)


@pytest.mark.parametrize("size", [(20_000, 10_000), (7_100, 7_100), (60_000, 60_000)])
def test_more_pixels_than_fit_are_refused_before_they_are_read(size: tuple[int, int]) -> None:
    with pytest.raises(NotAPhoto, match="50 million"):
        shrink(photos.bomb(*size))


def test_half_a_photo_is_refused() -> None:
    whole = photos.noise(800, 600)
    with pytest.raises(NotAPhoto, match="damaged"):
        shrink(whole[: len(whole) // 2])
