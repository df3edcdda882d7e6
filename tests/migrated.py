"""A database that has been migrated once and is copied for each run: sixty migrations take 25 seconds."""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django
import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

BASE = Path(__file__).parent.parent
WEEK = 7 * 86400  # seconds


def offer() -> None:
    """Lets the test database be made as a copy; `migrate` then makes what the copy lacks."""
    if connection.vendor == "sqlite":
        _copy_files(_migrated_file())
    else:
        settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = _migrated_database()
        connection.settings_dict["TEST"]["TEMPLATE"] = settings.DATABASES["default"]["TEST"]["TEMPLATE"]


def _key() -> str:
    """What the migrations are made of, in twelve hexadecimal digits."""
    digest = hashlib.sha256(django.__version__.encode())
    for path in sorted(BASE.glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _shelf() -> Path:
    place = Path(tempfile.gettempdir()) / f"closeknit-migrated-{getpass.getuser()}"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def _migrate(database_url: str) -> None:
    environ = {**os.environ, "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings_test"}
    environ.pop("PYTEST_XDIST_WORKER", None)
    with tempfile.TemporaryDirectory() as var:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=BASE,
            env={**environ, "VAR_DIR": var},
            check=True,
        )


def _migrated_file() -> Path:
    ready = _shelf() / f"{_key()}.sqlite3"
    if ready.exists():  # Nobody waits for a copy of other migrations that is being made.
        return ready
    with (_shelf() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            for old in _shelf().glob("*.sqlite3"):
                if old.stat().st_mtime < time.time() - WEEK:
                    old.unlink()
            making = ready.with_suffix(".making")
            for left in _shelf().glob(f"{making.name}*"):  # With the journals of a run that was killed.
                left.unlink()
            _migrate(f"sqlite:///{making}")
            making.rename(ready)
    return ready


def _copy_files(ready: Path) -> None:
    create = connection.creation._create_test_db

    def create_as_copy(verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = create(verbosity, autoclobber, keepdb)
        if not keepdb:
            shutil.copyfile(ready, name)
        return name

    connection.creation._create_test_db = create_as_copy


def _migrated_database() -> str:
    values = connection.get_connection_params()
    name = f"closeknit_migrated_{_key()}"
    server = {key: values[key] for key in ("host", "port", "user", "password") if values.get(key)}
    with (
        (_shelf() / "lock").open("w") as lock,
        psycopg.connect(**server, dbname="postgres", autocommit=True) as session,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            making = f"{name}_making"
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(making)))
            session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
            account = ":".join(server[key] for key in ("user", "password") if key in server)
            _migrate(f"postgres://{account}@{server.get('host', '')}:{server.get('port', 5432)}/{making}")
            session.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name))
            )
    return name
