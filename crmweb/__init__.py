"""crmweb: a CRM for people who sell on foot. This file alone knows every slice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from crmweb.config import Settings


SLICES = (
    "health",
    "styleguide",
    "pwa.routes",
    "accounts.routes",
    "accounts.preview_routes",
    "accounts.joining",
    "accounts.resetting",
    "accounts.setting_up",
    "accounts.welcoming",
    "accounts.binding_routes",
    "accounts.my_data",
    "notifications.routes",
    "customers.routes",
    "notes.routes",
    "reminders.routes",
    "followups.routes",
    "visits.routes",
    "routes.ahead",
    "visits.review_routes",
    "routes.routes",
    "nearby.routes",
    "today.routes",
    "team.routes",
    "team.working_days",
    "my_accounts.routes",
    "check_in.routes",
    "outbox.routes",
    "pwa.pack_routes",
    "pwa.phone_routes",
    "admin.home",
    "admin.users",
    "admin.user_changes",
    "admin.departures",
    "admin.people_import",
    "admin.imports",
    "admin.roles",
    "admin.outcomes",
    "admin.devices",
    "admin.quarantine",
    "admin.deliveries",
    "admin.health",
    "admin.audit",
    "admin.invitations",
    "admin.preview",
    "admin.cards",
    "admin.guide",
    "admin.policies",
    "admin.privacy",
)
"""The modules that hang pages on the app, lower slices first."""

HOLDERS = (
    "accounts",
    "customers",
    "visits",
    "outbox",
    "timeline",
    "notes",
    "reminders",
    "routes",
    "followups",
    "notifications",
    "places",
    "lights",
    "imports",
)
"""Slices that hold something about somebody, in the order in which an export tells it."""


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Raises `BadSettings` when the environment is wrong.

    All is imported here and not above, where each `import crmweb.…` would wait for it: a command that only says
    no answers at once.
    """
    from werkzeug.middleware.proxy_fix import ProxyFix

    from crmweb import assets, jobs, languages, logs, notifications, outgoing, straight, templating, web
    from crmweb.config import PROJECT, load_settings
    from crmweb.db import open_database
    from crmweb.edge import Edge

    settings = settings or load_settings(os.environ)
    app = Edge("crmweb", template_folder=str(PROJECT / "templates"), static_folder=str(PROJECT / "static"))
    app.extensions["settings"] = settings
    app.config.update(SECRET_KEY=settings.secret_key, TESTING=settings.env == "test")
    app.jinja_environment = templating.Templates
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    if settings.env != "test":  # there the test runner listens
        logs.set_up(settings.env)
    open_database(app, settings)
    straight.init_app(app)
    jobs.init_app(app)
    outgoing.init_app(app)
    notifications.init_app(app)
    languages.init_app(app)
    assets.init_app(app)
    templating.init_app(app)
    _hang_slices(app)
    web.guard_the_edge(app)
    return app


def _hang_slices(app: Flask) -> None:
    from importlib import import_module

    for name in SLICES:
        import_module(f"crmweb.{name}").init_app(app)
    for name in HOLDERS:
        import_module(f"crmweb.{name}.holdings").init()
