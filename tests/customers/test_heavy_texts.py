"""What people paste, or attack with, is read in a time that grows with its length and no faster."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor
from crmweb.customers.reaching.emails import mailto_url
from crmweb.customers.reaching.phones import LONGEST, read_phone
from crmweb.names import MOST_MARKS, nfc

PhoneOf = Callable[[Actor], FlaskClient]


def test_a_letter_carries_a_few_marks_and_no_more() -> None:
    assert nfc("Hồng Phúc") == "Hồng Phúc"
    pile = nfc("a" + "\u0301" * 50_000 + "\u0316" * 50_000)
    assert len(pile) <= MOST_MARKS + 1


def test_a_phone_is_read_from_its_beginning() -> None:
    assert len(read_phone("(" * 50_000 + "1").typed) == LONGEST


def test_an_address_adds_nobody_to_a_mail() -> None:
    assert mailto_url("x?cc=boss@rival.vn") == "mailto:x%3Fcc%3Dboss@rival.vn"


@pytest.mark.parametrize("field", ["phones", "emails"])
def test_forty_thousand_of_a_kind_are_refused_without_being_read(
    phone_of: PhoneOf, lan: Actor, field: str
) -> None:
    many = [f"{number}" for number in range(40_000)]
    answer = phone_of(lan).post("/customers", data={"name": "Quán", field: many})
    assert answer.status_code == 422
    assert len(answer.data) < 60_000
