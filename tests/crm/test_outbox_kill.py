"""Under fire: nobody twice, nobody lost, the books agree with what arrived. Long form: `make bench`."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.proof import enlist, run

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
RECIPIENTS = 1000
KILLS = 5


def test_killed_cut_and_misled_workers_send_nobody_twice_and_lose_nobody(tmp_path):
    mailing = enlist("test:1", RECIPIENTS)
    on_postgres = connection.vendor == "postgresql"

    books = run(
        mailing,
        tmp_path,
        workers=3 if on_postgres else 1,
        kills=KILLS,
        cuts=2 if on_postgres else 0,
        empties=3,
    )

    assert books.compare() == []
    assert books.lost > 0
    assert books.counts["sent"] > 0.85 * RECIPIENTS
    assert books.counts["unsure"] < 0.1 * RECIPIENTS
