"""crmweb: a CRM for people who sell on foot. This file alone knows every slice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from crmweb.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Raises `BadSettings` when the environment is wrong.

    All is imported here and not above, where each `import crmweb.…` would wait for it: a command that only says
    no answers at once.
    """
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    from crmweb import assets, jobs, languages, logs, notifications, outgoing, templating, web
    from crmweb.config import PROJECT, load_settings
    from crmweb.db import open_database

    settings = settings or load_settings(os.environ)
    app = Flask("crmweb", template_folder=str(PROJECT / "templates"), static_folder=str(PROJECT / "static"))
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
    from crmweb import health, styleguide
    from crmweb.accounts import routes as accounts
    from crmweb.admin import deliveries, delivery_words, outcomes
    from crmweb.check_in import routes as check_in
    from crmweb.customers import routes as customers
    from crmweb.followups import routes as followups
    from crmweb.nearby import routes as nearby
    from crmweb.notes import routes as notes
    from crmweb.notifications import inbox
    from crmweb.notifications import routes as notification_settings
    from crmweb.notifications import words as notification_words
    from crmweb.pwa import routes as pwa
    from crmweb.reminders import routes as reminders
    from crmweb.routes import ahead as routes_ahead
    from crmweb.routes import news as routes_news
    from crmweb.routes import routes
    from crmweb.team import routes as team
    from crmweb.team import working_days
    from crmweb.today import routes as today
    from crmweb.visits import review_routes as reviews
    from crmweb.visits import routes as visits

    routes_news.listen()
    slices = (
        health,
        styleguide,
        pwa,
        accounts,
        notification_words,
        inbox,
        notification_settings,
        customers,
        notes,
        reminders,
        followups,
        visits,
        routes_ahead,
        reviews,
        routes,
        nearby,
        today,
        team,
        working_days,
        check_in,
        outcomes,
        delivery_words,
        deliveries,
    )
    for slice_ in slices:
        slice_.init_app(app)
