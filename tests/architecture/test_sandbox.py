"""Every page of the staff says that no mail leaves, while none does."""

from __future__ import annotations

import pytest

from crm.models import User
from tests.architecture.world import walked

pytestmark = pytest.mark.django_db
WORDS = "Mails are caught here; nothing leaves this machine."


def test_every_whole_page_says_that_nothing_leaves(world: dict[str, str], owner: User) -> None:
    whole = [seen for seen in walked(owner, world, "get") if seen.page and "</nav>" in seen.text]

    assert len(whole) > 60
    assert [seen.page for seen in whole if WORDS not in seen.text] == []
