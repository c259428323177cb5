"""A file of people, read: what each row says, whom it means, and why it may not stand."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from crmweb.accounts.actor import Actor
from crmweb.accounts.forms import zones
from crmweb.accounts.roles import ROLES, Role
from crmweb.customers.fields import is_blank, one_line
from crmweb.customers.reaching import phone_words
from crmweb.customers.reaching.emails import flaw_words, read_email
from crmweb.customers.reaching.phones import read_phone
from crmweb.imports.columns import Columns, NoColumns, Vocabulary, find_columns
from crmweb.imports.reading import read_tables
from crmweb.imports.tables import Line, Unreadable, _l
from crmweb.languages import gettext as _
from crmweb.names import fold

MOST_PEOPLE = 1_000
"""Rows of one file: more are split, so that a preview can be read."""

MOST_UNPACKED = 16 * 1024 * 1024
"""Bytes of a workbook without its packing: it is read by a process that serves everybody."""

LONGEST = {"name": 200, "email": 254, "phone": 40, "role": 60, "manager": 254, "zone": 64}

PEOPLE = Vocabulary(
    {
        "name": (
            "name|full name|employee name|employee|person|display name|ho ten|ho va ten|ten|ten nhan vien|"
            "ten day du|nhan vien"
        ),
        "email": "email|e mail|email address|mail|work email|thu dien tu|dia chi email|email nhan vien",
        "phone": (
            "phone|phone number|telephone|tel|mobile|mobile phone|cell|dien thoai|so dien thoai|sdt|so dt|"
            "dt|di dong|dien thoai di dong|dtdd|zalo|so zalo"
        ),
        "role": "role|position|title|job title|vai tro|chuc vu|chuc danh|vi tri",
        "manager": (
            "manager|manager email|supervisor|reports to|team lead|lead|giam sat|email giam sat|quan ly|"
            "email quan ly|nguoi quan ly|cap tren|truong nhom|to truong"
        ),
        "zone": "zone|time zone|timezone|tz|mui gio",
    }
)

_ROLES = {
    "rep": (
        "rep|sales rep|sales representative|salesperson|sale|sales|nhan vien ban hang|nvbh|nvkd|"
        "nhan vien kinh doanh|nhan vien|tdv|trinh duoc vien"
    ),
    "account_manager": (
        "account manager|key account manager|kam|phu trach khach hang lon|phu trach khach hang|"
        "quan ly khach hang"
    ),
    "manager": "manager|supervisor|sales manager|giam sat|gsbh|ss|giam sat ban hang|quan ly|asm|quan ly vung",
    "admin": "admin|administrator|quan tri|quan tri vien|it",
}
_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words.split("|")}


@dataclass(frozen=True)
class PersonEntry:
    """One row as it was typed, cleaned; `line` is where it stands in the file."""

    line: int
    name: str = ""
    email: str = ""
    phone: str = ""
    role: str = ""
    manager: str = ""
    zone: str = ""

    @classmethod
    def of(cls, told: object) -> PersonEntry:
        """From what a page hands back. Raises ValueError for what cannot be that."""
        if not isinstance(told, dict) or not isinstance(told.get("line"), int):
            raise ValueError("not a row")
        texts = {field.name: one_line(str(told.get(field.name) or "")) for field in fields(cls)[1:]}
        return cls(line=told["line"], **texts)

    @property
    def told(self) -> dict[str, object]:
        return asdict(self)


class PeopleFile(NamedTuple):
    """What was read of a file, and the names of the columns of which nothing was made."""

    rows: list[PersonEntry]
    unused: list[str]


def read_people(path: Path) -> PeopleFile:
    """The rows of a CSV, XLSX or vCard file that say anything. Raises Unreadable."""
    try:
        table, columns = find_columns(read_tables(path, unpacked=MOST_UNPACKED), words=PEOPLE)
    except NoColumns as wrong:
        raise Unreadable(
            _l("No column is called Name. The others may be called Email, Phone, Role, Manager and Zone.")
        ) from wrong
    rows = [_entry(line, columns) for line in table.lines() if line.number > columns.header_line]
    if not rows:
        raise Unreadable(_l("There is nobody under the first row."))
    if len(rows) > MOST_PEOPLE:
        raise Unreadable(_l("The file has more than %(most)s rows. Split it."), most=MOST_PEOPLE)
    return PeopleFile(rows, [one_line(name) for name in columns.unused])


def _entry(line: Line, columns: Columns) -> PersonEntry:
    def cell(field: str) -> str:
        places = columns.places[field]
        said = [one_line(line.cells[place]) for place in places if place < len(line.cells)]
        return next(filter(None, said), "")

    return PersonEntry(line.number, **{field: cell(field) for field in PEOPLE.names})


@dataclass(frozen=True)
class Sound:
    """What a row comes to: facts that can be kept."""

    name: str
    email: str
    phone: str
    role: str
    zone: str


class RoleWords:
    """The roles that somebody may give, by the words in which files speak of them."""

    def __init__(self, by: Actor) -> None:
        made = list(Role.all())
        self.by = by
        self.rights = {**ROLES, **{role.name: role.rights for role in made}}
        self.named = {**_ROLE_OF, **{fold(name): name for name in ROLES}}
        self.named |= {fold(role.title): role.name for role in made}

    def role(self, words: str) -> str:
        """The role; a rep without words. Raises ValueError that says why not."""
        role = self.named.get(fold(words), "") if words else "rep"
        if not role:
            raise ValueError(_("There is no role “%(role)s”.", role=words))
        if not self.rights[role] <= self.by.permissions:
            raise ValueError(_("You may not give this role."))
        return role

    def leads(self, role: str) -> bool:
        """Whether it shows what one's people look after."""
        return "customers:read:team" in self.rights.get(role, ())


def sound(entry: PersonEntry, roles: RoleWords) -> Sound:
    """The row's own facts, its manager aside. Raises ValueError that says what is wrong."""
    for name, most in LONGEST.items():
        if len(getattr(entry, name)) > most:
            typed = len(getattr(entry, name))
            raise ValueError(
                _("%(typed)s characters are too many. At most %(most)s fit.", typed=typed, most=most)
            )
    if is_blank(entry.name):
        raise ValueError(_("Type a name."))
    return Sound(
        entry.name, _email(entry.email), _phone(entry.phone), roles.role(entry.role),
        _zone(entry.zone) if entry.zone else roles.by.zone,
    )  # fmt: skip


@lru_cache(MOST_PEOPLE)
def _email(typed: str) -> str:
    read = read_email(typed) if typed else None
    if read and read.flaw:
        raise ValueError(flaw_words(read.flaw))
    return (read.address if read else "") or ""


@lru_cache(MOST_PEOPLE)
def _phone(typed: str) -> str:
    read = read_phone(typed) if typed else None
    if read and read.flaw:
        raise ValueError(phone_words.flaw_words(read.flaw, read.typed))
    return (read.e164 if read else "") or ""


@cache
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone, _words in zones()}


def _zone(typed: str) -> str:
    zone = _zones().get(typed.replace(" ", "_").casefold())
    if zone is None:
        raise ValueError(
            _("There is no time zone “%(zone)s”. It is called as in Asia/Ho_Chi_Minh.", zone=typed)
        )
    return zone
