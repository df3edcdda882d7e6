"""Killed at any moment: nobody twice, nobody lost."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter

import pytest

from crm import outbox
from tests.mails import make_mailing, make_messages
from tests.processes import environment, start
from tests.sink import Sink

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
RECIPIENTS = 300
KILLS = 3


def test_a_killed_worker_sends_nobody_twice_and_loses_nobody(tmp_path):
    mailing = make_mailing()
    messages = make_messages(mailing, RECIPIENTS)
    moments = sorted(random.sample(range(1, RECIPIENTS - 20), KILLS))

    with Sink("slow", keep=False) as sink:
        env = environment(tmp_path, EMAIL_URL=sink.url)
        for moment in moments:
            worker = start("-m", "tests.drain_process", env=env)
            sink.wait_for(moment)
            time.sleep(random.random() / 50)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        assert start("-m", "tests.drain_process", env=env).wait() == 0
        found = Counter(sink.recipients())

    counts = outbox.counts(mailing)
    addresses = {one.to_email for one in messages}
    said_sent = set(mailing.messages.filter(state="sent").values_list("to_email", flat=True))
    assert max(found.values()) == 1
    assert counts["sent"] + counts["unsure"] == counts["audience"] == RECIPIENTS
    assert counts["unsure"] <= KILLS
    assert said_sent <= set(found) <= addresses
