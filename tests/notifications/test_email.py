"""Mail leaves by SMTP, once, and what goes wrong is told apart from what will never work."""

from __future__ import annotations

import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from crmweb.notifications import email as module
from crmweb.notifications.channels import Message, PermanentFailure, TransientFailure
from crmweb.notifications.email import Email, MailServer
from tests.notifications.post_office import PostOffice


def _mail(to: str = "mai@example.com", subject: str = "Lịch hôm nay", **more: str) -> Message:
    return Message(
        dedupe="today 2026-03-02 mai", recipient=to, payload={"subject": subject, "text": "Chào", **more}
    )


def _from_us(office: PostOffice) -> Email:
    return Email(office.url, "crmweb <crm@example.com>")


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


def test_mai_gets_a_vietnamese_mail_as_it_was_written(office: PostOffice) -> None:
    _from_us(office).send(_mail(html="<p>Chào</p>"))
    (mail,) = office.mails
    assert (mail["Subject"], mail["To"], mail["From"]) == (
        "Lịch hôm nay",
        "mai@example.com",
        "crmweb <crm@example.com>",
    )
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Chào" in text.get_content()
    assert "<p>Chào</p>" in html.get_content()


def test_a_resend_carries_the_same_message_id_and_another_mail_another(office: PostOffice) -> None:
    for _ in range(2):
        _from_us(office).send(_mail())
    _from_us(office).send(Message("today 2026-03-03 mai", "mai@example.com", {"subject": "x", "text": "y"}))
    first, again, other = (mail["Message-ID"] for mail in office.mails)
    assert first == again
    assert first != other
    assert first.endswith("@example.com>")


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x85", "\u2028"])
def test_a_customers_name_with_a_line_break_adds_no_header(office: PostOffice, line_break: str) -> None:
    _from_us(office).send(_mail(subject=f"Quán A{line_break}Bcc: spy@example.org"))
    (mail,) = office.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Quán A Bcc: spy@example.org"


def test_a_line_break_in_the_address_reaches_nobody_else(office: PostOffice) -> None:
    with pytest.raises(PermanentFailure):
        _from_us(office).send(_mail(to="mai@example.com\r\nRCPT TO:<spy@example.org>"))
    assert office.mails == []


def test_without_a_mail_server_the_failure_names_the_setting() -> None:
    with pytest.raises(PermanentFailure, match="MAIL_URL"):
        Email("", "crm@example.com").send(_mail())


@pytest.mark.parametrize(
    ("word", "answer", "failure"),
    [
        ("RCPT", "550 no such person", PermanentFailure),
        ("RCPT", "451 greylisted, come back", TransientFailure),
        ("DATA", "554 looks like spam", PermanentFailure),
        ("DATA", "421 too busy", TransientFailure),
        ("MAIL", "550 not your domain", TransientFailure),
    ],
)
def test_what_the_server_says_decides_whether_to_try_again(
    office: PostOffice, word: str, answer: str, failure: type[Exception]
) -> None:
    office.answers[word] = answer
    with pytest.raises(failure, match=answer.split()[0]):
        _from_us(office).send(_mail())


def test_a_server_that_is_not_there_may_come_back(office: PostOffice) -> None:
    office.close()
    with pytest.raises(TransientFailure):
        _from_us(office).send(_mail())


def test_a_server_that_hangs_up_after_the_mail_may_have_it_and_is_asked_again(office: PostOffice) -> None:
    office.hangs_up_after_data = True
    with pytest.raises(TransientFailure):
        _from_us(office).send(_mail())


def test_a_server_that_stops_talking_holds_the_worker_for_a_short_time_only(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEND_LIMIT", module.ANSWER_WITHIN + 0.3)
    office.hangs_at = "DATA"
    begun = time.monotonic()
    with pytest.raises(TransientFailure):
        _from_us(office).send(_mail())
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", MailServer("mail.example.com", 587)),
        (
            "smtp://crm%40example.com:p%3Aw@mail.example.com:2525?starttls",
            MailServer("mail.example.com", 2525, "crm@example.com", "p:w", starttls=True),
        ),
        ("smtps://mail.example.com", MailServer("mail.example.com", 465, tls=True)),
    ],
)
def test_a_mail_url_says_where_and_how(url: str, server: MailServer) -> None:
    assert MailServer.read(url) == server


def test_without_a_mail_server_a_mail_lies_in_the_data_folder(tmp_path: Path) -> None:
    channel = Email("", "", files=tmp_path / "mail")
    for _ in range(2):
        channel.send(_mail())
    channel.send(Message("today 2026-03-03 mai", "mai@example.com", {"subject": "x", "text": "y"}))
    kept = sorted((tmp_path / "mail").glob("*.eml"))
    assert len(kept) == 2, "a resend takes the place of the first"
    subjects = {message_from_bytes(file.read_bytes(), policy=default)["Subject"] for file in kept}
    assert subjects == {"Lịch hôm nay", "x"}


def test_a_data_folder_that_cannot_be_written_may_be_mended(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(TransientFailure):
        Email("", "", files=tmp_path / "mail").send(_mail())


def test_a_mail_to_a_customer_says_how_to_hear_no_more_and_whom_to_answer(office: PostOffice) -> None:
    more = {"unsubscribe": "https://crm.example.com/u/abc", "reply_to": "lan@example.com", "from_name": "Lan"}
    _from_us(office).send(_mail(**more))
    (mail,) = office.mails
    assert mail["List-Unsubscribe"] == "<https://crm.example.com/u/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (mail["Reply-To"], mail["From"]) == ("lan@example.com", "Lan <crm@example.com>")


def test_a_long_way_out_is_written_in_one_piece(tmp_path: Path) -> None:
    long = (
        f"https://crm.{'a-long-name-of-a-company.' * 4}example.com.vn/u/AaIS-AVmceOgO9QNANDUu9MWCQ81WRHj8oc"
    )
    Email("", "", files=tmp_path).send(_mail(unsubscribe=long))
    (kept,) = tmp_path.glob("*.eml")
    assert f"\nList-Unsubscribe: <{long}>\n" in kept.read_text()


@pytest.mark.parametrize("where", ["unsubscribe", "from_name"])
def test_no_word_about_the_sender_adds_a_header(office: PostOffice, where: str) -> None:
    _from_us(office).send(_mail(**{where: "x\r\nBcc: spy@example.org"}))
    (mail,) = office.mails
    assert mail["Bcc"] is None


def test_a_reply_address_that_is_none_reaches_nobody_else(office: PostOffice) -> None:
    with pytest.raises(PermanentFailure):
        _from_us(office).send(_mail(reply_to="lan@example.com\r\nBcc: spy@example.org"))
    assert office.mails == []
