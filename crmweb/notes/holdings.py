"""What is held of notes."""

from __future__ import annotations

from crmweb.holdings import Part, hold, of
from crmweb.languages import lazy_gettext as _
from crmweb.notes.models import Note


def init() -> None:
    hold(
        Note, _("Notes"), customer=Part(of(Note.customer_id)),
        person=Part(of(Note.by_id), _("Others work with them.")),
    )  # fmt: skip
