"""Lan writes to a customer from her phone, thinks again, and the customer says no by a link."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.db import db
from crmweb.followups.incoming.taking import take_mail
from crmweb.followups.models import Followup
from crmweb.followups.unsubscribe_tokens import token_for
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.conftest import system_access_to
from tests.followups.incoming.mails import answer, bounce

PhoneInHand = Callable[[Actor], Page]


@pytest.fixture
def shop(live_server: LiveServer) -> str:
    """The page of the nearest shop."""
    with system_access_to(live_server.app, "which shop it is"):
        return f"/customers/{street.customer(street.NEAREST).id}"


def test_lan_plans_a_message_sees_it_as_it_will_be_read_and_takes_it_back(
    phone_in_hand: PhoneInHand, lan: Actor, shop: str
) -> None:
    page = phone_in_hand(lan)
    page.goto(shop)
    page.get_by_role("link", name="Write to them").tap()
    page.get_by_role("link", name="Hỏi lại").tap()
    page.get_by_text("SMS", exact=True).tap()
    expect(page.get_by_label("Subject")).to_be_hidden()
    page.get_by_label("Text", exact=True).fill("Chào {contact}, mai em ghé. {rep}")
    expect(page.get_by_role("region", name="Preview")).to_contain_text("Chào Nguyễn Thị Ba, mai em ghé. Lan")
    page.get_by_text("In 3 days").tap()
    page.get_by_text("They said so").tap()
    page.get_by_role("button", name="Send").tap()
    expect(page.locator("#toasts")).to_contain_text("It will be sent")
    expect(page.locator("h1")).to_have_text("Message to Nguyễn Thị Ba")
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_text("Cancelled: taken back by one of us")).to_be_visible()


def test_nothing_goes_before_they_agreed_and_nothing_typed_is_lost(
    phone_in_hand: PhoneInHand, lan: Actor, shop: str, complaints: list[str]
) -> None:
    page = phone_in_hand(lan)
    page.goto(f"{shop}/followups/new?channel=sms")
    page.get_by_label("Text", exact=True).fill("Em ghé chiều nay nhé")
    page.get_by_role("button", name="Send").tap()
    expect(page.get_by_role("alert")).to_contain_text("Ask them first")
    expect(page.get_by_label("Text", exact=True)).to_have_value("Em ghé chiều nay nhé")
    complaints.clear()  # the browser's own word on a 422


def test_a_customer_says_no_by_a_link_and_lan_sees_it(
    phone_in_hand: PhoneInHand, lan: Actor, shop: str, live_server: LiveServer, browser: Browser
) -> None:
    with system_access_to(live_server.app, "the link in the mail"):
        token = token_for(db.session.scalars(select(Followup.id)).one())
    stranger = browser.new_page(locale="en-GB")
    stranger.goto(f"{live_server.url}/u/{token}")
    stranger.get_by_role("button", name="Send me no more").click()
    expect(stranger.get_by_role("heading", name="Done")).to_be_visible()
    stranger.close()
    page = phone_in_hand(lan)
    page.goto(shop)
    expect(page.get_by_text("Nguyễn Thị Ba wants no more Email")).to_be_visible()
    expect(page.locator("#consents")).to_contain_text("wants no more")


@pytest.fixture
def written(live_server: LiveServer) -> Followup:
    """What Lan's shop will get in three days."""
    with system_access_to(live_server.app, "what it is called out there"):
        return db.session.scalars(select(Followup)).unique().one()


def test_a_customer_answers_by_mail_and_lan_reads_it(
    phone_in_hand: PhoneInHand,
    lan: Actor,
    shop: str,
    live_server: LiveServer,
    written: Followup,
    axe: Callable[[Page], list[str]],
) -> None:
    with live_server.app.app_context():
        take_mail(answer("Chị lấy hai thùng nhé.", name=written.wire_id or "").as_bytes())
    page = phone_in_hand(lan)
    page.goto(shop)
    assert axe(page) == []
    page.get_by_role("link", name="Nguyễn Thị Ba answered by Email").tap()
    expect(page.get_by_text("Chị lấy hai thùng nhé.")).to_be_visible()
    expect(page.get_by_text("from hanh@example.com")).to_have_count(0)
    assert axe(page) == []


def test_a_mail_comes_back_and_lan_says_that_the_address_works(
    phone_in_hand: PhoneInHand,
    lan: Actor,
    shop: str,
    live_server: LiveServer,
    written: Followup,
    axe: Callable[[Page], list[str]],
) -> None:
    with live_server.app.app_context():
        take_mail(bounce("5.1.1", "550 who?", name=written.wire_id or "", address=written.address))
    page = phone_in_hand(lan)
    page.goto(shop)
    expect(page.locator("#consents")).to_contain_text("came back: there is no such mailbox")
    assert axe(page) == []
    page.get_by_role("button", name="It works again").tap()
    expect(page.locator("#toasts")).to_contain_text("Noted")
    expect(page.locator("#consents")).not_to_contain_text("came back")


def test_what_is_tapped_while_the_preview_is_under_way_stays(
    phone_in_hand: PhoneInHand, lan: Actor, shop: str
) -> None:
    page = phone_in_hand(lan)
    page.goto(f"{shop}/followups/new")
    page.get_by_role("link", name="Hỏi lại").tap()
    page.get_by_text("SMS", exact=True).tap()
    page.get_by_label("Text", exact=True).fill("Mai em ghé.")
    expect(page.get_by_role("region", name="Preview")).to_contain_text("Mai em ghé.")
    on_the_way: list[Route] = []
    page.route("**/followups/preview", lambda route: on_the_way.append(route), times=1)
    page.get_by_text("In 3 days").tap()
    page.wait_for_timeout(300)
    assert on_the_way, "the preview was asked for"
    page.evaluate(
        "document.querySelector('#agreed-1').checked = true"
    )  # a tap whose own question is not sent yet
    on_the_way[0].continue_()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("Goes")
    page.wait_for_timeout(300)
    expect(page.locator("#agreed-1")).to_be_checked()
