"""The made-up customers are believable, and the same on every machine."""

import re
import unicodedata
from collections import Counter

import pytest

from crmweb.customers.reaching.phones import read_phone
from crmweb.demo.chance import dice_for
from crmweb.demo.contacts import demo_contacts
from crmweb.demo.numbers import flawed_phone, tax_check_digit
from crmweb.demo.people import PEOPLE, REPS, SEED
from crmweb.demo.places import Box, in_water
from crmweb.demo.shops import DemoShop, demo_shops

# Drawn by hand around each old district, independently of the street table.
DISTRICTS = {
    "Hoàn Kiếm": Box(21.015, 21.042, 105.840, 105.862),
    "Ba Đình": Box(21.020, 21.050, 105.800, 105.850),
    "Đống Đa": Box(21.000, 21.031, 105.798, 105.843),
    "Hai Bà Trưng": Box(20.990, 21.021, 105.839, 105.870),
    "Tây Hồ": Box(21.040, 21.090, 105.800, 105.848),
    "Thanh Xuân": Box(20.980, 21.008, 105.795, 105.843),
    "Cầu Giấy": Box(21.005, 21.055, 105.775, 105.808),
    "Nam Từ Liêm": Box(20.985, 21.045, 105.735, 105.790),
    "Bắc Từ Liêm": Box(21.030, 21.095, 105.720, 105.800),
    "Hà Đông": Box(20.930, 20.995, 105.730, 105.805),
    "Hoàng Mai": Box(20.945, 21.001, 105.820, 105.910),
    "Long Biên": Box(21.000, 21.085, 105.855, 105.940),
    "Gia Lâm": Box(20.950, 21.080, 105.900, 106.020),
    "Thanh Trì": Box(20.880, 20.990, 105.800, 105.920),
    "Quận 1": Box(10.755, 10.796, 106.680, 106.712),
    "Quận 3": Box(10.765, 10.795, 106.665, 106.696),
    "Quận 4": Box(10.752, 10.769, 106.695, 106.716),
    "Quận 5": Box(10.746, 10.764, 106.648, 106.688),
    "Quận 6": Box(10.732, 10.758, 106.618, 106.656),
    "Quận 7": Box(10.700, 10.757, 106.690, 106.755),
    "Quận 8": Box(10.695, 10.752, 106.585, 106.694),
    "Quận 10": Box(10.759, 10.786, 106.656, 106.684),
    "Quận 11": Box(10.752, 10.776, 106.636, 106.660),
    "Bình Tân": Box(10.710, 10.825, 106.560, 106.630),
    "Tân Phú": Box(10.755, 10.825, 106.605, 106.650),
    "Tân Bình": Box(10.770, 10.840, 106.625, 106.675),
    "Bình Thạnh": Box(10.784, 10.836, 106.682, 106.750),
    "Phú Nhuận": Box(10.788, 10.812, 106.667, 106.695),
    "Gò Vấp": Box(10.815, 10.866, 106.635, 106.703),
    "Thủ Đức": Box(10.750, 10.900, 106.725, 106.880),
    "Nhà Bè": Box(10.590, 10.725, 106.680, 106.790),
}


@pytest.fixture(scope="module")
def shops() -> tuple[DemoShop, ...]:
    return demo_shops(SEED)


def test_two_machines_make_the_same_shops(shops: tuple[DemoShop, ...]) -> None:
    assert demo_shops(SEED) == shops
    assert [shop.id for shop in demo_shops(SEED)] == [shop.id for shop in shops]
    assert demo_shops("another") != shops


def test_about_six_hundred_shops_are_shared_among_the_reps(shops: tuple[DemoShop, ...]) -> None:
    assert 580 <= len(shops) <= 640
    books = Counter(shop.rep for shop in shops)
    assert set(books) == {*REPS, None}
    assert all(60 <= books[rep] <= 95 for rep in REPS)


def test_no_two_shops_in_one_district_are_called_the_same(shops: tuple[DemoShop, ...]) -> None:
    names = Counter((shop.ward.district, shop.name) for shop in shops)
    assert [name for name, times in names.items() if times > 1] == []


def test_every_shop_has_a_door_of_its_own(shops: tuple[DemoShop, ...]) -> None:
    assert len({shop.address for shop in shops}) == len(shops)


def test_every_pin_lies_in_its_district_and_on_dry_land(shops: tuple[DemoShop, ...]) -> None:
    astray = [
        (shop.name, shop.address, shop.pin)
        for shop in shops
        if shop.pin and (in_water(*shop.pin) or not DISTRICTS[shop.ward.district].holds(*shop.pin))
    ]
    assert astray == []


def test_hoan_kiem_lake_counts_as_water() -> None:
    assert in_water(21.0288, 105.8522)
    assert not in_water(21.0285, 105.8542)


def test_lan_can_walk_to_many_shops_from_the_lake(shops: tuple[DemoShop, ...]) -> None:
    near = Box(21.0285 - 0.009, 21.0285 + 0.009, 105.8542 - 0.0096, 105.8542 + 0.0096)
    assert sum(shop.rep == "lan" and shop.pin is not None and near.holds(*shop.pin) for shop in shops) >= 30
    central = {"Hoàn Kiếm", "Ba Đình", "Đống Đa", "Hai Bà Trưng", "Tây Hồ"}
    assert {shop.ward.district for shop in shops if shop.rep == "lan"} == central


def test_phones_can_be_dialled_but_for_a_few(shops: tuple[DemoShop, ...]) -> None:
    read = [read_phone(number) for shop in shops for number in shop.phones]
    flawed = [number for number in read if number.flaw]
    assert 3 <= len(flawed) <= 20
    assert [number.e164 for number in read if number.e164 and not _ours(number.e164)] == []
    numbers = [number.e164 for number in read if number.e164]
    assert len(numbers) > 500
    assert len(set(numbers)) == len(numbers)


def _ours(e164: str) -> bool:
    """Only numbers of the blocks that we chose because nobody we know of has them."""
    return bool(re.fullmatch(r"\+84(\d{3}000\d{3}|2[48]39000\d{3})", e164))


def test_a_flawed_number_is_seen_as_flawed() -> None:
    dice = dice_for(SEED, "flawed numbers")
    flaws = {read_phone(flawed_phone(dice)).flaw for _ in range(60)}
    assert flaws == {"too_short", "old_prefix", "two_numbers", "not_a_number"}


def test_people_have_phones_that_can_be_dialled() -> None:
    assert [person.name for person in PEOPLE if read_phone(person.phone).flaw] == []


def test_contacts_have_phones_that_can_be_dialled(shops: tuple[DemoShop, ...]) -> None:
    contacts = demo_contacts(SEED, shops)
    assert [contact.name for contact in contacts if contact.phone and read_phone(contact.phone).flaw] == []


def test_tax_numbers_of_companies_check(shops: tuple[DemoShop, ...]) -> None:
    taxed = [shop.tax_number for shop in shops if shop.tax_number]
    assert len(taxed) == len(set(taxed)) > 30
    assert all(tax_check_digit(number[:9]) == int(number[9]) for number in taxed)
    assert tax_check_digit("010010910") == 6


def test_branches_hang_under_a_head_office_that_comes_first(shops: tuple[DemoShop, ...]) -> None:
    seen: set[str] = set()
    for shop in shops:
        assert shop.parent is None or shop.parent in seen
        seen.add(shop.key)
    assert sum(shop.kind == "company" for shop in shops) == 9
    assert sum(shop.kind == "person" for shop in shops) == 7


def test_tiers_and_statuses_come_in_believable_shares(shops: tuple[DemoShop, ...]) -> None:
    statuses = Counter(shop.status for shop in shops)
    assert 0.80 < statuses["customer"] / len(shops) < 0.90
    assert 0.06 < statuses["lead"] / len(shops) < 0.13
    assert 0.02 < statuses["former"] / len(shops) < 0.08
    tiers = Counter(shop.tier for shop in shops if shop.tier)
    assert 0.10 < tiers["A"] / tiers.total() < 0.22
    assert 0.28 < tiers["B"] / tiers.total() < 0.42
    assert 0.40 < tiers["C"] / tiers.total() < 0.58


def test_a_few_things_are_missing_as_in_a_real_book(shops: tuple[DemoShop, ...]) -> None:
    assert 5 <= sum(shop.pin is None for shop in shops) <= 30
    assert 2 <= sum(shop.archived for shop in shops) <= 12
    assert 10 <= sum(not shop.phones for shop in shops) <= 60


def test_codes_are_given_once_and_leads_wait_for_theirs(shops: tuple[DemoShop, ...]) -> None:
    codes = [shop.code for shop in shops if shop.code]
    assert len(codes) == len(set(codes))
    assert "HN-0001" in codes
    assert all((shop.code is None) == (shop.status == "lead") for shop in shops)


def test_texts_are_composed_vietnamese(shops: tuple[DemoShop, ...]) -> None:
    texts = [text for shop in shops for text in (shop.name, shop.address, shop.preferences or "", *shop.tags)]
    assert [
        text for text in texts if unicodedata.normalize("NFC", text) != text or text != text.strip()
    ] == []


def test_a_few_people_stand_at_two_shops_and_some_birthdays_are_lunar(shops: tuple[DemoShop, ...]) -> None:
    contacts = demo_contacts(SEED, shops)
    assert sum(len(contact.places) == 2 for contact in contacts) == 12
    assert len({contact.id for contact in contacts}) == len(contacts)
    assert any(contact.birthday and contact.birthday_lunar for contact in contacts)
    assert any(contact.birthday and not contact.birthday_lunar for contact in contacts)
    keys = {shop.key for shop in shops}
    assert all(place in keys for contact in contacts for place, _ in contact.places)


def test_a_shop_named_after_its_keeper_is_theirs(shops: tuple[DemoShop, ...]) -> None:
    contacts = demo_contacts(SEED, shops)
    owners = {
        place: contact.name for contact in contacts for place, role in contact.places if role == "owner"
    }
    named = [shop for shop in shops if re.fullmatch("Tạp hóa (Cô|Bà|Bác|Dì) \\w+", shop.name)]
    assert len(named) > 30
    assert [shop.name for shop in named if owners[shop.key] != shop.name.removeprefix("Tạp hóa ")] == []
