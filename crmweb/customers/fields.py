"""Form fields for what people type about customers: cleaned on the way in, several of a kind under one name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from itertools import islice
from typing import Any

from wtforms import RadioField, StringField, TextAreaField, ValidationError
from wtforms.fields import Field
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from crmweb.languages import gettext as _
from crmweb.names import nfc

_UNSEEN = {"Cc", "Cs"}
_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of writing, with which a name could pose as another."""

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_SPOKEN = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", re.ASCII)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"https?://[^\s/?#@.]+(\.[^\s/?#@.]+)+(:\d{1,5})?([/?#]\S*)?", re.IGNORECASE)


def one_line(text: str | None) -> str:
    """Text without control characters, line breaks or doubled spaces, in NFC."""
    return nfc(_seen((text or "").replace("\n", " ").replace("\r", " ")))


def lines(text: str | None) -> str:
    """The same, but line breaks stay."""
    rows = (text or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(nfc(_seen(row)) for row in rows).strip()


def _seen(text: str) -> str:
    kept = (char for char in text.replace("\t", " ") if char not in _TURNING)
    return "".join(char for char in kept if unicodedata.category(char) not in _UNSEEN)


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen: only spaces and marks without width."""
    return all(unicodedata.category(char)[0] in "ZC" for char in text)


class Longest:
    """A validator: at most so many characters, told with how many there are."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.field_flags = {"maxlength": most}

    def __call__(self, _form: Any, field: Any) -> None:
        if len(field.data or "") > self.most:
            raise StopValidation(_too_long(len(field.data), self.most))  # nobody else need read it


def _too_long(typed: int, most: int) -> str:
    return _("%(typed)s characters are too many. At most %(most)s fit.", typed=typed, most=most)


def a_name(_form: Any, field: Any) -> None:
    """A validator: something that can be read."""
    if is_blank(field.data or ""):
        raise ValidationError(_("Type a name."))


def a_website(_form: Any, field: Any) -> None:
    """A validator: an address of the web, or nothing."""
    if field.data and not _HOST.fullmatch(field.data):
        raise ValidationError(_("A website looks like shop.vn or https://shop.vn/menu."))


def web_address(text: str | None) -> str:
    """A website as typed, with the https:// that people leave out."""
    typed = one_line(text)
    return f"https://{typed}" if typed and not _WEB.match(typed) and "://" not in typed else typed


def read_date(text: str) -> date | None:
    """A date as browsers send it (1990-11-20) or as people type it (20/11/1990). Raises ValueError."""
    if not text:
        return None
    if match := _ISO.fullmatch(text):
        return date(*map(int, match.groups()))
    if match := _SPOKEN.fullmatch(text):
        day, month, year = map(int, match.groups())
        return date(year, month, day)
    raise ValueError(text)


def typed_date(day: date | None) -> str:
    """As people type it, and as the help beside the field says: 20/11/1990."""
    return f"{day.day}/{day.month}/{day.year}" if day else ""


class Line(StringField):
    """One line of text."""

    def __init__(
        self,
        label: Any,
        validators: Sequence[Any] = (),
        *,
        most: int,
        clean: Callable[[str | None], str] = one_line,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, [Longest(most), *validators], filters=[clean], **kwargs)


class Choice(RadioField):
    """One of a few, as chips."""

    def pre_validate(self, form: Any) -> None:
        if self.data not in [value for value, *_rest in self.iter_choices()]:
            raise ValidationError(_("Choose one of these."))


class Lines(TextAreaField):
    """Text with line breaks."""

    def __init__(self, label: Any, *, most: int, **kwargs: Any) -> None:
        super().__init__(label, [Longest(most)], filters=[lines], **kwargs)


class Several(Field):
    """Any number of short texts, each in an input of the same name; what is wrong stands beside each.

    `read` says what is wrong with one text, or nothing. Texts in `known` stand whatever `read` says: they were taken
    over from a file, and nobody touched them now.
    """

    widget = TextInput()
    several = True
    data: list[str]

    def __init__(self, label: Any, *, read: Callable[[str], Any], most: int, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.read, self.most = read, most
        self.known: frozenset[str] = frozenset()
        self.flaws: dict[int, str] = {}

    def process_data(self, value: Any) -> None:
        self.data = list(value or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (text for value in valuelist for text in map(one_line, value.splitlines()) if text)
        self.data = list(dict.fromkeys(islice(typed, self.most + 1)))  # one too many is enough to refuse

    def pre_validate(self, form: Any) -> None:
        if len(self.data) > self.most:
            raise ValidationError(_("At most %(most)s fit here.", most=self.most))
        for place, text in enumerate(self.data):
            if text not in self.known and (flaw := self._flaw(text)):
                self.flaws[place] = flaw
        if self.flaws:
            raise ValidationError(next(iter(self.flaws.values())))

    def _flaw(self, text: str) -> str:
        if len(text) > 120:
            return _too_long(len(text), 120)
        return str(self.read(text) or "")

    def rows(self) -> list[tuple[str, str, str]]:
        """For the page: id, text and flaw of each input, with empty ones at the end for more."""
        texts = [*self.data, *[""] * max(1, 2 - len(self.data))]
        first = next(iter(self.flaws), 0)
        ids = [self.id if place == first else f"{self.id}-{place + 1}" for place in range(len(texts))]
        return [(ids[place], text, self.flaws.get(place, "")) for place, text in enumerate(texts)]
