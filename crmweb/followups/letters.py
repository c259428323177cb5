"""The words of one follow-up as they leave: tokens filled, and how to hear no more."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from email.utils import parseaddr
from typing import Any, Final

from flask import current_app

from crmweb.accounts.models import User
from crmweb.config import current_settings
from crmweb.customers.reaching.phones import display
from crmweb.followups.addressees import Addressee
from crmweb.followups.incoming.marks import marked_address
from crmweb.followups.message_templates import EMAIL, SMS
from crmweb.followups.tokens import filled, missing
from crmweb.followups.unsubscribe_tokens import token_for
from crmweb.names import given_name

LONGEST_SMS: Final = 6
"""Segments; a longer one is a letter, and dear."""
LONGEST_SUBJECT: Final = 200
LONGEST_TEXT: Final = 5000
"""Characters of an email."""
LONGEST_FILLED: Final = 300
"""Characters of a subject with its tokens filled."""


@dataclass(frozen=True)
class Letter:
    """What is sent by one channel, with its tokens filled."""

    channel: str
    subject: str
    text: str
    writer: str
    reply_to: str = ""

    @property
    def language(self) -> str:
        """That of its words, as far as they give it away: what we add is said in it."""
        return language_of(self.text)

    def payload(self, followup_id: uuid.UUID) -> dict[str, Any]:
        """What its channel needs."""
        address = unsubscribe_address(followup_id)
        if self.channel == SMS:
            return {"text": self.with_way_out(address)}
        words = {"letter": self, "unsubscribe": address, "says": _SAYS[self.language]}
        told = {
            "subject": self.subject,
            "text": f"{self.text}\n\n--\n{_SAYS[self.language]}: {address}\n",
            "html": current_app.jinja_env.get_template("followups/letter.html").render(words),
            "unsubscribe": address,
            "from_name": self.writer,
        }
        back = {"reply_to": self.reply_to, "return_to": marked_address(followup_id)}
        return told | {name: where for name, where in back.items() if where}

    def with_way_out(self, address: str) -> str:
        """An SMS says shortly how to stop it, without accents: they would double its price."""
        return f"{self.text}\n{_SAYS_SHORTLY[self.language]}: {address.partition('://')[2]}"


_SAYS: Final = {"en": "No more messages", "vi": "Không nhận tin nữa"}
_SAYS_SHORTLY: Final = {"en": "Stop", "vi": "Tu choi"}
_OUR_COMPANY: Final = {"en": "our company", "vi": "công ty chúng tôi"}


def language_of(text: str) -> str:
    """English or Vietnamese, by its letters: nobody has told us what a customer speaks."""
    return "vi" if any(char.isalpha() and not char.isascii() for char in text) else "en"


def unsubscribe_address(followup_id: uuid.UUID) -> str:
    """Where whoever got it can say that they want no more."""
    return f"{current_settings().address}/u/{token_for(followup_id)}"


def values_for(whom: Addressee, customer: str, writer: User, day: date) -> dict[str, str]:
    """What each token stands for; empty where nobody knows."""
    company = parseaddr(current_settings().mail_from)[0]
    return {
        "contact": whom.name, "customer": customer, "rep": given_name(writer.name), "company": company,
        "rep_phone": display(writer.phone) if writer.phone else "", "date": f"{day.day}/{day.month}",
    }  # fmt: skip


def fallbacks_for(writer: User, customer: str, language: str) -> dict[str, str]:
    """What stands for a token where nothing is known."""
    return {"contact": customer, "rep_phone": given_name(writer.name), "company": _OUR_COMPANY[language]}


def prepared(
    channel: str, subject: str, text: str, *, whom: Addressee, customer: str, writer: User, day: date
) -> Letter:
    """The letter to somebody, with its tokens filled."""
    values = values_for(whom, customer, writer, day)
    values |= missing(f"{subject} {text}", values, fallbacks_for(writer, customer, language_of(text)))
    return Letter(
        channel,
        filled(subject, values)[:LONGEST_FILLED] if channel == EMAIL else "",
        filled(text, values),
        writer.name,
        writer.email or "",
    )
