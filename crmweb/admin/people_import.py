"""Many people from a file: shown first, with what cannot be and why, then made in one step."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask, Response, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock, csv_out
from crmweb.accounts.proof import freshly_signed_in
from crmweb.admin.users import HERE
from crmweb.imports.people import MOST_PEOPLE, PeopleFile, PersonEntry, read_people
from crmweb.imports.people_import import PeopleImport
from crmweb.imports.people_plan import Plan, Planner
from crmweb.imports.tables import Unreadable, _l
from crmweb.languages import gettext as _
from crmweb.web import needs, page, takes

people_import = Blueprint("people_import", __name__)

LARGEST_FILE: Final = 2 * 1024 * 1024
LARGEST_FORM: Final = 1_900_000
"""Bytes of what the preview hands back; a form may have 2 MiB."""
SHOWN: Final = 200
"""Rows of each kind that stand on a page; the file of the rejected ones has them all."""


@people_import.get(f"{HERE}/import")
@needs("users:manage")
@freshly_signed_in
def new() -> ResponseReturnValue:
    return _upload()


def _upload(wrong: str = "") -> ResponseReturnValue:
    return page("admin/users/import.html", status=422 if wrong else 200, wrong=wrong, most=MOST_PEOPLE)


@people_import.post(f"{HERE}/import")
@needs("users:manage")
@takes(LARGEST_FILE)
def preview() -> ResponseReturnValue:
    """Nothing is written, and the file is not kept: the page hands its rows back."""
    try:
        entries, unused = _read()
        handed = json.dumps([entry.told for entry in entries], ensure_ascii=False)
        if len(handed.encode()) > LARGEST_FORM:
            raise Unreadable(_l("The file says too much for one go. Split it."))
    except Unreadable as wrong:
        return _upload(wrong.words)
    return page(
        "admin/users/import/preview.html", plan=Planner(entries, current_user).run(), unused=unused,
        **_shown(handed),
    )  # fmt: skip


def _shown(handed: str) -> dict[str, Any]:
    return {"handed": handed, "shown": SHOWN}


def _read() -> PeopleFile:
    """The file that was sent. Raises Unreadable."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Unreadable(_l("Choose a file."))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people"
        sent.save(file)
        return read_people(file)


@people_import.post(f"{HERE}/import/people")
@needs("users:manage")
@freshly_signed_in
def create() -> ResponseReturnValue:
    """Make them. Sent twice, the second finds them all here already."""
    entries = _handed_back()
    taking = PeopleImport(entries, by=current_user, at=clock.now())
    taking.run()
    names = {entry.line: entry.name for entry in entries}
    made = [(person, names[line]) for line, person in taking.made.items()]
    return page(
        "admin/users/import/done.html", made=made, plan=taking.plan, **_shown(request.form["rows"])
    )  # fmt: skip


@people_import.post(f"{HERE}/import/rejected")
@needs("users:manage")
def rejected() -> ResponseReturnValue:
    """The rows that cannot stand, with their reasons, to be put right in a spreadsheet and sent again."""
    return _as_csv(Planner(_handed_back(), current_user).run())


def _handed_back() -> Sequence[PersonEntry]:
    """The rows as the preview handed them; whatever they say is judged anew."""
    try:
        told = json.loads(request.form.get("rows", ""))
        entries = [PersonEntry.of(each) for each in told] if isinstance(told, list) else []
    except (ValueError, RecursionError):
        entries = []
    if not 0 < len(entries) <= MOST_PEOPLE or len({entry.line for entry in entries}) < len(entries):
        abort(422)
    return entries


def _as_csv(plan: Plan) -> Response:
    columns = ("name", "email", "phone", "role", "manager", "zone")
    rows = [[entry.line, why, *(entry.told[column] for column in columns)] for entry, why in plan.rejected]
    return csv_out.download("people-rejected.csv", [_("Line"), _("Reason"), *columns], rows)


def init_app(app: Flask) -> None:
    app.register_blueprint(people_import)
