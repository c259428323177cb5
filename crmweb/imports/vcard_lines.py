"""Contact cards (vCard 2.1, 3.0, 4.0: RFC 2426, RFC 6350) as lines of a table."""

import quopri
import re
from collections.abc import Iterator
from pathlib import Path

import vobject
from vobject.base import Component
from vobject.base import ContentLine as Content
from vobject.vcard import Address

from crmweb.imports.encodings import Encoding, encoding_of
from crmweb.imports.tables import Line, Table

HEADER = [
    "external id",
    "name",
    "kind",
    "phone",
    "email",
    "address",
    "country",
    "website",
    "tags",
    "notes",
    "coordinates",
]
MAX_CARD_LINES = 50_000

_BEGIN = re.compile(r"\s*BEGIN\s*:\s*VCARD\s*$", re.IGNORECASE)
_END = re.compile(r"\s*END\s*:\s*VCARD\s*$", re.IGNORECASE)
_PROPERTY = re.compile(r"(?:[\w-]+\.)?([\w-]+)(?:;[^:]*)?:")
_QUOTED = re.compile(r"([^:]*?);(?:ENCODING=)?QUOTED-PRINTABLE([^:]*):(.*)", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(r";CHARSET=\"?([\w-]+)\"?", re.IGNORECASE)
_MEDIA = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_NOT_CALLED = frozenset({"FAX", "PAGER", "MODEM"})
_SYSTEM_GROUPS = frozenset({"my contacts", "mycontacts"})


def vcard_table(path: Path) -> Table:
    """The cards in a file, each a line under one header; one that cannot be read is a line without a name."""
    encoding = encoding_of(path)
    return Table("vCard", lambda: _lines(path, encoding), encoding.remark)


def _lines(path: Path, encoding: Encoding) -> Iterator[Line]:
    yield Line(0, list(HEADER))
    for number, text in _cards(path, encoding):
        yield Line(number, _cells(text))


def _cards(path: Path, encoding: Encoding) -> Iterator[tuple[int, str]]:
    """Each card's first line number and text without its pictures, which only cost memory here."""
    start, card, depth, in_media = 0, [""], 0, False
    with path.open(encoding=encoding.codec) as file:
        for number, line in enumerate(file, 1):
            begins, ends = bool(_BEGIN.match(line)), bool(_END.match(line))
            if begins and depth == 0:
                start, card = number, []
            depth += begins - ends
            if not line[:1].isspace():
                in_media = _is_media(line, in_media)
            if not in_media and len(card) < MAX_CARD_LINES:
                card.append(line)
            if ends and depth <= 0:
                depth = 0
                yield start, "".join(_decoded(card))


def _is_media(line: str, in_media: bool) -> bool:
    """Whether a line that is not folded belongs to a picture: base64 of version 2.1 may run on unindented."""
    named = _PROPERTY.match(line)
    return named[1].upper() in _MEDIA if named else in_media


def _decoded(card: list[str]) -> Iterator[str]:
    """The lines with quoted-printable values of version 2.1 made plain: vobject stops at broken ones."""
    lines = iter(card)
    for line in lines:
        quoted = _QUOTED.match(line)
        if not quoted:
            yield line
            continue
        name, options, value = quoted.groups()
        while value.rstrip("\r\n").endswith("="):
            value = value.rstrip("\r\n").removesuffix("=") + next(lines, "")
        yield f"{_CHARSET.sub('', name + options)}:{_plain(value, name + options)}\n"


def _plain(quoted: str, options: str) -> str:
    """A quoted-printable value (RFC 2045, 6.7) on one line."""
    charset = _CHARSET.search(options)
    body = quopri.decodestring(quoted.strip().encode("utf-8", "replace"))
    try:
        text = body.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    return "\\n".join(text.splitlines())


def _cells(text: str) -> list[str]:
    try:
        card = next(vobject.readComponents(text, allowQP=True, ignoreUnreadable=True))
    except Exception:  # vobject lets ValueError, binascii.Error, KeyError, StopIteration … through
        return [""] * len(HEADER)
    phones, emails = _phones(card), _texts(card, "email")
    organisation = ", ".join(_flat(next((org.value for org in _contents(card, "org")), "")))
    name = _first(card, "fn") or _first(card, "n") or organisation or _first(card, "nickname")
    address, country = _address(card)
    return [
        _first(card, "uid"),
        name or next(iter(emails + phones), ""),
        "company" if _is_company(card, name, organisation) else "person",
        "; ".join(phones),
        "; ".join(emails),
        address,
        country,
        _first(card, "url").replace("\\:", ":"),
        ", ".join(_tags(card)),
        _notes(card, "" if organisation == name else organisation),
        _location(card),
    ]


def _contents(card: Component, name: str) -> list[Content]:
    return [content for content in card.contents.get(name, ()) if isinstance(content, Content)]


def _texts(card: Component, name: str) -> list[str]:
    values = (" ".join(_flat(content.value)).strip() for content in _contents(card, name))
    return [value for value in values if value]


def _first(card: Component, name: str) -> str:
    return " ".join(next(iter(_texts(card, name)), "").split())


def _flat(value: object) -> list[str]:
    """The words of a value that may be a string, a list of lists, or a vobject Name or Address."""
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _flat(item)]
    return [str(value).strip()] if str(value).strip() else []


def _kinds(content: Content) -> set[str]:
    """TYPE=HOME,FAX of versions 3 and 4, and the bare words of version 2.1."""
    typed = [kind for kinds in content.params.get("TYPE", []) for kind in kinds.split(",")]
    return {kind.strip('"').upper() for kind in typed} | {word.upper() for word in content.singletonparams}


def _phones(card: Component) -> list[str]:
    called = [tel for tel in _contents(card, "tel") if not _kinds(tel) & _NOT_CALLED]
    called.sort(key=lambda tel: "PREF" not in _kinds(tel))
    return [number for tel in called if (number := str(tel.value).removeprefix("tel:").strip())]


def _address(card: Component) -> tuple[str, str]:
    adr: object = next((content.value for content in _contents(card, "adr")), None)
    if not isinstance(adr, Address):
        return _first(card, "label"), ""
    parts = [
        text
        for part in (adr.box, adr.extended, adr.street, adr.city, adr.region, adr.code)
        for text in _flat(part)
    ]
    return ", ".join(" ".join(part.replace("\n", ", ").split()) for part in parts), " ".join(
        _flat(adr.country)
    )


def _is_company(card: Component, name: str, organisation: str) -> bool:
    shown_as = _first(card, "x-abshowas").upper()
    return (
        shown_as == "COMPANY"
        or _first(card, "kind").lower() == "org"
        or (bool(name) and name == organisation)
    )


def _tags(card: Component) -> list[str]:
    tags = [tag for content in _contents(card, "categories") for tag in _flat(content.value)]
    return [tag for tag in tags if tag.casefold() not in _SYSTEM_GROUPS]


def _notes(card: Component, organisation: str) -> str:
    work = " · ".join(part for part in (_first(card, "title"), organisation) if part)
    return "\n".join(part for part in (work, *_texts(card, "note")) if part)


def _location(card: Component) -> str:
    """GEO as "latitude,longitude": "37.38;-122.08" in version 3, "geo:37.38,-122.08" in version 4."""
    return _first(card, "geo").removeprefix("geo:").replace(";", ",")
