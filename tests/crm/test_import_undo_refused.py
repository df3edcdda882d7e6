"""What stands in the way of undoing an import is said, counted and named to who may see it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError

from crm.errors import Refusal
from crm.imports import undoing
from crm.journal import undoing as journal_undoing
from crm.models import (
    Customer,
    ImportBatch,
    Journal,
    User,
)
from tests.crm.whole_tables import dump, people, undo
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


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

    with pytest.raises(CommandError, match=r"is filled in since for 1 customer\."):
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
