"""What an SMS costs, and what its words become without accents."""

from __future__ import annotations

import pytest

from crmweb.followups.segments import segments, without_accents
from crmweb.followups.tokens import filled, flaw_of


@pytest.mark.parametrize(
    ("text", "messages", "plain"),
    [
        ("", 1, True), ("a" * 160, 1, True), ("a" * 161, 2, True), ("a" * 306, 2, True), ("a" * 307, 3, True),
        ("€" * 80, 1, True), ("€" * 81, 2, True), ("ơ" * 70, 1, False), ("ơ" * 71, 2, False), ("ơ" * 135, 3, False),
        ("😀" * 35, 1, False), ("😀" * 36, 2, False), ("Chào", 1, True), ("Chị", 1, False),
    ],
)  # fmt: skip
def test_an_sms_is_counted_as_the_network_counts_it(text: str, messages: int, plain: bool) -> None:
    found = segments(text)
    assert (found.messages, found.plain) == (messages, plain)


def test_vietnamese_can_be_read_without_its_accents() -> None:
    assert (
        without_accents("Chào chị Hạnh, Đường “Lê Lợi” – hẹn 9 giờ…")
        == 'Chao chi Hanh, Duong "Le Loi" - hen 9 gio...'
    )
    assert segments(without_accents("Ưu đãi đặc biệt")).plain


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{0}", "{contact.name}", "{contact", "}", "{}", "{ contact }", "{Contact}"]
)
def test_only_fixed_words_stand_in_braces(text: str) -> None:
    assert flaw_of(text) or "{contact}" in text


def test_tokens_are_filled_in_one_go() -> None:
    assert filled("{contact} {rep}", {"contact": "{rep}", "rep": "{contact}"}) == "{rep} {contact}"
