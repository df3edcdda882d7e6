"""Undoing an import leaves every table as it was, also after a crash, or says what stands in the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from crm.errors import Refusal
from crm.imports import undoing
from crm.models import (
    AuditEntry,
    Customer,
    CustomerTag,
    ImportBatch,
    Interaction,
    Tag,
)
from tests.crm.importing import bring_text
from tests.crm.whole_tables import dump, people, undo
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


LINES = "Order ID,Date,Email,Product,Qty,Unit Price\n"


def test_a_create_only_import_of_customers_goes_without_a_trace(tmp_path):
    make_customer()
    before = dump()

    found = people(tmp_path, "1,ada@x.example,Ada,UK,vip;old,yes,38\n2,bo@x.example,Bo,SE,,no,41\n")
    assert dump() != before
    undone = undo(found)

    assert dump() == before
    assert undone == {"removed": 2 + 2 + 1, "restored": 0}  # Two people, two tags, one own field.


def test_an_update_of_customers_is_put_back_and_comes_again_as_new_work(tmp_path):
    rows = "1,ada@x.example,Ada,UK,vip,,38\n2,bo@x.example,Bo,SE,,,41\n"
    people(tmp_path, rows)
    before = dump()
    changed = (
        rows.replace("Ada", "Augusta").replace("SE", "NO").replace("41", "42").replace("vip,", "vip,yes")
    )

    found = people(tmp_path, changed)
    assert found["updated"] == 2
    undone = undo(found)

    assert dump() == before
    assert undone == {"removed": 0, "restored": 2}
    assert people(tmp_path, changed)["updated"] == 2


def test_tags_that_a_model_gave_since_go_with_the_people_and_tags_by_hand_stand_in_the_way(tmp_path):
    before = dump()
    found = people(tmp_path, "1,ada@x.example,Ada,UK,,,38\n2,bo@x.example,Bo,SE,,,41\n")
    ada, bo = Customer.objects.order_by("pk")
    loyal = Tag.objects.create(name="Loyal")
    CustomerTag.objects.create(customer=ada, tag=loyal, source="model")
    by_hand = CustomerTag.objects.create(customer=bo, tag=loyal)

    with pytest.raises(CommandError, match="tag"):
        undo(found)
    by_hand.delete()
    undone = undo(found)

    loyal.delete()
    assert dump() == before
    assert undone["removed"] == 2 + 1


def test_a_mixed_import_of_purchases_is_taken_back(tmp_path):
    ada = make_customer(email="ada@x.example", country="UK")
    make_purchase(ada, product=None)
    first = (
        "A,2024-01-31,ada@x.example,Tea,2,4.50\n"
        "B,2024-01-31,bo@x.example,Cup,1,9\n"
        "R,2024-02-02,ada@x.example,Tea,-1,4.50\n"
    )
    bring_text(tmp_path, "purchases", LINES + first)
    before = dump()
    second = (
        "A,2024-01-31,ada@x.example,Tea,3,4.50\n"  # Another line in a known order.
        "C,2024-03-01,li@x.example,Pot,1,30\n"
        "B,2024-02-05,bo@x.example,Cup,-1,9\n"  # A refund of a known order.
        "R,2024-01-15,ada@x.example,Tea,1,4.50\n"  # The sale that a known refund belongs to.
        "D,2024-03-01,,Tea,1,5.25\n"
    )

    found = bring_text(tmp_path, "purchases", LINES + second)
    assert found["created"]
    assert dump() != before
    undone = undo(found)

    assert dump() == before
    assert undone["removed"]
    assert undone["restored"]
    again = bring_text(tmp_path, "purchases", LINES + second)
    assert {**again, "import_id": 0, "seconds": 0} == {**found, "import_id": 0, "seconds": 0}


def test_answers_and_the_survey_made_for_them_go_and_named_ones_become_anonymous_again(tmp_path):
    text = "email,nps,comment,answer.why\nada@x.example,9,Good,price\nbo@x.example,2,Bad,wait\n"
    clean = dump()
    first = bring_text(tmp_path, "answers", text, name="survey.csv")
    make_customer(email="ada@x.example")
    before = dump()

    found = bring_text(tmp_path, "answers", text, name="survey.csv")
    assert found["updated"] == 1
    assert Interaction.objects.count() == 1
    assert undo(found) == {"removed": 0, "restored": 1}
    assert dump() == before

    Customer.objects.all().delete()
    undo(first)
    assert dump() == clean


MIXED = (
    "1,ada@x.example,Augusta,UK,vip,,38\n"  # Changed.
    "2,bo@x.example,Bo,SE,,no,41\n"  # As it was.
    "7,li@x.example,Li,CN,new,yes,39\n"  # New.
    ",ada@x.example,Ada L.,FR,other,,\n"  # The first one once more, known by the address.
    ",,Nobody,,,,\n8,no address,Eve,,,,\n9,ok@x.example,Ok,,,perhaps,\n"  # Not understood.
    "7,li@x.example,Li,TW,,,40\n"  # The new one once more.
)


def test_a_file_of_new_changed_same_and_rejected_customers_goes_without_a_trace(tmp_path):
    people(tmp_path, "1,ada@x.example,Ada,UK,,,38\n2,bo@x.example,Bo,SE,,no,41\n")
    before = dump()

    found = people(tmp_path, MIXED, name="mixed.csv")
    kinds = {name: found[name] > 0 for name in ("created", "updated", "unchanged", "rejected")}
    assert all(kinds.values()), found
    assert dump() != before
    undo(found)

    assert dump() == before
    again = people(tmp_path, MIXED, name="mixed.csv")
    same = {"import_id": 0, "seconds": 0, "error_file": ""}
    assert {**again, **same} == {**found, **same}


def test_a_file_of_new_named_same_and_rejected_answers_goes_without_a_trace(tmp_path):
    text = "email,nps,comment,answer.why\nada@x.example,9,Good,price\nbo@x.example,2,Bad,wait\n"
    make_customer(email="bo@x.example")
    bring_text(tmp_path, "answers", text, name="survey.csv")
    make_customer(email="ada@x.example")
    before = dump()

    more = "li@x.example,7,New,taste\nada@x.example,11,Too much,\nbo@x.example,,,\n"
    found = bring_text(tmp_path, "answers", text + more, name="survey.csv")
    counts = {name: found[name] for name in ("created", "updated", "unchanged", "skipped", "rejected")}
    assert counts == {"created": 1, "updated": 1, "unchanged": 1, "skipped": 1, "rejected": 1}
    assert dump() != before
    undo(found)

    assert dump() == before


def test_an_import_that_changed_nothing_is_undone_with_nothing(tmp_path):
    rows = "1,ada@x.example,Ada,UK,,,\n"
    people(tmp_path, rows)
    before = dump()

    assert undo(people(tmp_path, rows)) == {"removed": 0, "restored": 0}
    assert dump() == before


def test_an_import_is_undone_once_and_the_audit_says_who_and_how_much(tmp_path, owner):
    found = people(tmp_path, "1,ada@x.example,Ada,UK,,,\n")
    batch = ImportBatch.objects.get()

    undoing.request(batch, owner, at=datetime.now(UTC))
    undoing.run(batch.pk)

    entry = AuditEntry.objects.get(action="undone")
    assert (entry.actor, entry.kind, entry.object_key, entry.count) == (
        owner,
        "importbatch",
        str(batch.pk),
        1,
    )
    with pytest.raises(CommandError, match="undone already"):
        undo(found)


def test_an_import_that_stopped_half_way_can_be_undone_as_far_as_it_came(tmp_path, monkeypatch):
    before = dump()
    monkeypatch.setattr("crm.imports.running.Run._close", lambda _self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        people(tmp_path, "1,ada@x.example,Ada,UK,,,\n")
    batch = ImportBatch.objects.get()
    assert batch.state == "failed"

    assert undo({"import_id": batch.pk}) == {"removed": 1, "restored": 0}

    assert dump() == before


def test_a_lost_undoing_is_found_again(tmp_path):
    people(tmp_path, "1,ada@x.example,Ada,UK,,,\n")
    now = datetime.now(UTC)
    batch = ImportBatch.objects.get()

    undoing.request(batch, None, at=now)

    assert undoing.stalled(at=now) == []
    assert undoing.stalled(at=now + timedelta(minutes=6)) == [batch.pk]
    with pytest.raises(Refusal):
        undoing.request(ImportBatch(pk=0), None, at=now)


cells = some.tuples(
    some.integers(1, 6),
    some.sampled_from(["", "Ada", "李"]),
    some.sampled_from(["", "UK", "SE"]),
    some.booleans(),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=some.lists(some.lists(cells, min_size=1, max_size=6), min_size=2, max_size=3))
def test_whatever_files_come_undoing_them_in_turn_leads_back(tmp_path, files):
    states, brought = [dump()], []

    for rows in files:
        text = "".join(
            f"{n},p{n}@x.example,{name},{land},,{'yes' if yes else ''},\n" for n, name, land, yes in rows
        )
        brought.append(people(tmp_path, text))
        states.append(dump())
    for found in reversed(brought):
        assert dump() == states.pop()
        undo(found)

    assert dump() == states.pop()
