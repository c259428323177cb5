"""Hùng's round, in Vietnamese: whom he left alone too long, what he must know before he goes in, and in he goes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from crmweb import clock, timeline
from crmweb.accounts.actor import Actor
from crmweb.customers.contacts.models import Contact
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.reminders.models import Reminder
from crmweb.visits.models import Visit
from tests.browser import street
from tests.browser.hand import Hand
from tests.browser.test_every_screen import LAYOUT
from tests.conftest import system_access_to
from tests.customers.shops import shop

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]

IN_VIETNAMESE = {"locale": "vi-VN"}
AGO = timedelta(days=40)


@pytest.fixture
def account(app: Flask, hung: Actor) -> uuid.UUID:
    """Đông Á, tier A, with a site, two people and promises of both sides; nobody called for 40 days."""
    now = clock.now()
    today = hung.today(now)
    with system_access_to(app, "an account of Hùng's"), writing():
        customer = street.customer(street.OF_HUNG)
        for name, role in (("Chị Huyền", "decides"), ("Anh Khải", "blocks")):
            contact = Contact.named(name, at=now)
            db.session.add(contact)
            db.session.flush()
            customer.name_contact(contact, role, by=hung, at=now)
        timeline.record(customer, "call.logged", by=hung, at=now - AGO, payload={"minutes": 7})
        for text, by, days in (("Gửi bảng giá quý sau", "us", -3), ("Chốt vị trí trưng bày", "them", 2)):
            until = today + timedelta(days=days)
            Reminder.promise(customer, text, promised_by=by, until=until, by=hung, at=now - AGO)  # type: ignore[arg-type]
        shop("Đông Á – Chợ Lớn", hung, tier="B", parent_id=customer.id, visited_days_ago=50)
        return customer.id


@pytest.mark.browser_context_args(**IN_VIETNAMESE)
def test_hung_goes_from_a_quiet_account_to_the_check_in(
    phone_in_hand: PhoneInHand, hung: Actor, account: uuid.UUID, axe: Axe, app: Flask
) -> None:
    page = phone_in_hand(hung)
    hand = Hand(page)

    def looks_right() -> None:
        assert axe(page) == []
        assert page.evaluate(LAYOUT) == []

    page.goto("/settings")
    hand.tap(page.get_by_role("link", name="Khách hàng của tôi"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Khách hàng của tôi")
    looks_right()
    hand.tap(page.get_by_role("link", name="Lâu chưa liên hệ"))
    row = page.locator(f"#customer-{account}")
    expect(row).to_contain_text("40 ngày chưa liên hệ, quá 26")
    expect(row).to_contain_text("Tiếp theo: Gửi bảng giá quý sau")
    expect(row).to_contain_text("1 chi nhánh")
    looks_right()
    hand.tap(row.get_by_role("link"))
    expect(page.locator("#sites")).to_contain_text("Đông Á – Chợ Lớn")
    expect(page.locator("#contacts")).to_contain_text("Người phản đối")
    looks_right()
    hand.tap(page.get_by_role("link", name="Trước khi gặp"))
    expect(page.get_by_role("heading", level=1)).to_have_text(street.OF_HUNG.name)
    expect(page.locator("#stakeholders")).to_contain_text("chưa gặp")
    looks_right()
    promise = page.get_by_role("listitem").filter(has_text="Gửi bảng giá quý sau")
    hand.tap(promise.get_by_role("button"))
    expect(page.locator("#toasts")).to_contain_text("Hoàn tác")
    expect(promise.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    looks_right()
    hand.tap(page.get_by_role("navigation").get_by_role("link", name="Check-in"))
    hand.tap(page.get_by_role("button", name=f"Check-in {street.OF_HUNG.name}"))
    page.wait_for_url("**/visits/**")
    expect(page.locator("main")).to_contain_text(street.OF_HUNG.name)
    with system_access_to(app, "what was kept"):
        kept = select(Reminder).where(Reminder.text == "Gửi bảng giá quý sau")
        assert db.session.scalars(kept).unique().one().done_at is not None
        assert db.session.scalar(select(Visit.person_id).where(Visit.customer_id == account)) == hung.id


def test_the_brief_is_sent_as_a_text_and_printed_without_buttons(
    phone_in_hand: PhoneInHand, hung: Actor, account: uuid.UUID
) -> None:
    page = phone_in_hand(hung)
    page.add_init_script("navigator.share = async (what) => { window.shared = what }")
    page.goto(f"/customers/{account}/brief")
    page.get_by_role("button", name="Share as text").tap()
    shared = page.evaluate("window.shared")
    assert shared["title"] == street.OF_HUNG.name
    assert "- Gửi bảng giá quý sau (3 days late)" in shared["text"].splitlines()
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Gửi bảng giá quý sau")).to_be_visible()
    for hidden in (page.locator(".dock").first, page.locator("share-text"), page.locator(".tick").first):
        expect(hidden).to_be_hidden()


def test_a_site_is_added_by_typing_its_name(
    phone_in_hand: PhoneInHand, hung: Actor, account: uuid.UUID, app: Flask, axe: Axe, complaints: list[str]
) -> None:
    with system_access_to(app, "another shop of Hùng's"), writing():
        other = shop("Siêu thị Đông Á 2", hung, code="DA2")
    page = phone_in_hand(hung)
    page.goto(f"/customers/{account}")
    page.locator("#sites").get_by_role("link", name="Add a site").tap()
    page.get_by_label("Which of your customers?").fill("DA9")
    page.get_by_role("button", name="Add a site").tap()
    expect(page.get_by_role("alert")).to_contain_text("None of your customers")
    assert axe(page) == []
    complaints.clear()  # that it was refused
    page.get_by_label("Which of your customers?").press_sequentially("9")
    page.get_by_label("Which of your customers?").fill("")
    page.get_by_label("Which of your customers?").press_sequentially("DA2")
    expect(page.locator("#names option")).to_have_count(1)
    page.get_by_role("button", name="Add a site").tap()
    expect(page.locator("#sites")).to_contain_text("Siêu thị Đông Á 2")
    with system_access_to(app, "what was kept"):
        assert db.session.get_one(Customer, other).parent_id == account
