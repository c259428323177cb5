"""Photos of a visit: sent, shown to those who see the visit, taken away and brought back."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, abort, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock, files
from crmweb.accounts.handing_in import after_leaving
from crmweb.db import db, new_id, writing
from crmweb.errors import sent_by_script
from crmweb.idempotency import keep, minted_id, once, refuse_taken, written
from crmweb.languages import gettext as _
from crmweb.late import done_at, kept_by_phones
from crmweb.visits.forms import BadVisit
from crmweb.visits.meeting import own_visit
from crmweb.visits.photos import VisitPhoto
from crmweb.visits.pictures import NotAPhoto, Picture, shrink
from crmweb.visits.showing import seen_own, show_visit
from crmweb.web import NOTICES, Notice, needs, not_found_unless, takes, undo_at

photos = Blueprint("photos", __name__)

LARGEST_PHOTOS = 12 * 1024 * 1024
"""Bytes of one sending: a few photos as a camera makes them, where no script made them small before."""
MOST = 12
"""Photos of one sending."""

NOTICES["photo_removed"] = lambda about: Notice(_("Photo taken away"), undo_at("/photos/{}/restore", about))


@photos.post("/visits/<uuid:visit_id>/photos")
@needs("visits:write")
@after_leaving
@takes(LARGEST_PHOTOS)
@kept_by_phones("photo", visit="visit_id")
@once(shows="visits.show")
def create(visit_id: uuid.UUID) -> ResponseReturnValue:
    """One photo or several; `id` names the first."""
    own_visit(visit_id, by=current_user)
    minted = minted_id(request.form.get("id"))
    try:
        pictures = _pictures()
    except BadVisit as wrong:
        if sent_by_script():
            raise
        return show_visit(seen_own(visit_id), status=422, wrong=wrong)
    refuse_taken(VisitPhoto, minted)
    kept = [(files.keep(picture.data, ".jpg"), picture) for picture in pictures]
    with writing():
        visit = own_visit(visit_id, by=current_user)
        for place, (name, picture) in enumerate(kept):
            visit.all_photos.append(_photo(visit.customer_id, name, picture, minted if place == 0 else None))
        db.session.flush()
        visit.tell()
        keep(visit_id)
    return written(visit_id)


def _pictures() -> list[Picture]:
    """What was sent, under whatever name, made small. Raises BadVisit."""
    sent = [file for _name, files in request.files.lists() for file in files if file.filename]
    if not sent:
        raise BadVisit("photo", _("Choose a photo first."))
    if len(sent) > MOST:
        raise BadVisit("photo", _("At most %(most)s photos at once.", most=MOST))
    try:
        return [shrink(file.stream.read()) for file in sent]
    except NotAPhoto as wrong:
        raise BadVisit("photo", str(wrong)) from None


def _photo(customer_id: uuid.UUID, name: str, picture: Picture, id: uuid.UUID | None) -> VisitPhoto:
    return VisitPhoto(
        id=id or new_id(), customer_id=customer_id, by_id=current_user.id, name=name, width=picture.width,
        height=picture.height, bytes=len(picture.data), taken_at=done_at(), removed_at=None,
    )  # fmt: skip


@photos.get("/photos/<uuid:id>")
@needs("customers:read:own")
def show(id: uuid.UUID) -> ResponseReturnValue:
    """The picture itself. A browser may keep it, and asks each time whether its person may still see it."""
    photo = _found(id)
    if photo.removed_at is not None:
        abort(404)
    return _picture(photo)


def _picture(photo: VisitPhoto) -> Response:
    try:
        file = files.open(photo.name)
    except FileNotFoundError:
        abort(404)
    answer = send_file(file, mimetype="image/jpeg", etag=photo.id.hex, conditional=True, max_age=0)
    answer.headers["Cache-Control"] = "private, no-cache"
    # A browser lays a picture that stands alone in the middle, by a style of its own.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@photos.post("/photos/<uuid:id>/remove")
@needs("visits:write")
@once(shows="visits.show")
def remove(id: uuid.UUID) -> ResponseReturnValue:
    """Taken away by who took it; the file stays, so that it can come back."""
    visit_id = _turn(id, removed=True)
    return written(visit_id, status=200, notice="photo_removed", about=id)


@photos.post("/photos/<uuid:id>/restore")
@needs("visits:write")
@once(shows="visits.show")
def restore(id: uuid.UUID) -> ResponseReturnValue:
    return written(_turn(id, removed=False), status=200)


def _turn(id: uuid.UUID, *, removed: bool) -> uuid.UUID:
    """Take a photo of one's own away or bring it back; returns the visit."""
    visit_id = _own(id).visit_id
    own_visit(visit_id, by=current_user)
    with writing():
        photo = _own(id)
        photo.removed_at = (photo.removed_at or clock.now()) if removed else None
        db.session.flush()
        own_visit(visit_id, by=current_user).tell()
        keep(visit_id, status=200)
    return visit_id


def _own(id: uuid.UUID) -> VisitPhoto:
    photo = _found(id)
    if photo.by_id != current_user.id:
        abort(403)
    return photo


def _found(id: uuid.UUID) -> VisitPhoto:
    photo: VisitPhoto = not_found_unless(db.session.scalar(select(VisitPhoto).where(VisitPhoto.id == id)))
    return photo
