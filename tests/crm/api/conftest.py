from __future__ import annotations

import pytest

from crm import limits


@pytest.fixture(autouse=True)
def _fresh_limits():
    """Tokens have the same numbers in each test: none counts what another one asked."""
    limits.forget()
