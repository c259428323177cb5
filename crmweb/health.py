"""For machines that look after us: are we alive, are we ready, how are we doing."""

from __future__ import annotations

import hmac
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from crmweb import clock
from crmweb.config import current_settings
from crmweb.db import db
from crmweb.languages import LOCALES
from crmweb.metrics import told
from crmweb.web import open_to_all

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PROXIES_SAY = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")

STANDS_FOR = timedelta(days=180)
"""RFC 9116 wants a date before which the contact is looked at again; each answer is as fresh as the settings."""

health = Blueprint("health", __name__)


@health.get("/healthz")
@open_to_all
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return {"alive": True}


@health.get("/readyz")
@open_to_all
def readyz() -> ResponseReturnValue:
    """The database answers too. Redis may be away: it is only the bell."""
    try:
        db.session.execute(text("SELECT 1"))
    except Exception:
        return {"ready": False, "database": False}, 503
    return {"ready": True, "database": True}


@health.get("/metrics")
@open_to_all
def metrics() -> ResponseReturnValue:
    """Counters for Prometheus, on loopback or with the token."""
    if not _may_read_metrics():
        abort(404)
    return Response(told(), content_type=CONTENT_TYPE_LATEST)


@health.get("/robots.txt")
@open_to_all
def robots() -> ResponseReturnValue:
    """Nothing here is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@health.get("/.well-known/security.txt")
@open_to_all
def security_txt() -> ResponseReturnValue:
    """Whom to tell about a hole (RFC 9116), where the settings name somebody."""
    settings = current_settings()
    if not settings.security_contact:
        abort(404)
    lines = {
        "Contact": settings.security_contact,
        "Expires": (clock.now() + STANDS_FOR).strftime("%Y-%m-%dT00:00:00Z"),
        "Preferred-Languages": ", ".join(LOCALES),
    }
    if settings.public_url:
        lines["Canonical"] = f"{settings.public_url}/.well-known/security.txt"
    body = "".join(f"{name}: {value}\n" for name, value in lines.items())
    return Response(body, content_type="text/plain; charset=utf-8")


def _may_read_metrics() -> bool:
    token = current_settings().metrics_token
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(token.encode(), sent.encode()):
        return True
    return _asks_from_here() and not current_settings().trusted_proxies


def _asks_from_here() -> bool:
    """Behind a proxy every visitor may look like loopback, and a page of theirs may call itself localhost."""
    came_by_proxy = any(name in request.headers for name in PROXIES_SAY)
    named_here = urlsplit(request.host_url).hostname in LOOPBACK
    return request.remote_addr in LOOPBACK and named_here and not came_by_proxy


def init_app(app: Flask) -> None:
    app.register_blueprint(health)
