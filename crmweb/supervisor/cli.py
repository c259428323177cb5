"""`crmweb run`, `crmweb worker` and `crmweb clock`."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.option("--no-demo", is_flag=True, help="Do not create the demo company in an empty database.")
def run(no_demo: bool) -> None:
    """Run everything: web, workers, clock and, unless REDIS_URL names one, a Redis."""
    from crmweb.config import load_settings
    from crmweb.supervisor.run import Supervisor

    environ = {"CRMWEB_ENV": "development", **os.environ}
    sys.exit(Supervisor(load_settings(environ), environ, demo=not no_demo).run())


@click.command()
@click.argument("name")
def worker(name: str) -> None:
    """Work on the queue NAME, bell or slow, until told to stop: for a platform that brings its own supervisor."""
    from crmweb import create_app
    from crmweb.jobs import QUEUES
    from crmweb.supervisor.worker import QueueWorker

    if name not in QUEUES:
        raise click.BadParameter(f"there is no queue {name!r}, but {' and '.join(QUEUES)}")
    QueueWorker(create_app(), name).run()


@click.command()
def clock() -> None:
    """Do the recurring work until told to stop: for a platform that brings its own supervisor."""
    from crmweb import create_app
    from crmweb.schedule import Clock

    Clock(create_app()).run()
