"""Eleven thousand real businesses, read a second time here by plain means."""

import csv
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import phonenumbers
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crmweb.customers.models import Customer, ExternalId
from crmweb.db import db
from crmweb.imports.cli import import_group

pytestmark = pytest.mark.slow
House = Callable[[], AbstractContextManager[None]]

REGIONS = {
    "United States": "US", "Germany": "DE", "Australia": "AU", "Belgium": "BE", "Canada": "CA", "New Zealand": "NZ",
    "South Africa": "ZA", "Netherlands": "NL", "Portugal": "PT", "Ireland": "IE", "Finland": "FI", "England": "GB",
    "South Korea": "KR", "Poland": "PL", "Singapore": "SG", "Austria": "AT", "Japan": "JP", "Sweden": "SE",
    "Scotland": "GB", "Italy": "IT", "France": "FR", "Isle of Man": "IM", "Ukraine": "UA",
}  # fmt: skip
ADDRESS = {
    "breweries.csv": [
        "address_1",
        "address_2",
        "address_3",
        "city",
        "state_province",
        "postal_code",
        "country",
    ],
    "breweries-2018.csv": ["street", "city", "state", "postal_code", "country"],
}


def rows_of(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}


def number_of(row: dict[str, str]) -> str | None:
    """E.164, or None for a number that cannot be dialled."""
    try:
        number = phonenumbers.parse(row["phone"].removesuffix(".0"), REGIONS[row["country"]])
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


def imported(app: Flask, file: Path) -> Counter[str]:
    said = CliRunner().invoke(import_group, ["customers", str(file)], obj=lambda: app)
    assert said.exit_code == 0, said.output
    words = (line.split() for line in said.output.splitlines())
    return Counter({word[0]: int(word[1]) for word in words if len(word) == 2 and word[1].isdecimal()})


def customers() -> dict[str, Customer]:
    """By the id that the file has for them."""
    found = select(ExternalId.external_id, Customer).join(Customer, Customer.id == ExternalId.customer_id)
    rows = db.session.execute(found.options(selectinload(Customer.phones)))
    return {row.external_id: row.Customer for row in rows}


@pytest.mark.parametrize(("name", "many"), [("breweries.csv", 11_822), ("breweries-2018.csv", 8_028)])
def test_every_brewery_is_taken_over_as_it_stands_in_the_file_and_once(
    app: Flask, house: House, shared: Path, name: str, many: int
) -> None:
    rows = rows_of(shared / name)
    bad = sum(bool(row["phone"]) and number_of(row) is None for row in rows.values())
    counted = imported(app, shared / name)
    assert counted == Counter(read=many, created=many, updated=0, unchanged=0, rejected=0, flagged=bad)
    with house():
        found = customers()
        assert found.keys() == rows.keys()
        for key, row in rows.items():
            assert_same(found[key], row, ADDRESS[name])
    again = imported(app, shared / name)
    assert again == Counter(read=many, created=0, updated=0, unchanged=many, rejected=0, flagged=bad)


def assert_same(customer: Customer, row: dict[str, str], address: list[str]) -> None:
    assert customer.name == " ".join(row["name"].split())
    assert customer.address == ", ".join(" ".join(row[part].split()) for part in address if row[part].strip())
    assert (customer.website or "") == row["website_url"].strip()
    assert customer.status == "customer"
    assert [phone.e164 for phone in customer.phones] == ([number_of(row)] if row["phone"] else [])
    assert customer.phone == ((number_of(row) or row["phone"]) if row["phone"] else None)
    if row["latitude"]:
        assert (customer.lat, customer.lng) == (float(row["latitude"]), float(row["longitude"]))
    assert (customer.cell is None) == (not row["latitude"])
