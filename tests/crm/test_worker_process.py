"""A real Celery worker: it sends, says that it lives, and ends tidily when told to."""

from __future__ import annotations

import os
import signal
from collections import Counter

import pytest

from crm import outbox
from crm.models import WorkerHeartbeat
from tests.mails import make_mailing, make_messages
from tests.processes import alive_in_group, environment, start, wait_until
from tests.sink import Sink

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CELERY = ("-m", "celery", "--quiet", "--app", "tests.worker_app")


@pytest.mark.parametrize("whole_group", [False, True], ids=["told-alone", "told-with-its-pool"])
def test_a_worker_told_to_end_finishes_the_mail_in_hand_and_leaves_nothing_behind(tmp_path, whole_group):
    mailing = make_mailing()
    make_messages(mailing, 400)

    with Sink("slow", keep=False) as sink:
        env = environment(tmp_path, EMAIL_URL=sink.url)
        worker = start(*CELERY, "worker", "--concurrency", "2", env=env, start_new_session=True)
        try:
            wait_until(WorkerHeartbeat.anybody_there, 60, "a sign of life")
            assert start(*CELERY, "call", "crm.tasks.dispatch_due", env=env).wait() == 0
            sink.wait_for(20, 60)
            (os.killpg if whole_group else os.kill)(worker.pid, signal.SIGTERM)
            worker.wait(20)
            left = alive_in_group(worker.pid)
        finally:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
        found = Counter(sink.recipients())

    counts = outbox.counts(mailing)
    assert left == []
    assert max(found.values()) == 1
    assert (counts["sent"], counts["sending"], counts["unsure"]) == (sum(found.values()), 0, 0)
    assert 20 <= counts["sent"] < 400
    assert not WorkerHeartbeat.objects.exists()
