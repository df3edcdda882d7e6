from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm import custom_fields, field_kinds
from crm.errors import Refusal
from crm.models import Customer, CustomerView, CustomField
from segments.models import Segment
from tests.people import make_customer

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)


def make_field(kind="text", **more):
    return CustomField.objects.create(**{"key": "shoe", "label": "Shoe size", "kind": kind, **more})


def make_people(*values):
    return [make_customer(custom={"shoe": value, "pet": "cat"}) for value in values]


def values(key="shoe"):
    return [one.custom.get(key) for one in Customer.objects.order_by("pk")]


def change(own, kind, choices=(), agreed=0, by=None):
    target = field_kinds.as_kind(own, kind, list(choices))
    return field_kinds.change(own, target, agreed=agreed, by=by, on=TODAY)


@pytest.mark.parametrize(
    ("before", "kind", "choices", "stored", "after"),
    [
        ("text", "number", [], ["42", "1,5", "1.234,5"], [42, 1.5, 1234.5]),
        ("number", "text", [], [42, 1.5], ["42", "1.5"]),
        ("text", "date", [], ["6.5.2024", "2024-05-07"], ["2024-05-06", "2024-05-07"]),
        ("date_time", "date", [], ["2024-05-06T10:30"], ["2024-05-06"]),
        ("text", "yes_no", [], ["yes", "Nein"], [True, False]),
        ("yes_no", "text", [], [True, False], ["Yes", "No"]),
        ("text", "choice", ["Green", "Black"], ["green", "Black"], ["Green", "Black"]),
        ("choices", "text", [], [["Green", "Black"]], ["Green; Black"]),
        ("text", "choices", ["Green", "Black"], ["black, green"], [["Green", "Black"]]),
    ],
)
def test_values_become_the_new_kind_and_come_back(before, kind, choices, stored, after, owner):
    own = make_field(before, choices=["Green", "Black"] if before == "choices" else [])
    make_people(*stored)

    lost = change(own, kind, choices, by=owner)
    changed = CustomField.objects.get(key="shoe")
    turned = values()
    field_kinds.change_back(changed, by=owner)

    assert (lost, turned, changed.kind, changed.choices) == (0, after, kind, choices)
    assert values() == stored
    assert CustomField.objects.get().kind == before
    kept = [one.custom for one in Customer.objects.order_by("pk")]
    assert kept == [{"shoe": one, "pet": "cat"} for one in stored]


def test_the_preview_counts_what_does_not_fit_and_names_people(owner):
    own = make_field()
    people = make_people("42", "large", "43,5", "large", "small", "", None)

    found = field_kinds.look(own, field_kinds.as_kind(own, "number", []))

    assert (found.fitting, found.misfitting) == (2, 3)
    assert [(one.text, one.count) for one in found.misfits] == [("large", 2), ("small", 1)]
    assert found.misfits[0].people == [people[1], people[3]]
    assert found.samples == [("43,5", "43.5")]
    assert Customer.objects.filter(custom__shoe="large").count() == 2


def test_what_does_not_fit_stays_in_the_copy_and_only_with_consent(owner):
    own = make_field(pattern="99")
    make_people("42", "large")

    with pytest.raises(Refusal, match="do not fit now"):
        change(own, "number", by=owner)
    untouched = values()
    lost = change(own, "number", agreed=1, by=owner)

    own.refresh_from_db()
    copy = field_kinds.copy_in_use(own)
    assert untouched == ["42", "large"]
    assert (lost, values(), values(copy.key)) == (1, [42, None], ["42", "large"])
    assert (own.pattern, copy.kind, copy.archived_at is not None) == ("", "text", True)
    assert copy not in custom_fields.plain()


def test_what_was_edited_since_keeps_the_newer_value_when_taken_back(owner):
    own = make_field()
    first, second, third = make_people("042", "large", "007")
    change(own, "number", agreed=1, by=owner)
    for person, value in ((first, 50), (second, 41)):
        person.refresh_from_db()
        Customer.objects.filter(pk=person.pk).update(custom={**person.custom, "shoe": value})

    field_kinds.change_back(CustomField.objects.get(key="shoe"), by=owner)

    assert values() == ["50", "41", "007"]
    assert Customer.objects.get(pk=third.pk).custom == {"shoe": "007", "pet": "cat"}


def test_a_change_is_one_statement_for_thousands(owner, monkeypatch):
    monkeypatch.setattr(field_kinds, "AT_ONCE", 4)
    own = make_field()
    make_people(*(str(n) for n in range(10)))

    with CaptureQueriesContext(
        connection,
    ) as seen:
        change(own, "number", by=owner)

    assert sum("UPDATE crm_customer" in one["sql"] for one in seen) == 3
    assert values() == list(range(10))


def test_a_rule_that_would_break_refuses_the_change_and_others_are_named(owner):
    own = make_field()
    make_people("42")
    Segment.objects.create(
        name="Big feet", slug="big", rule={"field": "custom.shoe", "op": "contains", "value": "4"}
    )
    CustomerView.objects.create(name="Feet", by=owner, columns=["custom.shoe"])
    target = field_kinds.as_kind(own, "date", [])

    found = field_kinds.look(own, target)
    with pytest.raises(Refusal, match="Big feet"):
        field_kinds.change(own, target, agreed=9, by=owner, on=TODAY)
    longer = field_kinds.look(own, field_kinds.as_kind(own, "long_text", []))

    assert (found.breaking, found.uses) == (["Big feet"], ["Big feet", "Feet"])
    assert longer.breaking == []
    assert values() == ["42"]


def test_the_owner_changes_a_kind_by_hand(owner_client):
    make_field()
    person = make_people("42", "large")[1]

    field = owner_client.get("/settings/fields/shoe/").content.decode()
    page = owner_client.get("/settings/fields/shoe/kind/?kind=number&options=").content.decode()
    agreed = re.search(r'name="agreed" value="(\d+)"', page)[1]
    sent = {"kind": "number", "options": "", "agreed": agreed}
    answer = owner_client.post("/settings/fields/shoe/kind/", sent, follow=True).content.decode()
    owner_client.post("/settings/fields/shoe/kind/back/")

    assert "/settings/fields/shoe/kind/" in field
    assert f"/customers/{person.public_id}/" in page
    assert "1 value did not fit" in answer
    assert values() == ["42", "large"]


def test_values_in_use_become_the_choices(owner_client):
    make_field()
    make_people("Green", "Black", "Green")

    page = owner_client.get("/settings/fields/shoe/kind/?kind=choice&options=").content.decode()
    owner_client.post("/settings/fields/shoe/kind/", {"kind": "choice", "options": "Green\nBlack"})

    assert "Choices: Green, Black" in page
    assert CustomField.objects.get(key="shoe").choices == ["Green", "Black"]


@pytest.mark.parametrize("kind", ["", "text", "colour"])
def test_a_kind_that_makes_no_sense_is_refused(owner_client, kind):
    make_field()
    make_people("42")

    answer = owner_client.post("/settings/fields/shoe/kind/", {"kind": kind, "agreed": "9"})

    assert answer.status_code == 422
    assert CustomField.objects.get().kind == "text"


def test_an_archived_field_is_hidden_keeps_its_values_and_returns(owner_client):
    make_field()
    person = make_people("42")[0]
    edit = f"/customers/{person.public_id}/edit/"

    before = owner_client.get(edit).content.decode()
    owner_client.post("/settings/fields/shoe/archive/")
    hidden, listed = (
        owner_client.get(edit).content.decode(),
        owner_client.get("/settings/fields/").content.decode(),
    )
    owner_client.post(edit, {"first_name": "Ada", "last_name": "Byron", "email": person.email})
    owner_client.post("/settings/fields/shoe/archive/", {"restore": "1"})

    assert "Shoe size" in before
    assert "Shoe size" not in hidden
    assert "In the archive" in listed
    assert values() == ["42"]
    assert CustomField.objects.get().archived_at is None


def test_a_field_that_a_rule_asks_for_is_not_archived(owner_client):
    make_field()
    Segment.objects.create(
        name="Big feet", slug="big", rule={"field": "custom.shoe", "op": "contains", "value": "4"}
    )

    answer = owner_client.post("/settings/fields/shoe/archive/", follow=True)

    assert "Big feet" in answer.content.decode()
    assert CustomField.objects.get().archived_at is None
