import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from crmweb.customers.reaching.emails import flaw_words, mailto_url, read_email, split_emails


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("hanh@hongphuc.example", "hanh@hongphuc.example"),
        ("  Hanh@HongPhuc.Example ", "Hanh@hongphuc.example"),
        ("Chị Hạnh <hanh@hongphuc.example>", "hanh@hongphuc.example"),
        ("mailto:hanh@hongphuc.example", "hanh@hongphuc.example"),
        ("info@nguyễn.example", "info@nguyễn.example"),
        ("почта@hongphuc.example", "почта@hongphuc.example"),
    ],
)
def test_an_address_is_understood_however_it_was_pasted(typed: str, address: str) -> None:
    email = read_email(typed)
    assert (email.address, email.flaw) == (address, None)


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [
        ("hanh.hongphuc.example", "no_at"),
        ("hanh@", "no_domain"),
        ("hanh@hongphuc", "no_domain"),
        ("hanh@hong_phuc.example", "bad_domain"),
        ("hanh@hongphuc..example", "bad_domain"),
        ("hanh le@hongphuc.example", "has_space"),
        ("a@hongphuc.example; b@hongphuc.example", "two_addresses"),
        ("a@@hongphuc.example", "not_an_address"),
        ("h\N{CYRILLIC SMALL LETTER A}nh@hongphuc.example", "two_alphabets"),
        ("hanh@h\N{GREEK SMALL LETTER OMICRON}ngphuc.example", "two_alphabets"),
        (".hanh.@hongphuc.example", "not_an_address"),
        ("", "not_an_address"),
    ],
)
def test_a_wrong_address_is_kept_with_its_flaw(typed: str, flaw: str) -> None:
    email = read_email(typed)
    assert (email.typed, email.address, email.flaw) == (typed, None, flaw)


@given(st.text())
def test_whatever_is_typed_is_either_an_address_or_flagged(typed: str) -> None:
    email = read_email(typed)
    assert (email.address is None) != (email.flaw is None)


@pytest.mark.parametrize(
    ("cell", "addresses"),
    [
        ("a@x.example; b@y.example", ["a@x.example", "b@y.example"]),
        ("a@x.example b@y.example", ["a@x.example", "b@y.example"]),
        ("a@x.example,", ["a@x.example"]),
        ("Lan, Ltd <a@x.example>", ["Lan, Ltd <a@x.example>"]),
        (" ", []),
    ],
)
def test_two_addresses_in_one_cell_become_two(cell: str, addresses: list[str]) -> None:
    assert split_emails(cell) == addresses


def test_a_rep_is_told_how_to_mend_an_address() -> None:
    app = Flask(__name__)
    Babel(app, default_locale="en")
    with app.test_request_context():
        assert str(flaw_words("no_at")) == "An address has an @ in it, as in name@shop.vn."
    assert mailto_url("a@x.example") == "mailto:a@x.example"
