"""What a mail tells us, and what one cannot do to us that was made to do harm."""

from __future__ import annotations

import time as stopwatch
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmweb.followups.incoming.pages import text_of_html
from crmweb.followups.incoming.reading import LOOKED_AT, MOST_LEVELS, Mail, Unreadable, read_mail
from crmweb.followups.incoming.words import LONGEST, own_words
from tests.followups.incoming.mails import NAME, answer, bounce

SECONDS = 3.0
"""That the worst mail may take; the library's parsers take minutes for some of them."""


def read(mail: Message) -> Mail:
    return read_mail(mail.as_bytes())


# --- answers ------------------------------------------------------------------------------------------


def test_an_answer_names_what_it_answers() -> None:
    found = read(answer("Chị lấy hai thùng."))
    assert (found.names, found.sender, found.text) == ((NAME,), "hanh@example.com", "Chị lấy hai thùng.")
    assert not found.by_itself


def test_a_long_thread_names_the_latest_first() -> None:
    older = "a" * 32
    found = read(answer("x", References=f"<{older}@example.com>\n <{NAME}@example.com> <x@gmail.com>"))
    assert found.names == (NAME, older)


@pytest.mark.parametrize(
    "written",
    [
        "Chị lấy hai thùng.\n\nOn Wed, 4 Mar 2026 at 10:00, Lan wrote:\n> Chào chị\n> cần trà không?",
        "Chị lấy hai thùng.\n\nVào Th 4, 4 thg 3, 2026 vào lúc 10:00 Lan <lan@example.com>\nđã viết:\n\n> Chào chị",
        "On Wed, Lan wrote:\n> Chào chị\n\nChị lấy hai thùng.",
        "> Chào chị\n> cần trà không?\nChị lấy hai thùng.",
        "Chị lấy hai thùng.\n\n-----Original Message-----\nFrom: Lan\nChào chị",
        "Chị lấy hai thùng.\n\n________________________________\nFrom: Lan",
        "Chị lấy hai thùng.\n\nTừ: Lan <lan@example.com>\nĐã gửi: 4/3/2026\nTới: Hạnh\n\nChào chị",
        "Chị lấy hai thùng.\n-- \nHạnh\n0905 412 777",
        "Chị lấy hai thùng.\n\nĐược gửi từ iPhone của tôi",
        "\u202e\u200bChị lấy\x00 hai\xa0thùng.\r\n",
    ],
)
def test_only_their_own_words_are_kept(written: str) -> None:
    assert own_words(written) == "Chị lấy hai thùng."


def test_a_line_that_begins_like_a_head_is_no_head() -> None:
    assert own_words("From: 8 to 10 is fine\nThanks") == "From: 8 to 10 is fine\nThanks"


def test_a_mail_of_html_alone_is_read_as_text() -> None:
    mail = answer("")
    html = (
        "<html><head><title>x</title><style>p{}</style><body><p>Chị lấy <b>hai</b> thùng&nbsp;&amp; đá<br>mai nhé</p>"
        "<blockquote>Chào chị</blockquote><!-- <p> --><script>x()</script></body>"
    )
    mail.set_content(html, subtype="html")
    assert read(mail).text == "Chị lấy hai thùng & đá\nmai nhé"


def test_of_two_kinds_of_text_the_plain_one_counts_and_a_file_is_no_text() -> None:
    mail = answer("Có")
    mail.add_alternative("<p>Không</p>", subtype="html")
    assert (read(mail).text, read(mail).files) == ("Có", False)
    mail.add_attachment("hoá đơn", filename="a.txt")
    assert (read(mail).text, read(mail).files) == ("Có", True)


def test_a_very_long_answer_is_cut() -> None:
    assert len(read(answer("trà " * 9000)).text) == LONGEST - 1


@pytest.mark.parametrize(
    ("charset", "text"),
    [("windows-1258", "Chào"), ("utf-16", "Chào chị"), ("iso-2022-jp", "はい"), ("tis-620", "ครับ")],
)
def test_other_alphabets_are_read(charset: str, text: str) -> None:
    mail = MIMEText(text, "plain", charset)
    assert read(mail).text == text


# --- machines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Auto-Submitted", "auto-replied (vacation)"), ("Auto-Submitted", "auto-generated; x=1"),
        ("Precedence", "bulk"), ("List-Id", "<x.example.com>"), ("X-Autoreply", "yes"), ("Return-Path", "<>"),
        ("Subject", "Automatic reply: Trà mới"), ("Subject", "Trả lời tự động: Trà mới"),
    ],
)  # fmt: skip
def test_a_machine_answers_for_nobody(header: str, value: str) -> None:
    found = read(answer("Tôi đi vắng", **{header: value}))
    assert (found.by_itself, found.text) == (True, "")


@pytest.mark.parametrize(("header", "value"), [("Auto-Submitted", "no"), ("Subject", "Re: Out of tea")])
def test_a_person_is_no_machine(header: str, value: str) -> None:
    assert read(answer("Có", **{header: value})).text == "Có"


def test_a_receipt_is_no_answer() -> None:
    mail = MIMEMultipart("report", report_type="disposition-notification")
    mail["In-Reply-To"] = f"<{NAME}@example.com>"
    mail.attach(MIMEText("It was read"))
    assert read(mail).by_itself


# --- what came back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("carried", ["mail", "head", "nothing"])
def test_a_report_says_what_did_not_arrive_and_why(carried: str) -> None:
    found = read_mail(bounce("5.1.1", "550 5.1.1 <hanh@example.com> no such user", carries=carried))
    assert found.names == (() if carried == "nothing" else (NAME,))
    (told,) = found.bounces
    assert (told.status, told.words) == ("5.1.1", "550 5.1.1 <hanh@example.com> no such user")
    assert (told.permanent, told.of_the_address) == (True, True)
    assert "hanh@example.com" in told.addresses
    assert found.by_itself, "a report is no answer"


@pytest.mark.parametrize(
    ("status", "said", "permanent", "of_the_address"),
    [
        ("5.1.1", "", True, True), ("5.0.0", "550 no", True, True), ("5.4.4", "", True, True),
        ("5.2.1", "", True, True), ("5.2.2", "552 full", True, False), ("5.7.1", "554 spam", True, False),
        ("5.3.4", "", True, False), ("5.6.0", "", True, False), ("4.4.7", "421 gave up", False, False),
        ("4.2.2", "", False, False), ("", "550 5.7.26 unsigned", True, False), ("", "550 no such user", True, True),
        ("", "451 later", False, False),
        ("rubbish", "", True, True), ("5.999.999", "", True, True),
    ],
)  # fmt: skip
def test_the_status_says_whether_it_is_for_good(
    status: str, said: str, permanent: bool, of_the_address: bool
) -> None:
    (told,) = read_mail(bounce(status, said)).bounces
    assert (told.permanent, told.of_the_address) == (permanent, of_the_address)


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded", "FAILEDX"])
def test_a_delay_or_an_arrival_is_no_bounce(action: str) -> None:
    assert read_mail(bounce("4.0.0", "", action=action)).bounces == ()


def test_two_mails_have_two_keys_and_one_mail_has_one() -> None:
    assert read(answer("x")).key != read(answer("x", **{"Message-ID": "<2@example.com>"})).key
    nameless = b"From: hanh@example.com\n\nx"
    assert read_mail(nameless).key == read_mail(nameless).key != read_mail(nameless + b"y").key


# --- harm ---------------------------------------------------------------------------------------------

_NEST = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(MOST_LEVELS)
)
HOSTILE = {
    "a mail in a mail in a mail": b"Content-Type: message/rfc822\n\n" * 9000,
    "the same with broken headers": b"Content-Type:\n message/rfc822\n\n" * 9000,
    "parts in parts": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 3000,
    "a few parts and many lines": _NEST + b"\n" * LOOKED_AT,
    "a boundary that is everywhere": b'Content-Type: multipart/mixed; boundary="-"\n\n' + b"---\n" * 60000,
    "many headers": b"X: y\n" * 60000,
    "one huge header": b"From: " + b"a" * 300_000,
    "brackets": b"From: " + b"(" * 100_000 + b"\n\nx",
    "angles": b"To: " + b"<@," * 100_000 + b"\n\nx",
    "encoded words": b"Subject: " + b"=?utf-8?q?=C3?= " * 20_000,
    "unfinished tags": b"Content-Type: text/html\n\n" + b"<a " * 90_000,
    "unfinished attributes": b"Content-Type: text/html\n\n" + b'<div a="' * 30_000,
    "unfinished remarks": b"Content-Type: text/html\n\n" + b"<!--" * 60_000,
    "a charset for host names": b'Content-Type: text/plain; charset="punycode"\n\n\xc3' + b"a" * 200_000,
    "a charset with a NUL": b'Content-Type: text/plain; charset="utf-8\0"\n\n\xc3x',
    "a charset that is a path": b'Content-Type: text/plain; charset="../../x"\n\nx',
    "bytes": bytes(range(256)) * 500,
    "nothing": b"",
    "a report without blocks": b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n!!!!",
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_mail_that_is_made_to_do_harm_is_read_in_no_time_or_not(made: bytes) -> None:
    begun = stopwatch.process_time()
    try:
        found = read_mail(made)
    except Unreadable:
        found = None
    assert stopwatch.process_time() - begun < SECONDS
    assert found is None or len(found.text) <= LONGEST


@pytest.mark.parametrize("breaks", [b"\r\n ", b"\r", b"\0", b"\x0b", b"\xe2\x80\xa8", b"=?utf-8?q?=0D=0A?="])
def test_what_a_header_holds_stays_on_one_line(breaks: bytes) -> None:
    written = read_mail(b"From: a%sBcc: x <hanh@example.com>\n\nx" % breaks)
    (came_back,) = read_mail(bounce("5.1.1", f"550 a{breaks.decode()}b")).bounces
    for text in (written.sender, came_back.words):
        assert len(text.splitlines()) <= 1
        assert text.isprintable()


LINES = st.sampled_from(
    [
        b"From: a@b.vn", b"Content-Type: multipart/report; boundary=x", b"Content-Type: multipart/mixed; boundary=y",
        b"Content-Type: message/delivery-status", b"Content-Type: message/rfc822",
        b"Content-Type: text/html; charset=x", b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode", b"--x", b"--y", b"--x--", b"",
        b"Action: failed", b"Status: 5.1.1", b"Diagnostic-Code: smtp; 550", b"Final-Recipient: rfc822;", b"begin 644 x",
        b"On x wrote:", b"> x", b"<p>", b"Subject: =?utf-8?b?/w==?=", b"References: <",
        b"Content-Disposition: attachment",
    ]
)  # fmt: skip


@given(st.lists(LINES | st.binary(max_size=30), max_size=40))
def test_no_mail_breaks_the_reader(lines: list[bytes]) -> None:
    try:
        found = read_mail(b"\n".join(lines))
    except Unreadable as flaw:
        if flaw.__cause__ is not None:
            raise  # it broke; what has too many parts was not even looked at
        return
    for text in (found.text, found.sender, *found.to, *(told.words for told in found.bounces)):
        text.encode()
        assert "\0" not in text


@given(st.text(alphabet=st.sampled_from('<>!-/?abp &#;"\n'), max_size=200))
def test_no_page_breaks_its_reader(html: str) -> None:
    assert isinstance(text_of_html(html), str)


def test_a_mail_from_outlook_with_a_word_of_its_own_in_the_middle() -> None:
    mail = EmailMessage()
    mail.set_content("Chị lấy\n\n> hai?\n\nba thùng")
    assert read(mail).text == "Chị lấy\n\nba thùng"


def test_a_forwarded_mail_is_a_file_and_not_their_words() -> None:
    mail = MIMEMultipart()
    mail.attach(MIMEMessage(answer("không phải")))
    assert (read(mail).text, read(mail).files) == ("", True)
