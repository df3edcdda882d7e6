from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.checks import is_loopback, links_reach_customers
from crm.outbox import providers


def test_sqlite_and_postgres_addresses_are_understood():
    assert env.database("sqlite:////srv/shop.sqlite3")["NAME"] == "/srv/shop.sqlite3"
    postgres = env.database("postgres://ann:p%40ss@db.example:5433/shop")
    assert (postgres["USER"], postgres["PASSWORD"], postgres["HOST"], postgres["PORT"], postgres["NAME"]) == (
        "ann",
        "p@ss",
        "db.example",
        "5433",
        "shop",
    )
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        env.database("mysql://x")


def test_mail_address_is_understood_or_refused():
    assert env.mail("") == {}
    assert env.mail("smtp://u:p@mail.example:587/?tls=1")["use_tls"] is True
    assert env.mail("smtps://mail.example")["port"] == 465
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        env.mail("mail.example:25")


def test_a_provider_may_carry_all_mail_or_is_refused_at_start():
    mailgun = env.mail("mailgun://key-1%2F2@mail.shop.example")

    assert (mailgun["provider"], mailgun["key"], mailgun["domain"]) == (
        "mailgun",
        "key-1/2",
        "mail.shop.example",
    )
    assert env.mail("brevo://xkeysib@")["domain"] == ""
    assert env.mail("mailjet://key:secret@")["domain"] == "secret"
    assert set(env.PROVIDERS) == set(providers.KNOWN)
    for unclear in ("brevo://", "amazon://key@", "console://"):
        with pytest.raises(ImproperlyConfigured, match="Providers: brevo"):
            env.mail(unclear)


def test_addresses_are_understood_or_refused(monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://shop.example/")
    assert env.address("SITE_URL", "", "http", "https") == "https://shop.example"
    assert env.address("REDIS_URL_NOT_SET", "", "redis") == ""
    for unclear in ("shop.example", "localhost:8000", "https://"):
        monkeypatch.setenv("SITE_URL", unclear)
        with pytest.raises(ImproperlyConfigured, match="SITE_URL must begin with http:// or https://"):
            env.address("SITE_URL", "", "http", "https")


@pytest.mark.parametrize("setting", ["EMAIL_URL", "DATABASE_URL", "REDIS_URL", "PRODUCTION"])
def test_commands_say_in_one_line_which_setting_makes_no_sense(setting, tmp_path):
    told = {**os.environ, "VAR_DIR": str(tmp_path), setting: "nonsense"}
    told["DJANGO_SETTINGS_MODULE"] = "config.settings"

    done = subprocess.run(
        [sys.executable, "manage.py", "rule_fields", "--json"], env=told, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Closeknit cannot start: {setting} must")
    assert done.stderr.count("\n") == 1


def test_an_unclear_switch_is_refused(monkeypatch):
    monkeypatch.setenv("DEBUG", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="DEBUG"):
        env.env_bool("DEBUG")


def test_a_secret_is_made_once_and_never_in_production(tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)

    first = env.env_secret("SECRET_KEY", tmp_path, production=False)

    assert env.env_secret("SECRET_KEY", tmp_path, production=False) == first
    assert len(first) > 50
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        env.env_secret("SECRET_KEY", tmp_path / "other", production=True)


def test_real_mail_with_local_links_is_told(settings):
    settings.MAIL_CONNECTION = {"host": "mail.example"}
    settings.SITE_HOST = "127.0.0.1"
    settings.ALLOW_LOCAL_LINKS = False

    assert [one.id for one in links_reach_customers(None)] == ["closeknit.W001"]
    settings.SITE_HOST = "shop.example"
    assert links_reach_customers(None) == []
    assert is_loopback("[::1]")
    assert is_loopback("localhost")
    assert not is_loopback("10.0.0.1")


@pytest.mark.parametrize(("debug", "code"), [("1", 1), ("0", 0)])
def test_production_never_shows_debug_pages(tmp_path, debug, code):
    told = {"PRODUCTION": "1", "DEBUG": debug, "SITE_URL": "https://shop.example", "SECRET_KEY": "x" * 50}
    told["FIELD_KEYS"] = "k" * 40
    command = [sys.executable, "-c", "import config.settings"]

    ended = subprocess.run(
        command,
        env={**os.environ, **told, "VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        check=False,
    )

    assert ended.returncode == code
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_pages_are_guarded_by_a_strict_policy(staff_client):
    response = staff_client.get("/")

    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
