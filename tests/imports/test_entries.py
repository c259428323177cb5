from pathlib import Path

import pytest

from crmweb.imports.columns import Columns, find_columns
from crmweb.imports.entries import Entry, EntryReader
from crmweb.imports.pins import FilePin, read_location, read_pin
from crmweb.imports.reading import read_tables
from crmweb.imports.tables import Unreadable


def columns(tmp_path: Path, header: str, *chosen: tuple[str, str]) -> Columns:
    path = tmp_path / "file.csv"
    path.write_text(header + "\n", encoding="utf-8")
    return find_columns(read_tables(path), chosen)[1]


def found(tmp_path: Path, header: str, *chosen: tuple[str, str]) -> dict[str, list[str]]:
    """Field → the columns that were found for it."""
    known = columns(tmp_path, header, *chosen)
    return {
        field: [known.header[place] for place in places] for field, places in known.places.items() if places
    }


def entry(tmp_path: Path, header: str, row: str) -> Entry:
    path = tmp_path / "file.csv"
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    table, known = find_columns(read_tables(path))
    reader = EntryReader(known, tiers={"A", "B", "C"})
    (only,) = (reader.read(line) for line in table.lines() if line.number > known.header_line)
    return only


def test_a_vietnamese_sheet_is_recognised(tmp_path: Path) -> None:
    header = (
        "Mã KH,Tên khách hàng,Địa chỉ,Phường/Xã,Quận/Huyện,Tỉnh/Thành,SĐT,Điện thoại 2,Email,Vĩ độ,Kinh độ,Hạng,"
        "Trạng thái,Nguồn,Nhãn,Mã số thuế,Loại,Người liên hệ,Ghi chú,NVBH"
    )
    assert found(tmp_path, header) == {
        "code": ["Mã KH"],
        "name": ["Tên khách hàng"],
        "address": ["Địa chỉ", "Phường/Xã", "Quận/Huyện", "Tỉnh/Thành"],
        "phone": ["SĐT", "Điện thoại 2"],
        "email": ["Email"],
        "lat": ["Vĩ độ"],
        "lng": ["Kinh độ"],
        "tier": ["Hạng"],
        "status": ["Trạng thái"],
        "source": ["Nguồn"],
        "tags": ["Nhãn"],
        "tax_number": ["Mã số thuế"],
        "kind": ["Loại"],
        "contact": ["Người liên hệ"],
        "preferences": ["Ghi chú"],
        "responsible": ["NVBH"],
    }


def test_an_english_sheet_is_recognised_whatever_its_case_and_joints(tmp_path: Path) -> None:
    header = (
        "ExternalId;Customer_Code;Company Name;address_1;Address 2;postal_code;COUNTRY;"
        "Phone;phone_2;Website URL;Tọa độ"
    )
    assert found(tmp_path, header) == {
        "external_id": ["ExternalId"],
        "code": ["Customer_Code"],
        "name": ["Company Name"],
        "address": ["address_1", "Address 2", "postal_code", "COUNTRY"],
        "country": ["COUNTRY"],
        "phone": ["Phone", "phone_2"],
        "website": ["Website URL"],
        "location": ["Tọa độ"],
    }


def test_a_plain_name_outranks_a_company_beside_it(tmp_path: Path) -> None:
    assert found(tmp_path, "company,name")["name"] == ["name"]


def test_a_title_may_stand_above_the_header(tmp_path: Path) -> None:
    known = columns(tmp_path, "DANH SÁCH KHÁCH HÀNG\nTháng 11\n\nSTT,Tên,SĐT")
    assert (known.header_line, known.header, known.unused) == (4, ["STT", "Tên", "SĐT"], ["STT"])


def test_what_a_person_says_outranks_what_is_recognised(tmp_path: Path) -> None:
    assert found(tmp_path, "name,label,phone,alt", ("name", "label"), ("phone", "alt")) == {
        "name": ["label"],
        "phone": ["alt"],
    }


def test_an_unknown_field_or_column_is_told_with_those_there_are(tmp_path: Path) -> None:
    assert found(tmp_path, "name,a,b", ("phone 1", "a"), ("số điện thoại", "b"))["phone"] == ["a", "b"]
    with pytest.raises(Unreadable, match='no field "colour"'):
        columns(tmp_path, "name", ("colour", "name"))
    with pytest.raises(Unreadable, match='no column "nom"'):
        columns(tmp_path, "name,phone", ("name", "nom"))
    with pytest.raises(Unreadable, match=r"--map name=COLUMN; the columns are: first, last"):
        columns(tmp_path, "first,last")


def test_an_address_is_joined_as_it_was_typed_in_the_files_order(tmp_path: Path) -> None:
    bay = entry(tmp_path, "city,name,street,country", "Đà Nẵng,Bảy,118  Hải Phòng,Việt Nam")
    assert bay.facts == {"name": "Bảy", "address": "Đà Nẵng, 118 Hải Phòng, Việt Nam"}


def test_blank_cells_say_nothing(tmp_path: Path) -> None:
    assert entry(tmp_path, "name,code,tier,status,phone,lat,lng", "Bảy, ,,,,,").facts == {"name": "Bảy"}


def test_a_number_is_read_as_of_the_rows_country(tmp_path: Path) -> None:
    bay = entry(tmp_path, "name,phone,country", "Trim Tab,2057030536.0,United States")
    assert [phone.e164 for phone in bay.phones] == ["+12057030536"]


def test_the_same_number_twice_is_one(tmp_path: Path) -> None:
    bay = entry(tmp_path, "name,phone,phone 2", "Bảy,0905 444 505 / 0236 3812 345,84905444505")
    assert [phone.e164 for phone in bay.phones] == ["+84905444505", "+842363812345"]


@pytest.mark.parametrize(
    ("header", "row", "flags"),
    [
        ("name,phone", "Bảy,0905 412 77", ["phone too_short"]),
        ("name,email", "Bảy,bay.example", ["email no_at"]),
        ("name,tier", "Bảy,Vàng", ["tier unknown"]),
        ("name,status", "Bảy,lạ", ["status unknown"]),
        ("name,kind", "Bảy,lạ", ["kind unknown"]),
        ("name,lat,lng", "Bảy,0,0", ["pin zero"]),
        ("name,lat,lng", "Bảy,108.2,16.05", ["pin swapped"]),
        ("name,lat,lng", "Bảy,16.05,", ["pin missing"]),
        ("name,lat,lng", "Bảy,north,16", ["pin not_a_number"]),
        ("name,lat,lng", "Bảy,100,200", ["pin out_of_range"]),
    ],
)
def test_what_is_wrong_is_flagged_and_the_row_stands(
    tmp_path: Path, header: str, row: str, flags: list[str]
) -> None:
    bay = entry(tmp_path, header, row)
    assert (bay.rejection, bay.flags, bay.facts) == ("", flags, {"name": "Bảy"})


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        ("name,phone", ",0905444505", "no name"),
        ("name,phone", "  ,0905444505", "no name"),
        ("name,city", "Bảy,5 Lê Lợi, Đà Nẵng", "more cells than columns"),
        ("name,code", f"Bảy,{'7' * 61}", "code longer than 60 characters"),
        ("name,code", f"{'ả' * 301},7", "name longer than 300 characters"),
    ],
)
def test_a_row_that_cannot_stand_says_why(tmp_path: Path, header: str, row: str, reason: str) -> None:
    assert entry(tmp_path, header, row).rejection == reason


@pytest.mark.parametrize(
    ("header", "cell", "meant"),
    [
        ("kind", "Cửa hàng", "shop"),
        ("kind", "Công ty", "company"),
        ("kind", "cá nhân", "person"),
        ("status", "Khách tiềm năng", "lead"),
        ("status", "Ngừng bán", "former"),
        ("status", "ACTIVE", "customer"),
        ("tier", "Hạng a", "A"),
        ("tier", "b", "B"),
    ],
)
def test_words_for_kind_status_and_tier_are_understood(
    tmp_path: Path, header: str, cell: str, meant: str
) -> None:
    assert entry(tmp_path, f"name,{header}", f"Bảy,{cell}").facts[header] == meant


def test_control_characters_that_no_database_takes_are_dropped(tmp_path: Path) -> None:
    assert entry(tmp_path, "name,code", "B\x01ảy\x1b" + "a" * 200 + ",7").facts["name"] == "Bảy" + "a" * 200


@pytest.mark.parametrize(
    "text",
    ["16.0544,108.2022", "16.0544, 108.2022", "16,0544; 108,2022", "(16.0544 108.2022)", "16,0544, 108,2022"],
)
def test_both_degrees_may_stand_in_one_cell(text: str) -> None:
    assert read_location(text) == FilePin(16.0544, 108.2022, None)


def test_a_text_where_degrees_should_be_is_no_pin() -> None:
    assert read_location("chợ Hàn") == FilePin(None, None, "not_a_number")
    assert read_location("") is None


def test_swapped_degrees_are_kept_as_they_came() -> None:
    assert read_pin("108.2022", "16,0544") == FilePin(108.2022, 16.0544, "swapped")
