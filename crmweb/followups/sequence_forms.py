"""What an admin fills in about a sequence."""

from __future__ import annotations

import uuid
from datetime import time

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, SelectField

from crmweb.customers.fields import Line, a_name
from crmweb.followups.message_templates import CHANNELS, EMAIL, SMS, MessageTemplate
from crmweb.followups.sequences import LONGEST_WAIT, MOST_STEPS, Sequence, Step
from crmweb.forms import Form, options
from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _


class StepForm(Form):
    """One message of a sequence; without a template there is none."""

    days = Line(_("After days"), most=4)
    at = Line(_("At"), most=5)
    message = SelectField(_("Message"))


class SequenceForm(Form):
    """A sequence: its name, what begins it, and up to five messages."""

    name = Line(_("Name"), [a_name], most=80)
    outcome = SelectField(_("Begins"))
    active = BooleanField(_("In use"))

    def __init__(
        self,
        sent: MultiDict[str, str] | None,
        *,
        templates: list[MessageTemplate],
        outcomes: list[tuple[str, str]],
        of: Sequence | None = None,
    ) -> None:
        data = {"name": of.name, "outcome": of.outcome or "", "active": of.active} if of else {"active": True}
        super().__init__(sent, data=data)
        known = {value for value, _words in outcomes}
        gone = [(of.outcome, of.outcome)] if of and of.outcome and of.outcome not in known else []
        self.outcome.choices = options([("", gettext("By hand")), *outcomes, *gone])
        self.templates = {each.id: each for each in [*templates, *_templates_of(of)]}
        messages = [("", gettext("None")), *_messages(list(self.templates.values()))]
        self.steps = [self._step(sent, place, messages, of) for place in range(MOST_STEPS)]

    @staticmethod
    def _step(
        sent: MultiDict[str, str] | None, place: int, messages: list[tuple[str, str]], of: Sequence | None
    ) -> StepForm:
        data = {"days": "", "at": "09:00", "message": ""}
        if of and place < len(of.steps):
            step = of.steps[place]
            data = {"days": str(step.after_days), "at": f"{step.at_time:%H:%M}", "message": _message(step)}
        form = StepForm(sent, prefix=f"step{place}-", data=data)
        form.message.choices = options(messages)
        return form

    @property
    def in_sight(self) -> int:
        """How many messages stand open: those in use, and the next one to fill."""
        used = [place for place, step in enumerate(self.steps) if step.message.data]
        return min(max(used, default=-1) + 2, len(self.steps))

    def sound(self) -> bool:
        """Whether all of it can stand; each field says what is wrong with it."""
        used = [step for step in self.steps if step.message.data]
        fine = all(
            list(map(Form.validate, (self, *self.steps)))
        )  # each of them, for each has words of its own
        for step in used:
            if _days(step.days.data) is None:
                step.days.errors = [gettext("A number of days, up to %(most)s.", most=LONGEST_WAIT)]
            if _time(step.at.data) is None:
                step.at.errors = [gettext("A time looks like 09:00.")]
        if not used:
            self.steps[0].message.errors = [gettext("Choose at least one message.")]
        return fine and bool(used) and not any(step.days.errors or step.at.errors for step in used)

    def fill(self, sequence: Sequence) -> None:
        """Write what was typed into the sequence; a step that stays keeps its id."""
        sequence.name, sequence.active = self.name.data or "", bool(self.active.data)
        sequence.outcome = self.outcome.data or None
        typed = [step for step in self.steps if step.message.data]
        kept = list(sequence.steps)[: len(typed)]
        sequence.steps = kept + [Step() for _step in typed[len(kept) :]]
        for position, (step, form) in enumerate(zip(sequence.steps, typed, strict=True)):
            template_id, _colon, channel = form.message.data.partition(":")
            step.position, step.channel = position, channel
            step.template = self.templates[uuid.UUID(template_id)]
            days, at = _days(form.days.data), _time(form.at.data)
            assert days is not None
            assert at is not None
            step.after_days, step.at_time = days, at


def _templates_of(sequence: Sequence | None) -> list[MessageTemplate]:
    return [step.template for step in sequence.steps] if sequence else []


def _message(step: Step) -> str:
    return f"{step.template_id}:{step.channel}"


def _messages(templates: list[MessageTemplate]) -> list[tuple[str, str]]:
    """A template by one of its channels, each once."""
    names = {EMAIL: gettext("Email"), SMS: "SMS"}
    found = {
        f"{template.id}:{channel}": f"{template.name} · {names[channel]}"
        for template in templates
        for channel in CHANNELS
        if template.wording(channel)
    }
    return list(found.items())


def _days(typed: str | None) -> int | None:
    if not typed or not typed.isascii() or not typed.isdecimal() or int(typed) > LONGEST_WAIT:
        return None
    return int(typed)


def _time(typed: str | None) -> time | None:
    try:
        return time.fromisoformat(typed or "").replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None
