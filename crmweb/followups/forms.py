"""What people fill in to write to a customer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, ValidationError

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.fields import Choice, Line, Lines, is_blank
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.followups.addressees import Addressee, addressees
from crmweb.followups.consents import FORM, SPOKEN, WRITTEN, Consent, Stopped
from crmweb.followups.letters import LONGEST_SMS, LONGEST_SUBJECT, LONGEST_TEXT, Letter, prepared
from crmweb.followups.letters import unsubscribe_address as way_out
from crmweb.followups.message_templates import CHANNELS, EMAIL, SMS, MessageTemplate
from crmweb.followups.models import Followup
from crmweb.followups.segments import Segments, segments, without_accents
from crmweb.followups.tokens import flaw_of
from crmweb.followups.unreachable import Unreachable
from crmweb.followups.window import next_opening
from crmweb.forms import Form, options
from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _

NOW, TOMORROW, IN_THREE_DAYS, AT = "now", "tomorrow", "in3", "at"
MORNING: Final = time(9)
FURTHEST: Final = timedelta(days=366)


@dataclass(frozen=True)
class Preview:
    """A message as it would leave, and what it needs before."""

    letter: Letter
    whom: Addressee
    goes_at: datetime
    segments: Segments | None
    plain: str
    plain_segments: Segments | None
    agreed: bool
    stopped: bool


class FollowupForm(Form):
    """One message to one person at the customer."""

    to = Choice(_("To"))
    channel = Choice(_("By"), choices=options([(EMAIL, _("Email")), (SMS, "SMS")]))
    template_id = HiddenField()
    subject = Line(_("Subject"), most=LONGEST_SUBJECT)
    text = Lines(_("Text"), most=LONGEST_TEXT)
    plain = BooleanField(_("Without accents, which is cheaper"))
    when = Choice(
        _("When"),
        default=NOW,
        choices=options([
            (NOW, _("Now")), (TOMORROW, _("Tomorrow 9:00")), (IN_THREE_DAYS, _("In 3 days")), (AT, _("At a time")),
        ]),
    )  # fmt: skip
    at = Line(_("Day and time"), most=20)
    agreed = Choice(
        _("How did they agree?"),
        default="",
        choices=options(
            [
                ("", _("Not yet")),
                (SPOKEN, _("They said so")),
                (WRITTEN, _("In writing")),
                (FORM, _("On a form")),
            ]
        ),
    )

    def __init__(
        self, sent: MultiDict[str, str] | None, *, customer: Customer, by: Actor, now: datetime, **data: Any
    ) -> None:
        super().__init__(sent, data=data)
        self.customer, self.by, self.now = customer, by, now
        self.people = addressees(customer)
        self.to.choices = options((each.key, each.name) for each in self.people)

    @property
    def whom(self) -> Addressee | None:
        """The one chosen; nobody for a key that is none of theirs."""
        return next((each for each in self.people if each.key == self.to.data), None)

    @property
    def address(self) -> str | None:
        """Where the chosen channel reaches them."""
        return self.whom.address(self.channel.data) if self.whom and self.channel.data in CHANNELS else None

    def validate_channel(self, field: Any) -> None:
        whom = self.whom
        if whom is None or field.data not in CHANNELS:
            return
        if self.address:
            self._refuse_unreachable(field.data, self.address)
            return
        if field.data == EMAIL:
            raise ValidationError(gettext("%(name)s has no email address here.", name=whom.name))
        if whom.landline:
            raise ValidationError(
                gettext("An SMS needs a mobile number; %(name)s has a landline.", name=whom.name)
            )
        raise ValidationError(gettext("%(name)s has no number that can be read.", name=whom.name))

    def _refuse_unreachable(self, channel: str, address: str) -> None:
        if Unreachable.at(channel, address):
            raise ValidationError(
                gettext(
                    "What we sent to %(address)s came back. Mend it, or say on the customer's page that it works.",
                    address=address,
                )
            )

    def validate_subject(self, field: Any) -> None:
        if self.channel.data != EMAIL:
            return
        if is_blank(field.data or ""):
            raise ValidationError(gettext("An email needs a subject."))
        if flaw := flaw_of(field.data):
            raise ValidationError(flaw)

    def validate_text(self, field: Any) -> None:
        if is_blank(field.data or ""):
            raise ValidationError(gettext("Write something first."))
        if flaw := flaw_of(field.data):
            raise ValidationError(flaw)
        preview = self.preview() if self.channel.data == SMS else None
        if preview and preview.segments and preview.segments.messages > LONGEST_SMS:
            raise ValidationError(
                gettext(
                    "This takes %(num)s SMS. At most %(most)s.",
                    num=preview.segments.messages,
                    most=LONGEST_SMS,
                )
            )

    def validate_at(self, field: Any) -> None:
        if self.when.data != AT:
            return
        due = self.due()
        if due is None:
            raise ValidationError(gettext("Say on which day and at what time."))
        if due < self.now - timedelta(minutes=5):
            raise ValidationError(gettext("That has passed."))
        if due > self.now + FURTHEST:
            raise ValidationError(gettext("That is more than a year ahead."))

    def validate_agreed(self, field: Any) -> None:
        if self.whom is None or self.address is None or self._agreed():
            return
        if not field.data:
            raise ValidationError(gettext("Ask them first, then say here how they agreed."))
        if field.data == SPOKEN and Stopped.at(self.channel.data, self.address):
            raise ValidationError(
                gettext("They wanted no more. It takes their word in writing to write again.")
            )

    def _agreed(self) -> bool:
        whom, channel = self.whom, self.channel.data
        return whom is not None and Consent.stands(
            self.customer.id, whom.contact_id, channel, self.address or ""
        )

    def due(self) -> datetime | None:
        """When it should go; None where the day and time cannot be read."""
        here = self.now.astimezone(self.by.tzinfo)
        days = {TOMORROW: 1, IN_THREE_DAYS: 3}.get(self.when.data or NOW)
        if days:
            return datetime.combine(here.date() + timedelta(days=days), MORNING, self.by.tzinfo)
        if self.when.data != AT:
            return self.now
        try:
            typed = datetime.fromisoformat(self.at.data or "")
            return typed.replace(tzinfo=self.by.tzinfo) if typed.tzinfo is None else typed
        except (ValueError, OverflowError):
            return None

    def preview(self) -> Preview | None:
        """As it would leave; None while it is not known to whom or when."""
        whom, due, channel = self.whom, self.due(), self.channel.data
        if whom is None or due is None or channel not in CHANNELS or due > self.now + FURTHEST:
            return None
        letter = self._letter(whom, due)
        sms = letter.with_way_out(way_out(self.customer.id)) if channel == SMS else ""
        bare = without_accents(sms)
        return Preview(
            letter, whom, next_opening(max(due, self.now), person_id=self.by.id, zone=self.by.zone),
            segments(sms) if sms else None, bare if bare != sms else "", segments(bare) if sms else None,
            self._agreed(), Stopped.at(channel, self.address or "") is not None,
        )  # fmt: skip

    def _letter(self, whom: Addressee, day: datetime) -> Letter:
        words = (self.subject.data or "", self.text.data or "")
        writer = db.session.get_one(User, self.by.id)
        letter = prepared(
            self.channel.data, *words, whom=whom, customer=self.customer.name, writer=writer,
            day=day.astimezone(self.by.tzinfo).date(),
        )  # fmt: skip
        if self.channel.data == SMS and self.plain.data:
            return Letter(SMS, "", without_accents(letter.text), letter.writer, letter.reply_to)
        return letter

    def plan(self, *, at: datetime, id: uuid.UUID | None) -> Followup:
        """Write down their consent, if it is new, and plan the message."""
        whom, due = self.whom, self.due()
        assert whom is not None
        assert due is not None
        if not self._agreed():
            Consent.give(
                self.customer, whom, self.channel.data, how=self.agreed.data or "", by=self.by, at=at
            )
        return Followup.plan(
            self.customer, whom, self._letter(whom, due), by=self.by, zone=self.by.zone, at=at, due=due, id=id,
            template_id=self._template(),
        )  # fmt: skip

    def _template(self) -> uuid.UUID | None:
        """The template that it began from, if the form names one that there is."""
        try:
            found = db.session.get(MessageTemplate, uuid.UUID(self.template_id.data or ""))
        except ValueError:
            return None
        return found.id if found else None
