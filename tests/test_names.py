import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmweb.names import fold, initials, nfc


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("Nguyễn Thị Đông", "nguyen thi dong"),
        ("Nhà thuốc Hồng Phúc", "nha thuoc hong phuc"),
        ("ĐƯỜNG Ướt", "duong uot"),
        ("Browar Łódź", "browar lodz"),
        ("Smørrebrød", "smorrebrod"),
        ("Diyarbakır İzmir", "diyarbakir izmir"),
        ("Friesener Straße 1", "friesener strasse 1"),
        ("O'Brien & Sons, Ltd.", "o brien sons ltd"),
        ("’t Drankorgel", "t drankorgel"),
        ("맥주 공방", "맥주 공방"),
        ("ร้านน้ำ", "ร้านน้ำ"),
        ("  (405)\tBrewing_Co ", "405 brewing co"),
        ("…", ""),
    ],
)
def test_a_rep_finds_a_name_without_accents_case_or_punctuation(typed: str, searched: str) -> None:
    assert fold(typed) == searched


def test_signs_that_stand_alone_leave_no_double_spaces() -> None:
    assert fold("a!!\u0e49!?b") == "a \u0e49 b"


def test_a_name_typed_on_an_iphone_in_loose_accents_folds_like_the_composed_one() -> None:
    assert fold(unicodedata.normalize("NFD", "Nguyễn Đình Ổi")) == fold("Nguyễn Đình Ổi") == "nguyen dinh oi"


@given(st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_folded_text_has_no_outer_or_double_spaces(text: str) -> None:
    assert fold(text) == " ".join(fold(text).split())


def test_a_name_is_kept_composed_and_without_stray_spaces() -> None:
    assert nfc("  Nguye\u0302\u0303n \t Lan ") == "Nguyễn Lan"


@pytest.mark.parametrize(
    ("name", "drop"),
    [
        ("Nhà thuốc Hồng Phúc", "HP"),
        ("Lan Nguyễn", "LN"),
        ("Chị Hạnh", "H"),
        ("Anh Tùng", "T"),
        ("Đại lý Đức Trí", "ĐT"),
        ("Tạp hóa Bảy", "HB"),
        ("Bảy", "B"),
        ("7-Eleven 24", "E"),
        ("24/7", "27"),
        ("", ""),
    ],
)
def test_the_drop_shows_the_initials_a_person_would_say(name: str, drop: str) -> None:
    assert initials(name) == drop
