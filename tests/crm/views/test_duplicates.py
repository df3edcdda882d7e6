from __future__ import annotations

import pytest
from django.utils import timezone

from crm import merging
from crm.duplicates import searching
from crm.merging import many
from crm.models import BulkMerge, Customer, CustomerMerge, DuplicateGroup, DuplicateMember, User
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


def make_twins(n: int = 1) -> list[Customer]:
    return [
        make_customer(first_name="Ada", last_name=f"Byron{n}", email=f"ada{n}x@example.com") for _ in "ab"
    ]


def search() -> None:
    searching.run(searching.ask(None, at=timezone.now()).pk)


@pytest.fixture
def manager(client) -> User:
    user = User.objects.create_user("boss@teahouse.example", None, role="manager")
    client.force_login(user)
    return user


def test_the_work_list_names_people_and_reasons_in_few_queries(
    client, manager, django_assert_max_num_queries
):
    for n in range(12):
        make_twins(n)
    search()

    with django_assert_max_num_queries(24):
        page = client.get("/customers/duplicates/").content.decode()

    assert page.count("same e-mail") >= 12
    assert "Ada Byron3" in page


def test_an_empty_list_says_that_nobody_is_there_twice(client, manager):
    assert "Not searched yet" in client.get("/customers/duplicates/").content.decode()
    search()
    assert "Nobody twice" in client.get("/customers/duplicates/").content.decode()


def test_a_group_is_merged_as_chosen_and_parted_again(client, manager):
    ada, twin = make_twins()
    Customer.objects.filter(pk=twin.pk).update(city="Bonn")
    Customer.objects.filter(pk=ada.pk).update(city="Kiel")
    make_purchase(ada)
    search()
    group = DuplicateGroup.objects.get()
    assert "Bonn" in client.get(f"/customers/duplicates/{group.pk}/").content.decode()

    chosen = {"person": [ada.pk, twin.pk], "survivor": ada.pk, "field:city": twin.pk}
    client.post(f"/customers/duplicates/{group.pk}/merge/", chosen)

    assert Customer.objects.get().city == "Bonn"
    late = client.post(f"/customers/duplicates/{group.pk}/merge/", chosen, follow=True)
    assert "quicker" in late.content.decode()
    client.post(f"/customers/merges/{CustomerMerge.objects.get().pk}/undo/")
    assert set(Customer.objects.values_list("city", flat=True)) == {"Bonn", "Kiel"}
    assert DuplicateGroup.objects.get().state == "open"


def test_told_apart_people_are_not_asked_about_again(client, manager):
    make_twins()
    search()
    group = DuplicateGroup.objects.get()

    client.post(f"/customers/duplicates/{group.pk}/different/")
    search()

    assert not DuplicateGroup.objects.filter(state="open").exists()


def test_all_sure_groups_are_merged_and_taken_back(client, manager):
    for n in range(3):
        make_twins(n)
    search()
    before = list(Customer.objects.order_by("pk").values())

    client.post("/customers/duplicates/bulk/", {"confidence": "0.90"})
    many.run(BulkMerge.objects.get().pk)

    bulk = BulkMerge.objects.get()
    assert (bulk.state, bulk.merged, bulk.skipped) == ("done", 3, 0)
    assert Customer.objects.count() == 3
    client.post(f"/customers/duplicates/bulk/{bulk.pk}/undo/")
    many.run_back(bulk.pk)
    assert BulkMerge.objects.get().state == "undone"
    assert list(Customer.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("confidence", ["0.1", "", "2", "nan"])
def test_only_sure_groups_can_be_merged_unseen(client, manager, confidence):
    make_twins()
    search()

    client.post("/customers/duplicates/bulk/", {"confidence": confidence})

    assert not BulkMerge.objects.exists()


def test_who_sees_only_their_own_sees_only_groups_of_their_own(client):
    clerk = User.objects.create_user("own@teahouse.example", None, role="manager", scope="own")
    client.force_login(clerk)
    ada, twin = make_twins()
    Customer.objects.filter(pk=ada.pk).update(owner=clerk)
    search()
    group = DuplicateGroup.objects.get()

    assert "Byron" not in client.get("/customers/duplicates/").content.decode()
    assert client.get(f"/customers/duplicates/{group.pk}/").status_code == 404
    assert client.post(f"/customers/duplicates/{group.pk}/merge/").status_code == 404
    Customer.objects.filter(pk=twin.pk).update(owner=clerk)
    assert "Byron" in client.get("/customers/duplicates/").content.decode()


def test_a_clerk_looks_and_does_not_merge(client):
    client.force_login(User.objects.create_user("serve@teahouse.example", None, role="service"))
    make_twins()
    search()
    group = DuplicateGroup.objects.get()

    assert client.get(f"/customers/duplicates/{group.pk}/").status_code == 200
    assert client.post(f"/customers/duplicates/{group.pk}/merge/").status_code == 403
    assert DuplicateMember.objects.count() == 2


def test_adding_somebody_who_is_perhaps_here_says_so_before_saving(client, manager):
    ada = make_customer(first_name="Ada", last_name="Byron", email="ada@example.com")
    typed = {
        "first_name": "Ada",
        "last_name": "Bryon",
        "email": "ADA@example.com",
        "created_on": "2026-01-01",
    }

    page = client.post("/customers/new/", typed)

    assert "Perhaps already here" in page.content.decode()
    assert ada.get_absolute_url() in page.content.decode()
    assert Customer.objects.count() == 1
    client.post("/customers/new/", {**typed, "anyway": "1"})
    assert Customer.objects.count() == 2


def test_a_merge_seen_from_the_old_address_leads_to_the_survivor(client, manager):
    ada, twin = make_twins()
    merging.merge([ada.pk, twin.pk], by=manager, at=timezone.now())

    answer = client.get(f"/customers/{twin.public_id}/")

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/customers/{ada.public_id}/")


def test_a_foreign_person_is_not_merged_by_naming_them_in_a_form(client):
    user = User.objects.create_user("own@teahouse.example", None, role="manager", scope="own")
    client.force_login(user)
    mine, twin = make_twins()
    Customer.objects.update(owner=user)
    search()
    group, foreign = DuplicateGroup.objects.get(), make_customer()

    answer = client.post(
        f"/customers/duplicates/{group.pk}/merge/",
        {"person": [mine.pk, twin.pk, foreign.pk], "survivor": mine.pk},
    )

    assert answer.status_code == 409
    assert Customer.objects.count() == 3
    assert not CustomerMerge.objects.exists()
