"""What a WSGI server loads: `gunicorn wsgi:app`."""

from __future__ import annotations

import sys

from flask import Flask

from crmweb import create_app
from crmweb.config import BadSettings
from crmweb.demo import Refused
from crmweb.demo.presence import refuse_in_production

CANNOT_BOOT = 3
"""The code at which gunicorn gives up, and does not start the same again and again."""


def _made() -> Flask:
    """The application, or one clear line for each reason why not."""
    try:
        app = create_app()
        with app.app_context():
            refuse_in_production()
    except (BadSettings, Refused) as wrong:
        sys.stderr.write(f"{wrong}\n")
        sys.exit(CANNOT_BOOT)
    return app


app = _made()
