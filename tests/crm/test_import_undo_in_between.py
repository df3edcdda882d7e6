"""Undoing where something came in between: an edit by hand while the import ran, or a kill while undoing."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest
from django.core.management import CommandError

from bench.import_lines import write_file
from crm.imports.running import Run
from crm.models import (
    Customer,
    ImportBatch,
    JournalEntry,
)
from tests.crm.importing import bring_text
from tests.crm.whole_tables import dump, people, undo
from tests.people import make_customer
from tests.processes import environment, start, wait_until

pytestmark = pytest.mark.django_db


def edit_between_the_two_touches(monkeypatch, tmp_path, **change):
    """Bring a file whose two rows are about the same person, who is edited by hand in between."""
    merged = Run._merged

    def then_edit(self, bucket, rows):
        merged(self, bucket, rows)
        if bucket == 0:
            Customer.objects.filter(external_id="1").update(**change)

    monkeypatch.setattr(Run, "_merged", then_edit)
    found = people(tmp_path, "1,ada@x.example,Augusta,UK,,,\n,ada@x.example,,FR,,,\n")
    assert (found["created"] + found["updated"], Customer.objects.get().country) == (2, "FR")
    monkeypatch.setattr(Run, "_merged", merged)
    return found


def test_an_edit_by_hand_between_two_rows_of_an_import_is_not_lost_by_undoing(tmp_path, monkeypatch):
    people(tmp_path, "1,ada@x.example,Ada,UK,,,\n")
    found = edit_between_the_two_touches(monkeypatch, tmp_path, city="Rome")

    with pytest.raises(CommandError, match="customer Augusta was changed by somebody else in the middle"):
        undo(found)

    assert Customer.objects.get().city == "Rome"
    assert ImportBatch.objects.order_by("pk").last().state == "done"


def test_an_edit_in_between_that_was_taken_back_by_hand_stands_in_nobodys_way(tmp_path, monkeypatch):
    people(tmp_path, "1,ada@x.example,Ada,UK,,,\n")
    before, image = dump(), Customer.objects.values().get()
    found = edit_between_the_two_touches(monkeypatch, tmp_path, city="Rome")

    Customer.objects.update(**{name: value for name, value in image.items() if name != "id"})
    undo(found)

    assert dump() == before


def test_a_new_person_edited_while_the_import_runs_is_not_thrown_away(tmp_path, monkeypatch):
    found = edit_between_the_two_touches(monkeypatch, tmp_path, city="Rome")

    with pytest.raises(CommandError, match="was changed by somebody else in the middle"):
        undo(found)

    assert Customer.objects.get().city == "Rome"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_of_undoing_it_ends_the_same(tmp_path):
    for number in range(50):
        make_customer(external_id=f"bench-{number}")
    before = dump()
    path = tmp_path / "lines.csv"
    write_file(path, 8_000)
    found = bring_text(tmp_path, "purchases", path.read_text())
    env = environment(tmp_path)
    command = ("manage.py", "undo_import", str(found["import_id"]))

    kills = 0
    for _attempt in range(2):
        process = start(*command, env=env, stderr=subprocess.DEVNULL)
        wait_until(_began(process), 30, "the undoing begins")
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    last = start(*command, "--json", env=env, stdout=subprocess.PIPE)
    undone = json.loads(last.communicate()[0])

    assert kills
    assert dump() == before
    assert undone["removed"] >= 8_000
    assert not JournalEntry.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_while_taking_back_a_mixed_file_of_customers_it_ends_the_same(tmp_path):
    old = "".join(f"{n},p{n}@x.example,Person {n},UK,,,38\n" for n in range(4000))
    people(tmp_path, old)
    before = dump()
    changed = "".join(f"{n},p{n}@x.example,New {n},FR,vip,yes,41\n" for n in range(2000, 7000))
    found = people(tmp_path, changed + "x,no address,Eve,,,,\n", name="newer.csv")
    command, env = ("manage.py", "undo_import", str(found["import_id"])), environment(tmp_path)

    process = start(*command, env=env, stderr=subprocess.DEVNULL)
    wait_until(_began(process), 30, "the undoing begins")
    killed = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    half = dump()
    start(*command, env=env).wait()

    assert killed
    assert half != before
    assert dump() == before


def _began(process):
    """Has it taken something back, or is it over already?"""
    total = JournalEntry.objects.count()
    return lambda: JournalEntry.objects.count() < total or process.poll() is not None
