"""What the admin's lights look at: backup, certificate, seals, tasks, what waits and what does not leave."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server

import pysqlite3
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import update

from crmweb import audit, clock, jobs
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.audit.seals import seal_what_is_settled
from crmweb.backup import LAST, backup
from crmweb.db import db, writing
from crmweb.doctor import LOOKS, ground, tls
from crmweb.lights.findings import Mark
from crmweb.notifications import Delivery
from crmweb.schedule import Clock, Task

House = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def fresh_bell(app: Flask) -> None:
    jobs.init_app(app)


@pytest.fixture
def in_production(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The app believes to be at work for real, with a data folder of its own; that folder."""
    settings = replace(
        app.extensions["settings"], env="production", home=tmp_path, public_url="https://localhost"
    )
    monkeypatch.setitem(app.extensions, "settings", settings)
    return tmp_path


# --- backup -------------------------------------------------------------------------------------------


def test_production_without_a_backup_is_red_until_one_is_made(house: House, in_production: Path) -> None:
    with house():
        assert LOOKS["backup"]().mark is Mark.BAD
        (in_production / LAST).touch()
        assert LOOKS["backup"]().mark is Mark.OK
        with clock.frozen(clock.now() + timedelta(hours=47)):
            assert LOOKS["backup"]().mark is Mark.OK
        with clock.frozen(clock.now() + timedelta(hours=49)):
            assert LOOKS["backup"]().mark is Mark.BAD


def test_where_nobody_works_for_real_a_missing_backup_is_worth_a_note(house: House) -> None:
    with house():
        assert LOOKS["backup"]().mark is Mark.NOTE


def test_the_command_writes_down_that_it_made_one_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("CRMWEB_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert CliRunner().invoke(backup, [str(tmp_path / "one")]).exit_code == 1
    assert not (home / LAST).exists()
    home.mkdir(exist_ok=True)
    _empty_database(home)
    assert CliRunner().invoke(backup, [str(tmp_path / "one")]).exit_code == 0
    assert (home / LAST).exists()


def _empty_database(home: Path) -> None:
    """A database with nothing in it."""
    pysqlite3.connect(home / "crmweb.sqlite3").execute("CREATE TABLE users (name TEXT)").connection.close()


# --- certificate --------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """`site(days=30)`: a site on loopback whose certificate ends then; its port. This machine trusts it."""
    servers = []

    def open_site(*, days: float, host: str = "localhost", trusted: bool = True) -> int:
        chain = _certificate(tmp_path, host, days)
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        server = create_server(("127.0.0.1", 0))
        servers.append(server)
        threading.Thread(target=_greet, args=[server, context], daemon=True).start()
        return int(server.getsockname()[1])

    yield open_site
    for server in servers:
        server.close()


def _greet(server: object, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            plain, _ = server.accept()  # type: ignore[attr-defined]
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
                secure.recv(1)


def _certificate(folder: Path, host: str, days: float) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    end = datetime.now(UTC) + timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=90))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "chain.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


Site = Callable[..., int]


@pytest.mark.parametrize(("days", "mark"), [(40, Mark.OK), (14.5, Mark.OK), (13.5, Mark.BAD), (-1, Mark.BAD)])
def test_a_certificate_that_ends_soon_or_is_over_is_red(
    app: Flask, house: House, site: Site, monkeypatch: pytest.MonkeyPatch, days: float, mark: Mark
) -> None:
    at = f"https://localhost:{site(days=days)}"
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], public_url=at))
    with house():
        assert LOOKS["certificate"]().mark is mark


@pytest.mark.parametrize("how", [{"host": "crm.example.org"}, {"trusted": False}])
def test_one_that_browsers_refuse_is_red(
    app: Flask, house: House, site: Site, monkeypatch: pytest.MonkeyPatch, how: dict[str, object]
) -> None:
    at = f"https://localhost:{site(days=40, **how)}"
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], public_url=at))
    with house():
        found = LOOKS["certificate"]()
    assert found.mark is Mark.BAD
    assert "refuse" in str(found)


def test_a_site_that_does_not_answer_holds_nobody_up(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "WITHIN", 0.3)
    with create_server(("127.0.0.1", 0)) as silent:
        at = f"https://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], public_url=at))
        with house():
            assert LOOKS["certificate"]().mark is Mark.NOTE


def test_by_http_there_is_none(house: House) -> None:
    with house():
        assert ground.certificate().mark is Mark.NOTE


# --- seals, tasks, what waits -------------------------------------------------------------------------


def test_changes_that_stay_unsealed_are_red(house: House, tuan: Actor) -> None:
    with house():
        with writing():
            reference = db.session.get_one(User, tuan.id).reference
            audit.record("user.renamed", by=tuan, at=clock.now() - timedelta(hours=2), about=reference)
        assert LOOKS["seals"]().mark is Mark.BAD
        seal_what_is_settled()
        assert LOOKS["seals"]().mark is Mark.OK


def falls_over() -> None:
    raise RuntimeError("Nguyễn Thị Lan, 0978 000 905")


def works() -> None:
    """Nothing to do."""


def test_a_task_that_failed_is_named_and_nobody_in_it(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task("fall over", timedelta(minutes=10), f"{__name__}.falls_over")
    monkeypatch.setattr("crmweb.doctor.work.RECURRING", (task,))
    monkeypatch.setattr(Task, "function", lambda _task: falls_over)
    Clock(app, (task,)).do(task, task.occurrence(clock.now()))
    with house():
        found = LOOKS["tasks"]()
    assert found.mark is Mark.BAD
    assert "fall over (RuntimeError)" in str(found)
    assert "Lan" not in str(found)
    monkeypatch.setattr(Task, "function", lambda _task: works)
    Clock(app, (task,)).do(task, task.occurrence(clock.now() + timedelta(minutes=10)))
    with house():
        assert LOOKS["tasks"]().mark is Mark.OK


def test_what_waits_too_long_is_red(house: House) -> None:
    with house():
        with writing():
            Delivery.file(
                dedupe="d", kind="test", recipient="x", payload={}, at=clock.now() - timedelta(minutes=20)
            )
        found = LOOKS["queues"]()
    assert found.mark is Mark.BAD
    assert "deliveries" in str(found)


@pytest.mark.parametrize(("failed", "mark"), [(0, Mark.OK), (1, Mark.NOTE), (3, Mark.BAD)])
def test_mail_that_fails_again_and_again_is_red_and_one_address_is_not(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch, failed: int, mark: Mark
) -> None:
    settings = replace(app.extensions["settings"], mail_url="smtp://localhost", mail_from="crm@example.com")
    monkeypatch.setitem(app.extensions, "settings", settings)
    with house():
        with writing():
            for number in range(failed):
                Delivery.file(dedupe=f"{number}", kind="email", recipient="x", payload={}, at=clock.now())
            db.session.execute(update(Delivery).values(state="failed", ended_at=clock.now()))
        assert LOOKS["mail"]().mark is mark
        with writing():
            Delivery.file(dedupe="sent", kind="email", recipient="x", payload={}, at=clock.now())
            later = update(Delivery).where(Delivery.dedupe == "sent")
            db.session.execute(later.values(state="sent", ended_at=clock.now() + timedelta(seconds=1)))
        assert LOOKS["mail"]().mark is Mark.OK


def test_mail_that_the_server_does_not_take_is_red(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(app.extensions["settings"], mail_url="smtp://localhost", mail_from="crm@example.com")
    monkeypatch.setitem(app.extensions, "settings", settings)
    with house():
        with writing():
            Delivery.file(dedupe="d", kind="email", recipient="x", payload={}, at=clock.now())
            db.session.execute(update(Delivery).values(attempts=3))
        assert LOOKS["mail"]().mark is Mark.BAD
