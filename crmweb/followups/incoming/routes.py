"""The doors by which a provider hands in what came back: a raw mail, an SMS, a report of one.

Nobody who works here comes by them, so they ask for a token of their own. A door whose token is not set is not there.
"""

from __future__ import annotations

import hmac
from typing import Any, Final

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from crmweb.config import current_settings
from crmweb.followups.incoming import telling
from crmweb.followups.incoming.reports import ARRIVED, is_report, report_of
from crmweb.followups.incoming.taking import take_mail, take_report, take_sms
from crmweb.web import from_anywhere, open_to_all, takes

incoming = Blueprint("incoming", __name__)

LARGEST_SMS: Final = 16 * 1024
LONGEST_FIELD: Final = 2000

TAKEN: Final = ("", 202)
"""Whatever came of it: who hands it in does not learn whom we know."""
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


@incoming.post("/in/mail")
@open_to_all
@from_anywhere
def mail() -> ResponseReturnValue:
    """The body is one raw mail (RFC 5322)."""
    _let_in(current_settings().mail_in_token)
    if request.mimetype in FORMS:
        return {"error": "Send the raw mail itself, as message/rfc822."}, 415
    raw = request.get_data(cache=False)
    if not raw.strip():
        return {"error": "The mail is missing."}, 422
    take_mail(raw)
    return TAKEN


@incoming.post("/in/sms")
@open_to_all
@from_anywhere
@takes(LARGEST_SMS)
def sms() -> ResponseReturnValue:
    """A form, or JSON: `from`, `text` and `id` of an SMS; or `id`, `status` and `reason` of one of ours."""
    _let_in(current_settings().sms_in_token)
    fields = _fields()
    if is_report(fields):
        report = report_of(fields)
        if report is not None:
            take_report(fields["id"], None if report is ARRIVED else report)
        return TAKEN
    if not fields.get("from") or "text" not in fields:
        return {"error": "Give from and text, or id and status."}, 422
    take_sms(fields["from"], fields["text"], id=fields.get("id", ""))
    return TAKEN


def _let_in(token: str) -> None:
    """Whoever has the token, before anything that they send is looked at."""
    if not token:
        abort(404)
    if not hmac.compare_digest(token.encode(), _shown().encode("utf-8", "replace")):
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))


def _shown() -> str:
    """A bearer token; providers that know only addresses show it as the password in theirs."""
    shown = request.authorization
    return (shown.token or shown.password or "") if shown is not None else ""


def _fields() -> dict[str, str]:
    try:
        sent: Any = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    except RecursionError:  # lists in lists
        return {}
    known = sent.items() if isinstance(sent, dict) else ()
    return {name: str(value)[:LONGEST_FIELD] for name, value in known if isinstance(value, str | int)}


def init_app(app: Flask) -> None:
    telling.listen()
    app.register_blueprint(incoming)
