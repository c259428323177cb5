"""What is held of questions to the geocoder."""

from __future__ import annotations

from crmweb.holdings import Part, hold, nobodys, of
from crmweb.languages import lazy_gettext as _
from crmweb.places.models import Question


def init() -> None:
    hold(Question, _("Searches for a place"), person=Part(of(Question.person_id)))
    nobodys(place_lookups="addresses and where they lie, without who asked; forgotten after a while")
