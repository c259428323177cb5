"""Which column of a file says what about a customer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from crmweb.imports.tables import HEADER_WITHIN, Line, Table, Unreadable
from crmweb.names import fold

# Folded, as `fold` leaves them: the first that is found wins where a field takes one column.
KNOWN_NAMES: dict[str, str] = {
    "external_id": "external id|ext id|id ngoai|ma ngoai|ma he thong|ma tham chieu|uid|uuid|id|ma",
    "code": (
        "code|customer code|ma khach hang|ma kh|ma khach|ma diem ban|ma cua hang|ma so khach hang|"
        "customer number|customer no|account number|ma so kh"
    ),
    "name": (
        "name|customer name|ten|ten khach hang|ten kh|ten khach|ho ten|ho va ten|full name|"
        "display name|ten diem ban|ten cua hang|ten cong ty|ten don vi|ten dai ly|ten nha thuoc|"
        "business name|company name|account name|shop name|store name|outlet name|organization name|"
        "organisation name|company|business|shop|store|outlet|khach hang|cua hang|diem ban|cong ty|"
        "dai ly"
    ),
    "address": (
        "address|addr|full address|dia chi|dia chi day du|so nha|duong|street|street address|"
        "street name|dia chi duong|ward|phuong|xa|phuong xa|phuong xa thi tran|district|quan|huyen|"
        "quan huyen|city|town|suburb|province|tinh|thanh pho|tinh thanh|tinh thanh pho|tinh tp|tp|"
        "state|state province|region|county|postal code|postcode|zip|zip code|ma buu dien|country|"
        "quoc gia|nuoc"
    ),
    "country": "country|quoc gia|nuoc",
    "phone": (
        "phone|phone number|telephone|tel|mobile|mobile phone|cell|cell phone|dien thoai|"
        "so dien thoai|sdt|so dt|dt|dien thoai di dong|di dong|dt di dong|dtdd|dien thoai ban|"
        "dien thoai co dinh|hotline|so may|business phone|work phone|main phone|home phone|zalo|"
        "so zalo"
    ),
    "email": "email|e mail|email address|mail|thu dien tu|dia chi email",
    "website": "website|website url|web site|url|web|homepage|trang web|web page",
    "lat": "lat|latitude|vi do",
    "lng": "lng|lon|long|longitude|kinh do",
    "location": (
        "lat lng|lat lon|lat long|latlng|latlong|latitude longitude|coordinates|coordinate|gps|geo|"
        "toa do|toa do gps|vi do kinh do"
    ),
    "tier": "tier|hang|hang khach|hang khach hang|phan hang|class|xep hang",
    "status": "status|customer status|trang thai|tinh trang|trang thai khach hang",
    "source": "source|lead source|nguon|nguon khach|nguon khach hang",
    "tags": "tags|tag|labels|label|nhan|nhom|categories",
    "tax_number": "tax number|tax id|tax code|vat|vat number|vat id|ma so thue|mst",
    "kind": "kind|customer kind|customer type|loai|loai khach|loai khach hang|loai hinh|loai diem ban",
    "parent": (
        "parent|parent code|head office|head office code|ma cha|ma tru so|tru so chinh|ma cong ty me|tru so"
    ),
    "preferences": (
        "preferences|notes|note|remark|remarks|comment|comments|description|ghi chu|dien giai|so thich|luu y"
    ),
    "contact": (
        "contact|contact name|contact person|person in charge at customer|nguoi lien he|"
        "ten nguoi lien he|chu cua hang|chu quan|chu tiem|lien he"
    ),
    "responsible": (
        "responsible|responsible person|responsible email|owner|owner email|rep|rep email|sales rep|"
        "salesperson|employee|employee email|account manager|assigned to|nguoi phu trach|"
        "email nguoi phu trach|phu trach|nhan vien|email nhan vien|nvbh|nhan vien ban hang|"
        "nhan vien phu trach"
    ),
}

MANY = frozenset({"address", "phone", "email", "tags", "preferences"})
_NUMBERED = re.compile(r" ?\d{1,2}$")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Vocabulary:
    """The fields of one kind of record: field → how its column may be called; `many` take several columns."""

    names: Mapping[str, str]
    many: frozenset[str] = frozenset()

    @cached_property
    def synonyms(self) -> dict[str, list[str]]:
        return {field: names.split("|") for field, names in self.names.items()}


CUSTOMERS = Vocabulary(KNOWN_NAMES, MANY)


class NoColumns(Unreadable):
    """Nothing in the file looks like the head of its columns."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands: field → the places of its columns, in the file's order."""

    header: list[str]
    header_line: int
    places: Mapping[str, Sequence[int]]

    @property
    def known(self) -> int:
        """How many fields the file speaks of."""
        return sum(bool(places) for places in self.places.values())

    @property
    def unused(self) -> list[str]:
        """Columns that have a name and that nothing was made of."""
        used = {place for places in self.places.values() for place in places}
        return [name for place, name in enumerate(self.header) if place not in used and name.strip()]


def find_columns(
    tables: Sequence[Table], chosen: Sequence[tuple[str, str]] = (), words: Vocabulary = CUSTOMERS
) -> tuple[Table, Columns]:
    """The table that holds the records and what its columns mean.

    `chosen` are pairs of field and column that a person gave; they outrank what is recognised. A title may
    stand above the header. Raises Unreadable when no table has a column for the name, or a chosen field or
    column is not there.
    """
    fields = [(_field_named(field, words), column) for field, column in chosen]
    for table in tables:
        first: Line | None = None
        for line in _candidates(table):
            first = first or line
            columns = _recognised(line, fields, words)
            if columns is not None and (line is first or columns.known > 1):
                return table, columns
    raise NoColumns(_complaint(next(_candidates(tables[0])), fields))


def _candidates(table: Table) -> "islice[Line]":
    return islice(table.lines(), HEADER_WITHIN)


def _field_named(field: str, words: Vocabulary) -> str:
    wanted = fold(field)
    for known, names in words.synonyms.items():
        if {wanted, _NUMBERED.sub("", wanted)} & {fold(known), *names}:
            return known
    raise Unreadable(f'There is no field "{field}". The fields are {", ".join(sorted(words.names))}.')


def _recognised(line: Line, chosen: Sequence[tuple[str, str]], words: Vocabulary) -> Columns | None:
    """The columns if this line can be the header: it has a column for the name and every chosen one."""
    header = [cell.strip() for cell in line.cells]
    names = [_column_name(cell) for cell in header]
    by_hand: dict[str, list[int]] = {}
    for field, column in chosen:
        place = _place_of(column, header, names)
        if place is None:
            return None
        by_hand.setdefault(field, []).append(place)
    taken = {place for places in by_hand.values() for place in places}
    places = {field: _places(field, names, taken, words) for field in words.names if field not in by_hand}
    places |= {
        field: sorted(given) if field in words.many else given[-1:] for field, given in by_hand.items()
    }
    return Columns(header, line.number, places) if places["name"] else None


def _column_name(cell: str) -> str:
    return fold(_CAMEL.sub(" ", cell)) if cell else ""


def _place_of(column: str, header: Sequence[str], names: Sequence[str]) -> int | None:
    if column.strip() in header:
        return header.index(column.strip())
    wanted = _column_name(column)
    return names.index(wanted) if wanted and wanted in names else None


def _places(field: str, names: Sequence[str], taken: set[int], words: Vocabulary) -> list[int]:
    synonyms = words.synonyms[field]
    if field in words.many:
        return [
            place
            for place, name in enumerate(names)
            if place not in taken and (name in synonyms or _NUMBERED.sub("", name) in synonyms)
        ]
    free = {name: place for place, name in reversed(list(enumerate(names))) if place not in taken}
    return next(([free[synonym]] for synonym in synonyms if synonym in free), [])


def _complaint(line: Line, chosen: Sequence[tuple[str, str]]) -> str:
    header = [cell.strip() for cell in line.cells]
    names = [_column_name(cell) for cell in header]
    there = ", ".join(" ".join(name.split()) for name in header if name)[:300]
    for _, column in chosen:
        if _place_of(column, header, names) is None:
            return f'There is no column "{column}". The columns are: {there}.'
    return f"No column for the customer's name. Say which with --map name=COLUMN; the columns are: {there}."
