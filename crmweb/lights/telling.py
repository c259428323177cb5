"""Who looks after the house hears of a red light by their own channels, and that it is green again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import select

from crmweb.accounts.models import User
from crmweb.accounts.roles import rights_of, roles_with
from crmweb.db import db
from crmweb.languages import gettext as _
from crmweb.lights.models import Light
from crmweb.lights.words import name_of, said, todo
from crmweb.notifications.notices import DROPPED, Notice, Words, notice_kind

RIGHT: Final = "health:read"
RED, GREEN = "light.red", "light.green"
HERE: Final = "/admin/health"


def tell(lights: Iterable[Light], *, at: datetime) -> None:
    """Call whom it concerns about what stayed red, and say of what they were told that it is over."""
    for light in lights:
        if light.calls(at=at):
            light.told, light.told_at = True, at
            _file(RED, light, at)
        elif light.told and not light.red:
            light.told = False
            _file(GREEN, light, at)


def _file(kind: str, light: Light, at: datetime) -> None:
    asked = select(User.id).where(User.role.in_(roles_with(RIGHT)), User.active).order_by(User.id)
    for person_id in db.session.scalars(asked).all():
        Notice.file(
            person_id,
            kind,
            dedupe=_dedupe(kind, light.what, f"{light.told_at:%Y-%m-%dT%H:%M:%S}", person_id),
            payload={"what": light.what, "told": f"{light.told_at:%Y-%m-%dT%H:%M:%S}"},
            at=at,
        )


def _dedupe(kind: str, what: str, told: str, person_id: uuid.UUID) -> str:
    return f"{kind} {what} {told} {person_id}"


def _still_theirs(notice: Notice) -> bool:
    return RIGHT in rights_of(notice.person.role)


def _still_red(notice: Notice) -> bool:
    light = db.session.get(Light, notice.payload["what"])
    return light is not None and light.red and _still_theirs(notice)


def _heard_of_it(notice: Notice) -> bool:
    """Whether they were told that it is red: who slept through it need not know that it is over."""
    told = _dedupe(RED, notice.payload["what"], notice.payload["told"], notice.person_id)
    red = select(Notice.id).where(Notice.dedupe == told, Notice.state != DROPPED, Notice.title.is_not(None))
    return _still_theirs(notice) and db.session.scalar(red) is not None


def _red_words(notice: Notice) -> Words:
    light = db.session.get_one(Light, notice.payload["what"])
    return Words(
        _("%(what)s: somebody must look", what=name_of(light.what)), f"{said(light)}. {todo(light)}", HERE
    )


def _green_words(notice: Notice) -> Words:
    return Words(
        _("%(what)s: red no more", what=name_of(notice.payload["what"])),
        _("It is well again, at the last look."),
        HERE,
    )


def listen() -> None:
    """Know how such notices are said."""
    notice_kind(RED, wanted=_still_red, words=_red_words)
    notice_kind(GREEN, wanted=_heard_of_it, words=_green_words)
