from pathlib import Path

import pytest

from crmweb.imports.columns import find_columns
from crmweb.imports.entries import Entry, EntryReader
from crmweb.imports.reading import read_tables

CARDS = {
    "John_Doe_ANDROID.vcf": 6,
    "John_Doe_EVOLUTION.vcf": 1,
    "John_Doe_IPHONE.vcf": 1,
    "John_Doe_MAC_ADDRESS_BOOK.vcf": 1,
    "fullcontact.vcf": 1,
    "gmail-single.vcf": 1,
    "outlook-2003.vcf": 1,
    "rfc2426-example.vcf": 2,
    "thunderbird-MoreFunctionsForAddressBook-extension.vcf": 1,
}


def entries(file: Path) -> list[Entry]:
    table, columns = find_columns(read_tables(file))
    assert table.form == "vCard"
    reader = EntryReader(columns, tiers=())
    return [reader.read(line) for line in table.lines() if line.number > columns.header_line]


@pytest.fixture
def card(tmp_path: Path) -> Path:
    return tmp_path / "card.txt"


@pytest.mark.parametrize(("file", "cards"), CARDS.items())
def test_every_card_that_real_phones_export_comes_in(shared: Path, file: str, cards: int) -> None:
    read = entries(shared / "vcard" / file)
    assert len(read) == cards
    assert [entry.rejection for entry in read] == [""] * cards
    assert all(entry.facts["name"] and entry.facts["kind"] == "person" for entry in read)


def test_no_card_file_is_forgotten(shared: Path) -> None:
    assert {file.name for file in (shared / "vcard").glob("*.vcf")} == set(CARDS)


def test_an_android_phones_quoted_accents_and_broken_last_card_are_read(shared: Path) -> None:
    read = entries(shared / "vcard" / "John_Doe_ANDROID.vcf")
    assert [entry.facts["name"] for entry in read[:3]] == [
        "john.doe@company.com",
        "jane.doe@company.com",
        "Ñ Ñ Ñ Ñ Ñ",
    ]
    assert read[5].facts["name"] == "ÑÑÑÑ"
    assert [email.address for email in read[5].emails] == ["henry@company.com"]


def test_an_iphones_numbers_come_without_fax_and_pager_the_preferred_first(shared: Path) -> None:
    (john,) = entries(shared / "vcard" / "John_Doe_IPHONE.vcf")
    assert [phone.e164 for phone in john.phones] == [
        "+19055551234",
        "+19056661234",
        "+19057771234",
        "+19052221234",
    ]
    assert john.facts["address"] == "Silicon Alley 5, New York, New York, 12345, United States of America"
    assert john.facts["website"] == "http://www.ibm.com"
    assert john.facts["preferences"].startswith("Money Counter · IBM, Accounting")


def test_outlooks_address_and_organisation_with_a_comma_stay_whole(shared: Path) -> None:
    (john,) = entries(shared / "vcard" / "outlook-2003.vcf")
    assert john.facts["address"] == "TheOffice, 123 Main St, Austin, TX, 12345, United States of America"
    assert [phone.flaw for phone in john.phones] == ["not_a_number"] * 3


def test_a_uid_is_the_external_id_and_a_place_is_the_pin(card: Path) -> None:
    card.write_text(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:1\r\nFN:Tạp hóa Bảy\r\nORG:Tạp hóa Bảy\r\n"
        "TEL;VALUE=uri;TYPE=cell:tel:+84905444505\r\nGEO:geo:16.0544,108.2022\r\n"
        "CATEGORIES:VIP,Chợ Hàn\r\nEND:VCARD\r\n",
        encoding="utf-8",
    )
    (bay,) = entries(card)
    assert (bay.external_id, bay.facts["kind"], bay.tags) == ("urn:uuid:1", "company", ["VIP", "Chợ Hàn"])
    assert [phone.e164 for phone in bay.phones] == ["+84905444505"]
    assert bay.pin is not None
    assert (bay.pin.lat, bay.pin.lng) == (16.0544, 108.2022)


def test_version_3_writes_a_place_with_a_semicolon(card: Path) -> None:
    card.write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Bảy\nGEO:16.0544;108.2022\nEND:VCARD\n", encoding="utf-8")
    (bay,) = entries(card)
    assert bay.pin is not None
    assert (bay.pin.lat, bay.pin.lng) == (16.0544, 108.2022)


def test_one_card_that_cannot_be_read_does_not_take_the_others_with_it(card: Path) -> None:
    good = "BEGIN:VCARD\nVERSION:3.0\nFN:Bảy\nEND:VCARD\n"
    card.write_text(good + "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n" + good, encoding="utf-8")
    assert [entry.rejection for entry in entries(card)] == ["", "no name", ""]


def test_a_card_saved_in_utf16_is_known_by_its_content(card: Path) -> None:
    card.write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Bảy\nEND:VCARD\n", encoding="utf-16")
    assert [entry.facts["name"] for entry in entries(card)] == ["Bảy"]
