"""One row of a file, read: the facts about a customer, what is flawed, and why it may not stand."""

import re
import unicodedata
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from crmweb.customers.reaching.countries import region_of
from crmweb.customers.reaching.emails import ReadEmail, read_email, split_emails
from crmweb.customers.reaching.models import main_phone
from crmweb.customers.reaching.phones import ReadPhone, read_phone, split_phones
from crmweb.imports.columns import Columns
from crmweb.imports.pins import FilePin, read_location, read_pin
from crmweb.imports.tables import Line
from crmweb.imports.words import kind_of, status_of, tier_of
from crmweb.names import nfc

LONGEST = {
    "name": 300,
    "code": 60,
    "external_id": 200,
    "tax_number": 40,
    "website": 500,
    "source": 80,
    "contact": 200,
    "address": 1_000,
    "preferences": 10_000,
}
MOST_PHONES = MOST_EMAILS = 10
MOST_TAGS = 30
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BETWEEN_TAGS = re.compile(r"[,;|\n]")


@dataclass(slots=True)
class Entry:
    """What a row says. `facts` has only what is not blank, for a blank cell never erases."""

    line: Line
    facts: dict[str, str] = field(default_factory=dict)
    external_id: str = ""
    parent: str = ""
    responsible: str = ""
    contact: str = ""
    phones: list[ReadPhone] = field(default_factory=list)
    emails: list[ReadEmail] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    pin: FilePin | None = None
    flags: list[str] = field(default_factory=list)
    rejection: str = ""
    customer_id: uuid.UUID | None = None

    @property
    def keys(self) -> set[tuple[str, str]]:
        """By what the row's customer is known again: id and code, or without them all three of their looks."""
        given = (("id", self.external_id), ("code", self.facts.get("code", "")))
        return {(kind, key) for kind, key in given if key} or (
            {("look", "\n".join(self.look))} if self.look else set()
        )

    @property
    def look(self) -> tuple[str, str, str] | None:
        """Name, address and main phone of a row without id and code, if more than the name is told.

        The same file again, or a card without a UID, must not double anybody.
        """
        name, address, phone = (
            self.facts.get("name", ""),
            self.facts.get("address", ""),
            main_phone(self.phones),
        )
        if self.external_id or "code" in self.facts or not (address or phone):
            return None
        return name, address, phone or ""


@dataclass(frozen=True, slots=True)
class Cells:
    """A row's cells by what their columns mean."""

    texts: Sequence[str]
    places: Mapping[str, Sequence[int]]

    def all(self, field: str) -> list[str]:
        """Those of the field's cells that say something."""
        return [
            self.texts[place] for place in self.places[field] if place < len(self.texts) and self.texts[place]
        ]

    def first(self, field: str) -> str:
        """The first of them, or nothing."""
        said = self.all(field) if self.places[field] else []
        return said[0] if said else ""


@dataclass(frozen=True, slots=True)
class EntryReader:
    """Reads rows under a header. `tiers` are those there are; `region` is where numbers are by default."""

    columns: Columns
    tiers: Collection[str]
    region: str = "VN"

    def read(self, line: Line) -> Entry:
        """The row as an entry. Never raises: a row that cannot stand says why in `rejection`."""
        entry = Entry(line, rejection=self._too_wide(line))
        cells = Cells([_clean(cell) for cell in line.cells], self.columns.places)
        self._take_texts(entry, cells)
        self._take_words(entry, cells)
        self._take_reaching(entry, cells)
        self._take_pin(entry, cells)
        return entry

    def _too_wide(self, line: Line) -> str:
        surplus = line.cells[len(self.columns.header) :]
        return "more cells than columns" if any(cell.strip() for cell in surplus) else ""

    def _take_texts(self, entry: Entry, cells: Cells) -> None:
        texts = {name: nfc(cells.first(name)) for name in ("name", "code", "tax_number", "website", "source")}
        texts["address"] = ", ".join(nfc(cell) for cell in cells.all("address"))
        texts["preferences"] = "\n".join(cells.all("preferences"))
        entry.facts = {name: text for name, text in texts.items() if text}
        entry.external_id = nfc(cells.first("external_id"))
        entry.parent = nfc(cells.first("parent"))
        entry.responsible = cells.first("responsible")
        entry.contact = nfc(cells.first("contact"))
        self._judge_texts(entry)

    def _judge_texts(self, entry: Entry) -> None:
        measured = entry.facts | {"external_id": entry.external_id, "contact": entry.contact}
        if "name" not in entry.facts:
            entry.rejection = entry.rejection or "no name"
        for name, most in LONGEST.items():
            if len(measured.get(name, "")) > most:
                entry.rejection = entry.rejection or f"{name} longer than {most} characters"

    def _take_words(self, entry: Entry, cells: Cells) -> None:
        self._take_word(entry, "kind", cells.first("kind"), kind_of)
        self._take_word(entry, "status", cells.first("status"), status_of)
        self._take_word(entry, "tier", cells.first("tier"), self._tier_of)
        tags = [nfc(tag)[:60] for cell in cells.all("tags") for tag in _BETWEEN_TAGS.split(cell)]
        entry.tags = list(dict.fromkeys(tag for tag in tags if tag))[:MOST_TAGS]

    def _take_word(self, entry: Entry, name: str, word: str, meaning_of: Callable[[str], str | None]) -> None:
        meaning = meaning_of(word) if word else None
        if meaning is not None:
            entry.facts[name] = meaning
        elif word:
            entry.flags.append(f"{name} unknown")

    def _tier_of(self, word: str) -> str | None:
        tier = tier_of(word)
        return tier if tier in self.tiers else None

    def _take_reaching(self, entry: Entry, cells: Cells) -> None:
        region = region_of(cells.first("country")) or self.region
        numbers = [number for cell in cells.all("phone") for number in split_phones(cell, region)]
        phones = [read_phone(number[:120], region) for number in numbers[:MOST_PHONES]]
        entry.phones = list({phone.e164 or phone.typed: phone for phone in phones}.values())
        addresses = [address for cell in cells.all("email") for address in split_emails(cell)]
        emails = [read_email(address[:254]) for address in addresses[:MOST_EMAILS]]
        entry.emails = list({email.address or email.typed: email for email in emails}.values())
        entry.flags += [f"phone {phone.flaw}" for phone in entry.phones if phone.flaw]
        entry.flags += [f"email {email.flaw}" for email in entry.emails if email.flaw]

    def _take_pin(self, entry: Entry, cells: Cells) -> None:
        lat, lng, location = (cells.first(name) for name in ("lat", "lng", "location"))
        entry.pin = read_pin(lat, lng) if lat or lng else read_location(location)
        if entry.pin is not None and entry.pin.flaw:
            entry.flags.append(f"pin {entry.pin.flaw}")


def _clean(cell: str) -> str:
    """The cell in NFC, without what no database takes."""
    text = cell if cell.isprintable() else _CONTROL.sub("", cell)
    return unicodedata.normalize("NFC", text).strip()
