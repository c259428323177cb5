"""What phones brought: the copies of what we refused, and the list of what nobody has decided about."""

from __future__ import annotations

from flask import Blueprint, Flask

from crmweb import late
from crmweb.outbox import words
from crmweb.outbox.applying import apply_waiting
from crmweb.outbox.door import stand_before

outbox = Blueprint("outbox", __name__)


def init_app(app: Flask) -> None:
    words.init_app(app)
    if not late.DOORS:
        late.DOORS.append(stand_before)
        late.WAITING.append(apply_waiting)
    app.register_blueprint(outbox)
