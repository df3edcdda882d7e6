from __future__ import annotations

import csv
import json
from datetime import date
from io import StringIO
from time import perf_counter

import pytest
from django.core.management import call_command
from django.utils import timezone

from crm import bulk, names
from crm.duplicates import blocking, finding, grouping, records, searching
from crm.models import Customer, CustomField, DifferentPeople, DuplicateGroup, DuplicateSearch
from crm.models.customer import new_public_id
from tests.people import make_customer
from tests.reference import FEBRL

pytestmark = pytest.mark.django_db
FEBRL_FIELDS = ("street_number", "address_1", "address_2", "suburb", "postcode", "state")


def found(**options):
    out = StringIO()
    call_command("find_duplicates", "--json", stdout=out, **options)
    return json.loads(out.getvalue())


def load_febrl(*own: str) -> set[tuple[str, str]]:
    """The file's people with its fields as own fields; returns the pairs that are one person."""
    for key in own:
        CustomField.objects.create(key=key, label=key)
    with FEBRL.open(newline="") as file:
        rows = [{k.strip(): v.strip() for k, v in row.items()} for row in csv.DictReader(file)]
    bulk.write_full(
        Customer,
        [
            {
                "public_id": new_public_id(),
                "external_id": row["rec_id"],
                "first_name": row["given_name"],
                "last_name": row["surname"],
                "birth_date": day(row["date_of_birth"]),
                "custom": bulk.json_text({key: row[key] for key in own if row[key]}),
            }
            for row in rows
        ],
    )
    same: dict[str, list[str]] = {}
    for row in rows:
        same.setdefault(row["rec_id"].split("-")[1], []).append(row["rec_id"])
    return {(min(two), max(two)) for two in same.values() if len(two) == 2}


def day(text: str) -> str | None:
    """Some of the planted errors are days that no calendar has."""
    try:
        return str(date.fromisoformat(text))
    except ValueError:
        return None


def f1(answer, truth: set[tuple[str, str]]) -> float:
    told = {(a, b) for one in answer["list"] for a in one["ids"] for b in one["ids"] if a < b}
    right = len(told & truth)
    return 2 * right / (len(told) + len(truth))


@pytest.mark.skipif(not FEBRL.exists(), reason="the records of FEBRL are not on this machine")
@pytest.mark.parametrize("own", [(*FEBRL_FIELDS, "soc_sec_id"), FEBRL_FIELDS])
def test_the_published_set_of_people_with_typing_errors_is_sorted_out(own):
    truth = load_febrl(*own)

    answer = found()

    assert len(truth) == 500
    assert f1(answer, truth) >= 0.98
    assert answer["groups"] == len(answer["list"])
    assert all(one["reasons"] for one in answer["list"])


def test_reasons_and_confidence_are_told_in_words():
    make_customer(first_name="Ada", last_name="Byron", email="ada@example.com", external_id="A", phone="")
    make_customer(first_name="Byron", last_name="Ada", email="ada@example.com", external_id="B", phone="")
    make_customer(first_name="Grace", last_name="Hopper", email="grace@example.com")

    answer = found()

    assert answer["pairs"] == answer["groups"] == 1
    assert answer["list"][0]["ids"] == ["A", "B"]
    assert answer["list"][0]["confidence"] > 0.9
    assert {"same e-mail", "same name in another order"} <= set(answer["list"][0]["reasons"])


def test_a_couple_that_shares_address_and_phone_is_not_one_person():
    shared = {"last_name": "Byron", "email": "home@example.com", "phone": "+4930901820", "city": "Kiel"}
    make_customer(first_name="Ada", **shared)
    make_customer(first_name="William", **shared)

    assert found()["groups"] == 0


def test_two_people_with_nothing_in_common_but_a_name_are_not_sure():
    make_customer(first_name="Ada", last_name="Byron", email="", city="Kiel")
    make_customer(first_name="Ada", last_name="Byron", email="", city="Bonn")

    assert found()["groups"] == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Dr. Ada", "Byron"), ("ADA", "byron")),
        (("José", "Núñez"), ("jose", "nunez")),
        (("伟", "王"), ("王伟", "")),
        (("민준", "김"), ("김", "민준")),
        (("Анна", "Ёлкина"), ("анна", "ЕЛКИНА")),
        (("Ａｄａ", "Ｂｙｒｏｎ"), ("Byron,", "Ada")),
    ],
)
def test_one_name_written_in_two_ways_is_one_name(one, other):
    assert names.whole(*one) == names.whole(*other)


def test_two_short_chinese_names_that_share_a_sign_are_different():
    make_customer(first_name="伟", last_name="李", email="", birth_date=date(1990, 1, 1), city="宁波")
    make_customer(first_name="明", last_name="李", email="", birth_date=date(1990, 1, 2), city="宁波")

    assert found()["groups"] == 0


def test_ten_thousand_people_of_one_name_are_not_compared_with_each_other():
    people = [
        {"id": n, "first_name": "Wei", "last_name": "Li", "email": "", "phone": "", "country": "", "city": "",
         "birth_date": None, "gender": "", "custom": {}}
        for n in range(10_000)
    ]  # fmt: skip
    began = perf_counter()

    pairs = blocking.candidates(records.of(people, []))

    assert len(pairs) < 10_000 * 30
    assert perf_counter() - began < 5


def test_a_chain_does_not_make_one_person_of_three():
    groups = grouping.groups([(1, 2, 0.99), (2, 3, 0.9)], threshold=0.7)

    assert [group.members for group in groups] == [(1, 2)]
    assert [g.members for g in grouping.groups([(1, 2, 0.9), (2, 3, 0.9), (1, 3, 0.6)], threshold=0.7)] == [
        (1, 2, 3)
    ]


def test_a_search_stores_its_groups_and_keeps_what_people_said():
    ada, twin = (make_customer(first_name="Ada", last_name="Byron", email="ada@example.com") for _ in "ab")
    search = searching.ask(None, at=timezone.now())

    assert searching.run(search.pk)
    group = DuplicateGroup.objects.get()
    assert {one.customer_id for one in group.members.all()} == {ada.pk, twin.pk}
    assert DuplicateSearch.objects.get().state == "done"

    searching.run(searching.ask(None, at=timezone.now()).pk)
    assert DuplicateGroup.objects.get().pk == group.pk

    DifferentPeople.objects.create(one=twin, other=ada)
    searching.run(searching.ask(None, at=timezone.now()).pk)
    assert not DuplicateGroup.objects.exists()
    assert found()["groups"] == 0


def test_a_search_runs_once_and_a_killed_one_again():
    search = searching.ask(None, at=timezone.now())
    assert searching.ask(None, at=timezone.now()).pk == search.pk
    assert searching.claim(search.pk, at=timezone.now())
    assert not searching.run(search.pk)

    later = timezone.now() + searching.STALE * 2
    assert searching.release_stale(at=later) == search.pk
    assert searching.run(search.pk)


def test_confidence_is_kept_between_nothing_and_certainty():
    twins = [make_customer(first_name="Ada", last_name="Byron", email="ada@example.com") for _ in range(6)]

    group = finding.find(records.everybody()).groups[0]

    assert len(group.members) == len(twins)
    assert 0 < group.confidence <= 1
