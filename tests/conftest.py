"""What every test may use: people who sign in, and a browser where one is installed."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from crm.models import AuditEntry, AuditPass, Business, User
from tests import migrated


def pytest_collection_modifyitems(items):
    """Marks what asks no database: it need not run again on another one."""
    for item in items:
        if not {"db", "transactional_db", "django_db_setup"} & set(item.fixturenames) and not (
            item.get_closest_marker("django_db") or item.get_closest_marker("slow")
        ):
            item.add_marker("no_database")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    migrated.offer()


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


@pytest.fixture(autouse=True)
def _first_language():
    translation.deactivate()  # A page in Chinese leaves its language behind in the thread.


@pytest.fixture(autouse=True)
def _audit_may_be_emptied(request, _django_db_marker):
    """Tests that commit are cleaned up by emptying all tables, which the audit log does not let happen."""
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames)
    if not commits and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    AuditPass.objects.create()
    AuditEntry.objects.all().delete()


@pytest.fixture
def shop(db) -> Business:
    business = Business.current()
    Business.objects.filter(pk=business.pk).update(
        name="Teahouse",
        postal_address="1 Harbour Road",
        from_email="news@teahouse.example",
        set_up_at="2026-01-01T00:00Z",
    )
    return Business.current()


@pytest.fixture
def owner(shop) -> User:
    return User.objects.create_user("olga@teahouse.example", "steep-leaves-4", name="Olga", role="owner")


@pytest.fixture
def clerk(shop) -> User:
    return User.objects.create_user("sam@teahouse.example", "steep-leaves-4", name="Sam", role="manager")


@pytest.fixture
def owner_client(owner) -> Client:
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def staff_client(clerk) -> Client:
    client = Client()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    return client
