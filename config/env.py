"""Strict readers of environment variables: an unclear value is refused at start, not met at midnight."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def env_bool(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value in {"", "0", "false", "no"}:
        return default if value == "" else False
    if value in {"1", "true", "yes"}:
        return True
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")


def env_secret(name: str, folder: Path, *, production: bool) -> str:
    """Read a secret; outside production make one on the first start and keep it in `folder`."""
    if value := os.environ.get(name, ""):
        return value
    if production:
        raise ImproperlyConfigured(f"Set {name}: production does not start with a made-up secret")
    path = folder / name.lower()
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(secrets.token_urlsafe(50))
        draft.chmod(0o600)
        with contextlib.suppress(
            FileExistsError
        ):  # Two processes that start at once must agree on one secret.
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


def field_keys(folder: Path, *, production: bool) -> str:
    """The keys that encrypt fields, comma-separated, newest first."""
    text = env_secret("FIELD_KEYS", folder, production=production)
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS must be keys separated by commas, the newest first")
    if production and min(map(len, keys)) < 32:
        raise ImproperlyConfigured("Each key in FIELD_KEYS must be a random text of 32 signs or more")
    return ",".join(keys)


def database(url: str) -> dict[str, Any]:
    """Turn `sqlite:////path` or `postgres://…` into Django's dictionary."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) or ":memory:",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
                    " PRAGMA cache_size=-64000; PRAGMA mmap_size=268435456; PRAGMA foreign_keys=ON;"
                ),
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")) or "postgres",
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ImproperlyConfigured(
        f"DATABASE_URL must begin with sqlite:// or postgres://, not {parts.scheme}://"
    )


def address(name: str, default: str, *schemes: str) -> str:
    """An address without its last slash; empty stays empty."""
    text = (os.environ.get(name, "").strip() or default).rstrip("/")
    parts = urlsplit(text)
    if text and (parts.scheme not in schemes or not (parts.hostname or parts.path)):
        raise ImproperlyConfigured(
            f"{name} must begin with {' or '.join(f'{one}://' for one in schemes)}, not {text!r}"
        )
    return text


PROVIDERS = (
    "brevo", "mailersend", "mailgun", "mailjet", "mailtrap", "mandrill", "postal", "postmark", "resend",
    "sendgrid", "sparkpost",
)  # fmt: skip


def mail(url: str) -> dict[str, Any]:
    """Turn `smtp://user:pass@host:587/?tls=1` or `mailgun://key@domain` into the options of a connection.

    Empty means sandbox. A provider may need a second word: its domain, or `key:secret@`.
    """
    if not url:
        return {}
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    timeout = {"timeout": float(query.get("timeout", ["30"])[0])}
    key, second = unquote(parts.username or ""), unquote(parts.password or "") or parts.hostname or ""
    if parts.scheme in PROVIDERS and key:
        return {"provider": parts.scheme, "key": key, "domain": second, **timeout}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp://user:password@host:587/?tls=1, or name a provider with its key,"
            f" as in brevo://KEY@. Providers: {', '.join(PROVIDERS)}"
        )
    ssl = parts.scheme == "smtps"
    return {
        "host": parts.hostname,
        "port": parts.port or (465 if ssl else 25),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": query.get("tls", ["0"])[0] == "1",
        "use_ssl": ssl,
        **timeout,
    }
