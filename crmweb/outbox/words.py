"""How something that a phone kept is said: what it was, what it held, and why it was not done."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from flask import Flask

from crmweb import files
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext, ngettext
from crmweb.notes.models import LONGEST
from crmweb.notes.recordings import Recording
from crmweb.notes.sound import NotARecording, read, seconds
from crmweb.outbox.models import NO_RIGHT, NO_VISIT, OLD, OutboxWrite
from crmweb.timeline.words import when
from crmweb.visits.words import outcome_words

ACTS: dict[str, tuple[str, Any]] = {
    "check_in": ("map-pin", lazy_gettext("Check-in")),
    "place": ("crosshair", lazy_gettext("Place of a visit")),
    "why": ("message-circle", lazy_gettext("Why the place is doubtful")),
    "finish": ("check", lazy_gettext("Result of a visit")),
    "photo": ("camera", lazy_gettext("Photos of a visit")),
    "note": ("notebook-pen", lazy_gettext("Note")),
    "voice": ("mic", lazy_gettext("Voice note")),
    "reminder": ("bell", lazy_gettext("Reminder")),
    "lead": ("store", lazy_gettext("Lead")),
}
"""Act → its icon and its words."""

VOICE: Final = "voice"
"""The field in which a recording comes."""

WORDS = ("text", "note", "name", "promise", "no_photo")
"""Fields in which people write, in the order in which they are shown."""


def act_words(write: OutboxWrite) -> str:
    """What it was."""
    return act_name(write.act)


def act_name(act: str) -> str:
    return str(ACTS[act][1]) if act in ACTS else _("Something else")


def act_icon(write: OutboxWrite) -> str:
    return ACTS[write.act][0] if write.act in ACTS else "wifi-off"


def reason_words(write: OutboxWrite) -> str:
    """Why it was not done, as its author reads it."""
    return reason_name(write.reason, write.said)


def reason_name(reason: str, said: str = "") -> str:
    """The same by the name of the reason; `said` is what a form said of it, if one did."""
    known = {
        OLD: _("It was done more than 30 days ago."),
        NO_RIGHT: _("At that time others looked after this customer."),
        NO_VISIT: _("The check-in that it belongs to never came."),
    }
    return known.get(reason) or said or _("It could not be taken.")


def typed(write: OutboxWrite) -> str:
    """The words that somebody typed, all of them."""
    return "\n".join(value.strip() for name, value in write.fields if name in WORDS and value.strip())


def as_note(write: OutboxWrite) -> str:
    """The same as a note: what it was, when, and the words that were typed."""
    outcome = write.field("outcome")
    told = [_("%(what)s of %(when)s, written down later", what=act_words(write), when=when(write.done_at))]
    told += [outcome_words(outcome)] if outcome else []
    return "\n".join([*told, typed(write)]).strip()[:LONGEST]


def files_words(write: OutboxWrite) -> str:
    """What came along with it."""
    if any(file.field == VOICE for file in write.files):
        return _("with a recording")
    return ngettext("%(num)s photo", "%(num)s photos", len(write.files))


def heard(write: OutboxWrite) -> Recording | None:
    """The recording that came along, kept anew for the note that it is written down as."""
    for file in write.files:
        if file.field == VOICE:
            with suppress(NotARecording, FileNotFoundError), files.open(file.name) as kept:
                sound = read(kept.read())
                return Recording.keep(sound, sound.seconds or seconds(write.field("seconds")))
    return None


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        act_words=act_words,
        act_icon=act_icon,
        reason_words=reason_words,
        typed=typed,
        files_words=files_words,
    )
