"""Everything that the house holds about oneself, to look through and to take along."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.proof import freshly_signed_in
from crmweb.holdings import PERSON, Subject
from crmweb.holdings.handing_out import MOST_A_DAY, TooManyArchives, hand_out
from crmweb.holdings.telling import counts
from crmweb.web import needs, page

my_data = Blueprint("my_data", __name__)

HERE = "/settings/my-data"


@my_data.get(HERE)
@needs("own:settings")
@freshly_signed_in
def show() -> ResponseReturnValue:
    return _page()


@my_data.post(HERE)
@needs("own:settings")
@freshly_signed_in
def download() -> ResponseReturnValue:
    """A POST, since it is written down that it was made."""
    try:
        return hand_out(_oneself(), current_user.name, by=current_user, at=clock.now())
    except TooManyArchives:
        return _page(too_many=True, status=429)


def _page(*, too_many: bool = False, status: int = 200) -> ResponseReturnValue:
    told = counts(_oneself())
    return page("accounts/my_data.html", status=status, told=told, too_many=too_many, most=MOST_A_DAY)


def _oneself() -> Subject:
    return Subject(PERSON, current_user.id)


def init_app(app: Flask) -> None:
    app.register_blueprint(my_data)
