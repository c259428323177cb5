"""Who shall look after a customer, for what, from when until when."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import SelectField, ValidationError

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.colleagues import Colleague
from crmweb.accounts.models import User
from crmweb.customers.fields import Line, read_date
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.forms import Form, options
from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _


class AssignmentForm(Form):
    """One person for one customer. Empty dates mean: from today, and for good."""

    person = SelectField(_("Responsible person"), validate_choice=False)
    line = Line(_("Line or role"), most=80)
    since = Line(_("From"), most=20)
    until = Line(_("Until"), most=20)

    def __init__(
        self, sent: MultiDict[str, str] | None = None, *, people: list[Colleague], today: date
    ) -> None:
        super().__init__(sent)
        self.people, self.today = people, today
        self.person.choices = options((str(person.id), person.name) for person in people)

    @property
    def person_id(self) -> uuid.UUID | None:
        return next((each.id for each in self.people if str(each.id) == self.person.data), None)

    def validate_person(self, _field: Any) -> None:
        if self.person_id is None:
            raise ValidationError(gettext("Choose somebody of your team."))

    def validate_since(self, field: Any) -> None:
        _date(field)

    def validate_until(self, field: Any) -> None:
        until = _date(field)
        try:
            since = _date(self.since)
        except ValidationError:
            return
        if until and until < (since or self.today):
            raise ValidationError(gettext("The last day lies before the first."))

    def assign(self, customer: Customer, *, by: Actor, at: datetime) -> None:
        """Let the person look after the customer."""
        person = db.session.get_one(User, self.person_id)
        since, until = _date(self.since), _date(self.until)
        known = set(customer.assignments)
        made = customer.assign(person, by=by, at=at, line=self.line.data or "", since=since, until=until)
        if made not in known:
            audit.record("assignment.started", by=by, at=at, about=customer.reference, after=made.terms)


def _date(field: Any) -> date | None:
    try:
        return read_date(field.data or "")
    except ValueError:
        raise ValidationError(gettext("A date looks like 20/11/2026.")) from None
