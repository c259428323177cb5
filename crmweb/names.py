"""Names as people type them: kept in NFC, folded for search, shortened to initials."""

import re
import unicodedata

_LETTERS_WITHOUT_PARTS = str.maketrans(
    {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ı": "i", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
MOST_MARKS = 30
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_STROKES = re.compile("[\u0300-\u036f]+")
_HONORIFICS = frozenset(("anh", "chi", "co", "chu", "bac", "ong", "ba", "em", "di", "mr", "mrs", "ms", "dr"))


def nfc(text: str) -> str:
    """Text as it is stored: Unicode NFC, without spaces around or doubled."""
    return " ".join(unicodedata.normalize("NFC", stream_safe(text)).split())


def stream_safe(text: str) -> str:
    """Text with at most 30 marks on a letter: more of them cost normalization the square of their number.

    Source: Unicode Standard Annex 15, Stream-Safe Text Format.
    """
    if text.isascii():
        return text
    kept, marks = [], 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def fold(text: str) -> str:
    """The search form of a text: no accents, no case, no punctuation; words parted by one space.

    Letters that Unicode does not decompose (đ, ł, ø, ı, ß) become their plain ones. Only the accents of
    Latin, Greek and Cyrillic are dropped; the vowel signs of other scripts carry meaning and stay.
    """
    if text.isascii():
        return _NOT_PLAIN.sub(" ", text.lower()).strip()
    plain = _without_strokes(text.casefold().translate(_LETTERS_WITHOUT_PARTS))
    return " ".join(_BETWEEN_WORDS.sub(_marks_of, plain).split())


def initials(name: str) -> str:
    """Up to two capitals for the drop: the last two words, as Vietnamese names are told apart by their end.

    A form of address in front (Anh, Chị, Mr …) does not count: *Chị Hạnh* is H, *Nhà thuốc Hồng Phúc* is HP.
    """
    words = [word for word in re.split(r"[^\w]+", nfc(name)) if word]
    lettered = [word for word in words if word[0].isalpha()] or words
    if len(lettered) > 1 and fold(lettered[0]) in _HONORIFICS:
        lettered = lettered[1:]
    return "".join(word[0].upper()[0] for word in lettered[-2:])


def given_name(name: str) -> str:
    """What colleagues call somebody: the last word of a Vietnamese name."""
    return name.split()[-1] if name.strip() else name


def _without_strokes(text: str) -> str:
    return unicodedata.normalize("NFC", _STROKES.sub("", unicodedata.normalize("NFD", text)))


def _marks_of(between: re.Match[str]) -> str:
    """A space for what stands between words; `\\w` leaves out the vowel signs that belong to them."""
    marks = between[0]
    if marks.isascii() or not any(unicodedata.category(char)[0] == "M" for char in marks):
        return " "
    return "".join(char if unicodedata.category(char)[0] == "M" else " " for char in marks)
