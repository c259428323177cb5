"""`crmweb backup` and `crmweb restore`: the whole product in one file, and back.

The file is a tar: ``crmweb.sqlite3``, copied through SQLite's backup API while the product runs, the key that signs
push messages, the register of erasures, then ``files/``. The files come last because they never change and rows point
to them: every file that a row in the copy names is there. It holds everything about everybody, so only its owner may
read it.

What was erased after a backup was made is erased again when it is restored, and at the next start: the register in the
data folder is never replaced, and takes over what the backup's own one knows.
"""

from __future__ import annotations

import lzma
import os
import shutil
import tarfile
import tempfile
import zlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

import click
import pysqlite3
from sqlalchemy import make_url

from crmweb.clock import now
from crmweb.config import VAPID_KEY, Settings, load_settings
from crmweb.holdings.register import REGISTER, add, read
from crmweb.supervisor.lock import FolderTaken, run_lock

DATABASE: Final = "crmweb.sqlite3"
FILES: Final = "files"
LAST: Final = "last-backup"
"""A file in the data folder that says by its own time when the last backup was made."""

UNREADABLE: Final = (tarfile.TarError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)
"""What reading a file that is no archive may raise, or no longer a whole one."""


class CannotBackUp(Exception):
    """One line: why, and what to do."""


def database_file(settings: Settings) -> Path:
    """The SQLite file of these settings. Raises CannotBackUp for any other database."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise CannotBackUp(
            "the database is PostgreSQL: back it up with pg_dump --format=custom and restore it with "
            f"pg_restore, and copy the folder {settings.home / FILES} and, beside it, {VAPID_KEY} and {REGISTER}"
        )
    return Path(url.database)


def note_backup(settings: Settings) -> None:
    """One was made just now. Beside the data and not in it: a restore brings back what was, not that it was saved."""
    file, at = settings.home / LAST, now().timestamp()
    file.touch(mode=0o600)
    os.utime(file, (at, at))


def last_backup(settings: Settings) -> datetime | None:
    """When the last one was made; None where nobody knows of any."""
    try:
        return datetime.fromtimestamp((settings.home / LAST).stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def copy_sqlite(source: Path, target: Path) -> None:
    """A whole and checked copy of the database at ``source``, which may be in use; ``target`` appears all
    at once.

    It holds every write that was acknowledged before the copy began. Raises CannotBackUp if the copy is
    not sound.
    """
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(pysqlite3.connect(source)) as here, closing(pysqlite3.connect(partial)) as there:
        here.execute("PRAGMA busy_timeout = 10000")
        here.backup(there)  # in one step: a snapshot, beside which others write on
        there.execute("PRAGMA journal_mode = DELETE")
    check(partial)
    _to_disk(partial)
    partial.replace(target)
    _to_disk(target.parent)


def check(database: Path) -> None:
    """Raises CannotBackUp if SQLite finds anything wrong with ``database``."""
    try:
        with closing(pysqlite3.connect(database)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except pysqlite3.DatabaseError as error:
        raise CannotBackUp(f"{database.name} is not a sound database: {error}") from error
    if verdict != "ok":
        raise CannotBackUp(f"{database.name} is not a sound database: {' '.join(verdict.split())}")


def _check_ours(database: Path) -> None:
    """Raises CannotBackUp for a sound database that is somebody else's, or nobody's."""
    with closing(pysqlite3.connect(database)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not {"alembic_version", "users"} <= tables:
        raise CannotBackUp(f"{database.name} is a database, but not one of crmweb")


class Backup:
    """Everything of ``settings``, to be written to ``target``."""

    def __init__(self, settings: Settings, target: Path) -> None:
        self.settings = settings
        self.target = target

    def write(self) -> None:
        """Write it while the product runs. ``target`` appears all at once. Raises CannotBackUp."""
        source = database_file(self.settings)
        if not source.exists():
            raise CannotBackUp(f"there is no database at {source} yet")
        with tempfile.TemporaryDirectory(dir=self.target.parent, prefix=".crmweb-backup-") as folder:
            copy = Path(folder) / DATABASE
            copy_sqlite(source, copy)
            self._pack(copy, Path(folder) / "packed")
            (Path(folder) / "packed").replace(self.target)
        _to_disk(self.target.parent)

    def _pack(self, database: Path, partial: Path) -> None:
        file = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(file, "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
                tar.add(database, DATABASE)
                for name in (VAPID_KEY, REGISTER, FILES):
                    if (there := self.settings.home / name).exists():
                        tar.add(there, name)
            out.flush()
            os.fsync(out.fileno())


class Restore:
    """Everything in the backup ``source``, to be put into the data folder of ``settings``."""

    def __init__(self, settings: Settings, source: Path) -> None:
        self.settings = settings
        self.source = source
        self.home = settings.home

    def run(self, *, force: bool) -> Path | None:
        """Unpack and check beside what is there, then change over. With ``force`` what was there is
        moved, never deleted: returns where to. Raises CannotBackUp, and then nothing has changed.
        """
        database = database_file(self.settings)
        lock = run_lock(self.home)
        try:
            lock.take()
        except FolderTaken as error:
            raise CannotBackUp(f"crmweb is running (process {error.pid}): stop it first") from error
        try:
            return self._change_over(database, force=force)
        finally:
            lock.release()

    def _change_over(self, database: Path, *, force: bool) -> Path | None:
        there = [path for path in self._replaced(database) if path.exists()]
        if there and not force:
            raise CannotBackUp(f"{self.home} is not empty: --force moves what is there aside and restores")
        with tempfile.TemporaryDirectory(dir=self.home, prefix=".restoring-") as name:
            unpacked = Path(name)
            self._unpack(unpacked)
            check(unpacked / DATABASE)
            _check_ours(unpacked / DATABASE)
            aside = self._move_aside(there) if there else None
            (unpacked / DATABASE).replace(database)
            for name in (VAPID_KEY, FILES):
                if (unpacked / name).exists():
                    (unpacked / name).replace(self.home / name)
            add(self.home / REGISTER, read(unpacked / REGISTER))
        _to_disk(database)
        _to_disk(self.home)
        return aside

    def _replaced(self, database: Path) -> list[Path]:
        """All that a restore takes the place of: the journals, too, for beside another database they
        would spoil it.
        """
        journals = [database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal")]
        return [database, *journals, self.home / VAPID_KEY, self.home / FILES]

    def _unpack(self, folder: Path) -> None:
        try:
            with tarfile.open(self.source) as tar:
                for member in tar:
                    if member.isfile():
                        _unpack_file(tar, member, folder)
                _refuse_cut(tar)
        except UNREADABLE as error:
            why = (str(error) or type(error).__name__).splitlines()[0].rstrip(":")
            raise CannotBackUp(f"{self.source} cannot be read as a backup: {why}") from error
        if not (folder / DATABASE).is_file():
            raise CannotBackUp(f"{self.source} is not a backup of crmweb: there is no {DATABASE} in it")

    def _move_aside(self, there: list[Path]) -> Path:
        aside = Path(tempfile.mkdtemp(prefix=f"replaced-{now():%Y%m%dT%H%M%S}-", dir=self.home))
        for path in there:
            path.replace(aside / path.name)
        return aside


def _unpack_file(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One file, never outside ``folder``, with our permissions and not those in the archive."""
    path = PurePosixPath(member.name)
    if (
        path.is_absolute()
        or ".." in path.parts
        or path.parts[:1] not in ((DATABASE,), (VAPID_KEY,), (REGISTER,), (FILES,))
    ):
        raise CannotBackUp(f"{member.name!r} has no place in a backup of crmweb")
    source, target = tar.extractfile(member), folder / path
    assert source is not None
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        shutil.copyfileobj(source, out)


def _refuse_cut(tar: tarfile.TarFile) -> None:
    """An archive cut between two files looks whole but for the block of zeros at its end."""
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it was cut")


def _to_disk(path: Path) -> None:
    """What was written or renamed there survives a power cut."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _settings() -> Settings:
    return load_settings({"CRMWEB_ENV": "development", **os.environ})


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write the database and all files into one FILE, while crmweb runs or not."""
    settings = _settings()
    try:
        Backup(settings, file.resolve()).write()
        note_backup(settings)
    except (CannotBackUp, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"backed up to {file} ({file.stat().st_size / 1e6:.1f} MB)")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--force", is_flag=True, help="Also when there is data already: it is moved aside, not deleted."
)
def restore(file: Path, force: bool) -> None:
    """Put the backup FILE into the data folder. crmweb must not run."""
    settings = _settings()
    try:
        aside = Restore(settings, file.resolve()).run(force=force)
    except (CannotBackUp, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("restored" + (f"; what was there is in {aside}" if aside else ""))
    if any(read(settings.home / REGISTER)):
        click.echo(f"erased again: {_erase_again(settings)}")


def _erase_again(settings: Settings) -> int:
    """How many erasures the restored database did not know of. It is brought to this version's tables first."""
    from crmweb import create_app
    from crmweb.holdings.erasing import erase_again
    from crmweb.supervisor.prepare import Revisions, migrate

    app = create_app(settings)
    with app.app_context():
        revisions = Revisions.read()
        if revisions.current != revisions.head:
            migrate()
        return erase_again()
