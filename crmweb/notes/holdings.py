"""What is held of notes."""

from __future__ import annotations

from crmweb.holdings import Part, hold, of
from crmweb.languages import lazy_gettext as _
from crmweb.notes.models import Note
from crmweb.notes.recordings import VoiceNote

OTHERS = _("Others work with them.")


def init() -> None:
    hold(
        Note, _("Notes"), customer=Part(of(Note.customer_id)),
        person=Part(of(Note.by_id), OTHERS),
    )  # fmt: skip
    hold(
        VoiceNote, _("Voice notes"), customer=Part(of(VoiceNote.customer_id)),
        person=Part(of(VoiceNote.by_id), OTHERS), file="name",
    )  # fmt: skip
