from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from crmweb.customers.reaching.countries import region_of
from crmweb.customers.reaching.phone_words import flaw_words
from crmweb.customers.reaching.phones import display, read_phone, split_phones, tel_url, zalo_url

LAN = "+84905444505"


@pytest.fixture
def english() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app, default_locale="en")
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    "typed",
    [
        "0905444505",
        "0905 444 505",
        "0905.444.505",
        "0905-444-505",
        "(0905) 444 505",
        "905444505",
        "905444505.0",
        "84905444505",
        "84905444505.0",
        "+84905444505",
        "+84 (0)905 444 505",
        "0084 905 444 505",
        "'0905444505",
        "0905444505 (chị Lan)",
        "ĐT: 0905444505",
        "0905444505 máy lẻ 12",
        "0905444505 ext. 12",
        "０９０５４４４５０５",
    ],
)
def test_a_number_is_understood_however_a_rep_types_it(typed: str) -> None:
    phone = read_phone(typed)
    assert (phone.e164, phone.flaw) == (LAN, None)


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("9054445050.0", "US", "+19054445050"),
        ("(205) 777-5456", "US", "+12057775456"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("09261 628000", "DE", "+499261628000"),
        ("+49 9261 628000", "VN", "+499261628000"),
        ("1900 1234", "VN", "+8419001234"),
        ("0236 3812 345", "VN", "+842363812345"),
    ],
)
def test_a_number_belongs_to_the_country_it_says_or_its_shop_has(typed: str, region: str, e164: str) -> None:
    assert read_phone(typed, region).e164 == e164


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [
        ("0905 412 77", "too_short"),
        ("0905 412 777 1", "too_long"),
        ("0236 381 234", "too_short"),
        ("113", "too_short"),
        ("0000000000", "unknown_prefix"),
        ("+999 123456", "unknown_country"),
        ("8.49054E+10", "shortened"),
        ("8,49054e10", "shortened"),
        ("0905444505/0905444506", "two_numbers"),
        ("hỏi chị Lan", "not_a_number"),
        ("24h", "not_a_number"),
        ("", "not_a_number"),
    ],
)
def test_a_number_that_cannot_be_dialled_is_kept_with_its_flaw(typed: str, flaw: str) -> None:
    phone = read_phone(typed)
    assert (phone.typed, phone.e164, phone.flaw) == (typed, None, flaw)


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("0168 123 4567", "+84381234567"),
        ("01208765432", "+84708765432"),
        ("+84 199 123 4567", "+84591234567"),
        ("04 3825 1234", "+842438251234"),
        ("0511 381 2345", "+842363812345"),
    ],
)
def test_a_number_from_before_2018_is_told_its_new_form_but_not_changed(old: str, today: str) -> None:
    phone = read_phone(old)
    assert (phone.e164, phone.flaw, phone.suggestion) == (None, "old_prefix", today)


@given(st.text(), st.sampled_from(["VN", "US", "DE", "ZZ"]))
def test_whatever_is_typed_is_either_dialled_or_flagged(typed: str, region: str) -> None:
    phone = read_phone(typed, region)
    assert (phone.e164 is None) != (phone.flaw is None)


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("0905444505 / 02436789012", ["0905444505", "02436789012"]),
        ("0905444505; 0905444506", ["0905444505", "0905444506"]),
        ("0905444505, 0905444506,", ["0905444505", "0905444506"]),
        ("0905444505\n0905444506", ["0905444505", "0905444506"]),
        ("0905444505 - 0905444506", ["0905444505", "0905444506"]),
        ("0905444505 hoặc 0905444506", ["0905444505", "0905444506"]),
        ("0905444505 0905444506", ["0905444505", "0905444506"]),
        ("0905 444 505 0236 3812 345", ["0905 444 505", "0236 3812 345"]),
        ("905,444,505", ["905,444,505"]),
        ("0905444505;", ["0905444505"]),
        ("http://bay.example/", ["http://bay.example/"]),
        ("0236 3812 345/12", ["0236 3812 345/12"]),
        ("0905 444 505", ["0905 444 505"]),
        ("0905444505 (chị Lan, chủ)", ["0905444505 (chị Lan, chủ)"]),
        ("  ", []),
    ],
)
def test_two_numbers_in_one_cell_become_two(cell: str, numbers: list[str]) -> None:
    assert split_phones(cell) == numbers


@given(st.text(alphabet="0123456789 ;,/()-+.x|&\n", max_size=40))
def test_splitting_loses_no_digit(cell: str) -> None:
    def digits(text: str) -> str:
        return "".join(filter(str.isdecimal, text))

    assert digits("".join(split_phones(cell))) == digits(cell)


def test_a_number_at_home_is_shown_as_people_say_it_and_abroad_with_its_country() -> None:
    assert display(LAN) == "0905 444 505"
    assert display("+12057775456") == "+1 205-777-5456"
    assert display("hỏi chị Lan") == "hỏi chị Lan"


def test_a_number_can_be_called_and_written_to_in_zalo() -> None:
    assert tel_url(LAN) == "tel:+84905444505"
    assert zalo_url(LAN) == "https://zalo.me/84905444505"


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0905 412 77", "One digit short. Mobile numbers have 10 digits."),
        ("0905 412 7", "2 digits short. Mobile numbers have 10 digits."),
        ("0905 412 777 1", "One digit too many. Mobile numbers have 10 digits."),
        ("0236 381 234", "One digit short. Landline numbers have 11 digits."),
        ("0168 123 4567", "This is an old number. Today it is 0381 234 567."),
        ("0905444505/0905444506", "Two numbers in one field. Give each its own."),
        ("hỏi chị Lan", "This is not a phone number."),
        ("+1 205 777 545", "This number is too short."),
    ],
)
def test_a_rep_is_told_how_to_mend_a_number(typed: str, words: str) -> None:
    flaw = read_phone(typed).flaw
    assert flaw is not None
    assert str(flaw_words(flaw, typed)) == words


def test_lan_reads_in_vietnamese_that_one_digit_is_missing(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "vi"}):
        assert flaw_words("too_short", "0905 412 77") == "Thiếu một số. Số di động có 10 số."
        assert flaw_words("too_short", "0905 412 7") == "Thiếu 2 số. Số di động có 10 số."


@pytest.mark.parametrize(
    ("said", "region"),
    [
        ("United States", "US"),
        ("USA", "US"),
        ("Hoa Kỳ", "US"),
        ("Germany", "DE"),
        ("Đức", "DE"),
        ("DE", "DE"),
        ("Việt Nam", "VN"),
        ("England", "GB"),
        ("Scotland", "GB"),
        ("Isle of Man", "IM"),
        ("South Korea", "KR"),
        ("Hàn Quốc", "KR"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_a_country_is_known_in_english_and_vietnamese(said: str, region: str | None) -> None:
    assert region_of(said) == region


@pytest.mark.parametrize(
    ("typed", "meant"), [("0867 OOO 991", "+84867000991"), ("O9O5412777", "+84905412777")]
)
def test_letters_typed_for_digits_never_become_a_strangers_number(typed: str, meant: str) -> None:
    read = read_phone(typed)
    assert (read.e164, read.flaw, read.suggestion) == (None, "not_a_number", meant)
