"""What is held of visits: who was where, whom they met, the photos, what was asked about them."""

from __future__ import annotations

from sqlalchemy import select, update

from crmweb import timeline
from crmweb.db import db
from crmweb.holdings import Part, Subject, hold, nobodys, of
from crmweb.languages import lazy_gettext as _
from crmweb.visits.attendance import Attendee
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from crmweb.visits.reviews import Review

HISTORY = _("It is the customer's history.")


def init() -> None:
    hold(
        Visit, _("Visits, with every point"), customer=Part(of(Visit.customer_id)),
        person=Part(of(Visit.person_id), _("They are the customer's history; every point goes."), _forget_places),
    )  # fmt: skip
    hold(
        Attendee, _("Who was met"), customer=Part(of(Attendee.customer_id)),
        contact=Part(of(Attendee.contact_id), None, _were_not_there),
    )  # fmt: skip
    hold(
        VisitPhoto, _("Photos"), customer=Part(of(VisitPhoto.customer_id)),
        person=Part(of(VisitPhoto.by_id), HISTORY), file="name",
    )  # fmt: skip
    hold(
        Review, _("Questions about visits"), customer=Part(of(Review.customer_id)),
        person=Part(of(Review.person_id, Review.by_id), HISTORY),
    )  # fmt: skip
    nobodys(outcomes="what may come of a visit")


def _forget_places(subject: Subject) -> None:
    """Where they stood; the verdict stays."""
    nowhere = dict.fromkeys(("lat", "lng", "accuracy_m", "fixed_at", "speed_kmh", "why"))
    db.session.execute(update(Visit).where(Visit.person_id == subject.id).values(nowhere))


def _were_not_there(subject: Subject) -> None:
    """The entries of visits name who was met."""
    for there in db.session.scalars(select(Attendee).where(Attendee.contact_id == subject.id)).all():
        visit = db.session.get_one(Visit, there.visit_id)
        visit.attendees = [each for each in visit.attendees if each.contact_id != subject.id]
        timeline.reword_many({visit.id: visit.told()})
