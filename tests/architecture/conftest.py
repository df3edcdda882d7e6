"""The world that the walks share: built once for a module, and every test takes back what it changed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

from crm.models import Business, User
from tests.architecture.planting import plant
from tests.architecture.world import OWNER, build


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who may see what is decided before any database is asked: on another one the owner's walk is enough."""
    for item in items:
        role = getattr(getattr(item, "callspec", None), "params", {}).get("role", "owner")
        if item.path.parent == Path(__file__).parent and (role != "owner" or item.path.stem == "test_alone"):
            item.add_marker("once")


@pytest.fixture(scope="module")
def _world(django_db_setup, django_db_blocker) -> Iterator[dict[str, str]]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


@pytest.fixture
def world(_world, db) -> dict[str, str]:
    return _world


@pytest.fixture(scope="module")
def _planted(_world, django_db_blocker) -> dict[str, str]:
    with django_db_blocker.unblock():
        return plant(_world)


@pytest.fixture
def planted(_planted, world) -> dict[str, str]:
    """{what it stands for: word}."""
    return _planted


@pytest.fixture
def shop(world) -> Business:
    return Business.current()


@pytest.fixture
def owner(world) -> User:
    return User.objects.get(email=OWNER)


@pytest.fixture(autouse=True)
def _quiet(caplog) -> None:
    """Thousands of refusals are asked for; each would be written down with its traceback."""
    caplog.set_level(logging.CRITICAL, "django.request")
