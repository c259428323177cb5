"""What was taken over from files, or could not be, and how the next file is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, abort, send_file
from flask.typing import ResponseReturnValue

from crmweb.admin.places import offer
from crmweb.config import current_settings
from crmweb.imports.holdings import REJECTED
from crmweb.imports.report import RejectedFile
from crmweb.languages import lazy_gettext
from crmweb.web import needs, page

imports = Blueprint("imports", __name__)

HERE: Final = "/admin/imports"
RIGHT: Final = "customers:read:all"
SHOWN: Final = 50
"""Files: each is read to say how many rows it holds."""

offer(
    HERE, icon="upload", needs=RIGHT, order=18,
    name=lazy_gettext("Imports"), line=lazy_gettext("People and customers from files"),
)  # fmt: skip

COLUMNS: Final = (
    lazy_gettext("Name"), lazy_gettext("Code"), lazy_gettext("Address"), lazy_gettext("Phone"),
    lazy_gettext("Email"), lazy_gettext("Latitude and longitude"), lazy_gettext("Tier"), lazy_gettext("Status"),
    lazy_gettext("Contact"), lazy_gettext("Tax number"), lazy_gettext("Head office"),
)  # fmt: skip
"""What a file may say of a customer, in the words of its first row."""


@imports.get(HERE)
@needs(RIGHT)
def index() -> ResponseReturnValue:
    return page("admin/imports.html", files=RejectedFile.newest(_folder(), SHOWN), columns=COLUMNS)


@imports.get(f"{HERE}/<name>")
@needs(RIGHT)
def rejected(name: str) -> ResponseReturnValue:
    """The rows that could not stand, each with its reason, for a spreadsheet. Nothing but what lies there is given."""
    if name not in {file.name for file in _folder().glob("*.csv")}:
        abort(404)
    return send_file(_folder() / name, mimetype="text/csv; charset=utf-8", as_attachment=True, max_age=0)


def _folder() -> Path:
    return current_settings().home / REJECTED


def init_app(app: Flask) -> None:
    app.register_blueprint(imports)
