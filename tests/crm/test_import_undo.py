"""Undoing an import leaves every table as it was, also after a crash, or says what stands in the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from crm.errors import Refusal
from crm.imports import undoing
from crm.journal import undoing as journal_undoing
from crm.models import (
    AuditEntry,
    Customer,
    CustomerTag,
    ImportBatch,
    Interaction,
    Journal,
    Tag,
    User,
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


def test_a_later_edit_by_hand_refuses_and_leaves_all_as_it_is(tmp_path):
    found = people(tmp_path, "1,ada@x.example,Ada,UK,,,\n2,bo@x.example,Bo,SE,,,\n")
    Customer.objects.filter(external_id="2").update(city="Rome")
    now = dump()

    with pytest.raises(CommandError, match=r"customer Bo was changed since"):
        undo(found)

    assert dump() == now
    assert ImportBatch.objects.get().state == "done"


def test_a_refusal_counts_by_cause_and_names_nobody_to_who_may_not_see_them(tmp_path, client):
    found = people(tmp_path, "".join(f"{n},p{n}@x.example,Person {n},UK,,,\n" for n in range(1, 61)))
    mine = User.objects.create_user("own@teahouse.example", None, role="manager", scope="own")
    Customer.objects.filter(external_id="60").update(owner=mine)
    Customer.objects.exclude(external_id="60").update(city="Rome")
    for person in Customer.objects.filter(external_id__in=["1", "2"]):
        make_purchase(person)
    ImportBatch.objects.update(started_by=mine)
    client.force_login(mine)
    place = f"/imports/{found['import_id']}/undo/"

    page = client.get(place)
    answer = client.post(place, follow=True)
    everybody = client.get(place + "rows/").content.decode()
    first = next(one.key for one in page.context["preview"].causes)
    behind = client.get(f"{place}rows/?cause={first}&from=50")

    told = [(one.count, one.thing, one.words) for one in page.context["preview"].causes]
    assert told == [
        (60, "customers", "were changed since"),
        (2, "customers", "are used since by purchases"),
    ]
    assert "60 customers were changed since; 2 customers are used since by" in answer.content.decode()
    assert "Person" not in page.content.decode() + answer.content.decode()
    assert "Person" not in everybody
    names = [one.name for one in behind.context["rows"]]
    assert (len(names), [name for name in names if name]) == (10, ["Person 60"])
    with pytest.raises(CommandError, match="60 customers were changed since"):
        undo(found)


def test_the_one_row_in_the_way_is_named_to_who_may_see_it_only(tmp_path, owner):
    people(tmp_path, "1,ada@x.example,Ada,UK,,,\n")
    batch = ImportBatch.objects.get()
    mine = User.objects.create_user("own@teahouse.example", None, role="manager", scope="own")
    Customer.objects.update(city="Rome")

    said = {}
    for user in (owner, mine):
        with pytest.raises(Refusal) as refused:
            undoing.request(batch, user, at=datetime.now(UTC))
        said[user] = str(refused.value)

    assert "customer Ada was changed since" in said[owner]
    assert "1 customer was changed since" in said[mine]


def test_a_created_customer_who_bought_since_refuses(tmp_path):
    found = people(tmp_path, "1,ada@x.example,Ada,UK,,,\n")
    make_purchase(Customer.objects.get())

    with pytest.raises(CommandError, match="is used since by 1 purchase"):
        undo(found)


def test_an_own_field_that_others_use_since_refuses(tmp_path):
    found = people(tmp_path, "1,ada@x.example,Ada,UK,,,38\n")
    make_customer(custom={"shoe_size": 40})

    with pytest.raises(CommandError, match="is filled in since for 1 customers"):
        undo(found)


def test_imports_that_build_on_each_other_are_undone_last_first(tmp_path):
    before = dump()
    first = people(tmp_path, "1,ada@x.example,Ada,UK,,,\n")
    second = people(tmp_path, "1,ada@x.example,Augusta,UK,,,\n", name="newer.csv")

    with pytest.raises(CommandError, match=r"was changed since by “newer\.csv”"):
        undo(first)
    undo(second)
    undo(first)

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


def test_what_an_older_version_imported_is_refused_with_a_reason(tmp_path):
    found = people(tmp_path, "1,ada@x.example,Ada,UK,,,\n")
    Journal.objects.all().delete()

    with pytest.raises(CommandError, match="before imports could be undone"):
        undo(found)


def test_an_edit_in_the_middle_of_undoing_stops_it_with_a_reason_and_it_goes_on_later(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_undoing, "AT_ONCE", 1)
    found = people(tmp_path, "1,ada@x.example,Ada,UK,,,\n2,bo@x.example,Bo,SE,,,\n")
    hold = journal_undoing.Work._hold
    steps = iter(range(100))

    def edit_after_the_first(self):
        if next(steps) == 1:
            Customer.objects.update(city="Rome")
        hold(self)

    monkeypatch.setattr(journal_undoing.Work, "_hold", edit_after_the_first)
    with pytest.raises(CommandError, match="was changed since"):
        undo(found)
    batch = ImportBatch.objects.get()
    assert batch.state == "undoing"
    assert "was changed since" in batch.error
    assert Customer.objects.count() == 1

    Customer.objects.update(city="")
    assert undo(found) == {"removed": 2, "restored": 0}
    assert not Customer.objects.exists()


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
