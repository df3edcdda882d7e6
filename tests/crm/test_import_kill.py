"""Killed at any moment and resumed: the same state as undisturbed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time

import pytest

from bench.import_lines import write_file
from crm.models import (
    Customer,
    ImportBatch,
    ImportParcel,
    ImportProblem,
    Product,
    Purchase,
    PurchaseLine,
    Refund,
)
from tests.crm.importing import bring, state
from tests.processes import environment, start

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LINES = 9_000
KILLS = 2


def test_an_import_killed_at_random_moments_ends_as_if_undisturbed(tmp_path):
    path = tmp_path / "lines.csv"
    write_file(path, LINES)
    undisturbed = bring("purchases", path)
    wanted = state()
    for model in (Refund, PurchaseLine, Purchase, Product, Customer, ImportBatch):
        model.objects.all().delete()
    env = environment(tmp_path)

    steps = set()
    first = start("manage.py", "import_file", "purchases", str(path), env=env, stderr=subprocess.DEVNULL)
    _kill_later(first, steps)
    batch = ImportBatch.objects.get()
    for _kill in range(KILLS - 1):
        _kill_later(start("manage.py", "import_file", "--resume", str(batch.pk), env=env), steps)
    last = start(
        "manage.py", "import_file", "--resume", str(batch.pk), "--json", env=env, stdout=subprocess.PIPE
    )
    found = json.loads(last.communicate()[0])

    assert state() == wanted
    names = (
        "rows",
        "created",
        "unchanged",
        "skipped",
        "rejected",
        "customers",
        "orders",
        "charged",
        "reasons",
    )
    assert {name: found[name] for name in names} == {name: undisturbed[name] for name in names}
    assert steps, "no kill met the import at work"
    assert not ImportParcel.objects.exists()
    assert not ImportProblem.objects.exists()


def _kill_later(process, steps) -> None:
    """Kill it somewhere after it has begun to write; the chunks are small against the whole."""
    seen = ImportBatch.objects.values_list("step", "next_row", "heartbeat_at").first()
    while process.poll() is None:
        now = ImportBatch.objects.values_list("step", "next_row", "heartbeat_at").first()
        if now != seen and now and now[0]:
            time.sleep(random.random() * 0.3)
            process.send_signal(signal.SIGKILL)
            steps.add(now[0])
            break
        time.sleep(0.02)
    process.wait()
    if process.stdout:
        process.stdout.close()
