"""Merging people whom somebody chose in the list or on a page, and the way back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from crm import cases, merging
from crm.models import Case, Customer, CustomerMerge, CustomField, Purchase, User
from crm.privacy import erasing
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client) -> User:
    user = User.objects.create_user("boss@teahouse.example", None, role="manager")
    client.force_login(user)
    return user


def chosen(*people: Customer) -> str:
    return "/customers/merge/?" + "&".join(f"id={one.public_id}" for one in people)


def form(*people: Customer, **more) -> dict:
    return {"id": [one.public_id for one in people], "survivor": people[0].pk, **more}


def words(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_chosen_people_stand_side_by_side_with_what_would_move(
    client, manager, django_assert_max_num_queries
):
    ada, twin, third = (make_customer(first_name=name, city=f"{name}town") for name in ("Ada", "Bea", "Cleo"))
    for _n in range(3):
        make_purchase(ada)
    make_purchase(twin)
    cases.open_case("Broken cup", customer=twin, text="In pieces", at=NOON)

    with django_assert_max_num_queries(24):
        page = words(client.get(chosen(ada, twin, third)))

    assert '<span class="value">3</span> purchases' in page
    assert '<span class="value">1</span> purchase<' in page
    assert '<span class="value">1</span> case<' in page
    assert all(f"{name}town" in page for name in ("Ada", "Bea", "Cleo"))
    assert Customer.objects.count() == 3


def test_three_people_become_one_as_chosen_and_are_parted_again(client, manager):
    ada, twin, third = make_customer(city="Kiel"), make_customer(city="Bonn"), make_customer(city="Ulm")
    for one in (ada, twin, third):
        make_purchase(one)
    before = list(Customer.objects.order_by("pk").values())

    answer = client.post("/customers/merge/", {**form(twin, ada, third), "field:city": third.pk}, follow=True)

    assert "3 records are now one" in words(answer)
    assert answer.redirect_chain == [(f"/customers/{twin.public_id}/", 302)]
    assert "Merged from several records" in words(answer)
    assert (Customer.objects.get().pk, Customer.objects.get().city) == (twin.pk, "Ulm")
    assert Purchase.objects.filter(customer=twin).count() == 3
    back = f"/customers/merges/{CustomerMerge.objects.get().pk}/undo/"
    assert "separate people again" in words(client.post(back, {"back": "customer"}, follow=True))
    assert list(Customer.objects.order_by("pk").values()) == before
    assert {one.purchases.count() for one in Customer.objects.all()} == {1}


def test_without_a_word_about_who_stays_the_one_who_bought_most_does(client, manager):
    ada, twin = make_customer(), make_customer()
    make_purchase(twin)

    client.post("/customers/merge/", {"id": [ada.public_id, twin.public_id]})

    assert Customer.objects.get() == twin


def test_the_second_of_two_users_reads_what_happened_and_nothing_is_lost(client, manager):
    people = [make_customer() for _n in range(3)]
    for one in people:
        make_purchase(one)
    first, second, third = people
    client.get(chosen(*people))
    merging.merge([one.pk for one in people], by=None, at=timezone.now())

    late = client.post("/customers/merge/", form(third, second, first), follow=True)

    assert "2 of these people are not there any more: somebody merged or deleted them" in words(late)
    assert late.redirect_chain == [(f"/customers/{first.public_id}/", 302)]
    assert Purchase.objects.filter(customer=first).count() == 3
    assert CustomerMerge.objects.count() == 1


@pytest.mark.parametrize(("number", "said"), [(0, "at least two"), (1, "at least two"), (6, "at most 5")])
def test_too_few_and_too_many_are_refused_in_words(client, manager, number, said):
    people = [make_customer() for _n in range(number)]

    for answer in (
        client.get(chosen(*people), follow=True),
        client.post("/customers/merge/", {"id": [one.public_id for one in people]}, follow=True),
    ):
        assert said in words(answer)
    assert Customer.objects.count() == number


def test_all_that_match_a_filter_can_be_meant_when_they_are_few(client, manager):
    ada, twin = make_customer(country="Norway"), make_customer(country="Norway")
    make_customer(country="Germany")

    page = words(client.get("/customers/merge/?all=1&back=country%3DNorway"))

    assert f'name="id" value="{ada.public_id}"' in page
    assert f'name="id" value="{twin.public_id}"' in page
    assert page.count('name="id"') == 2


def test_a_foreign_customer_is_not_merged_not_shown_and_not_found(client):
    user = User.objects.create_user("own@teahouse.example", None, role="manager", scope="own")
    client.force_login(user)
    mine, foreign = make_customer(owner=user), make_customer(first_name="Xenia", last_name="Hidden")

    shown = client.get(chosen(mine, foreign), follow=True)
    merged = client.post("/customers/merge/", form(mine, foreign), follow=True)
    taken = client.post("/customers/merge/", form(foreign, mine), follow=True)
    found = client.get(f"/customers/{mine.public_id}/merge/?q=xenia")

    for answer in (shown, merged, taken):
        assert "not there any more" in words(answer)
    assert "Xenia" not in words(shown) + words(merged) + words(taken) + words(found)
    assert client.get(f"/customers/{foreign.public_id}/merge/").status_code == 404
    assert Customer.objects.count() == 2


def test_an_edit_after_the_merge_keeps_people_together_and_is_named(client, manager):
    CustomField.objects.create(key="size", label="Size of cup")
    ada, twin = make_customer(custom={"size": "L"}), make_customer()
    client.post("/customers/merge/", form(ada, twin))
    done = CustomerMerge.objects.get()
    Customer.objects.filter(pk=ada.pk).update(city="Oslo", custom={"size": "S"})

    answer = client.post(f"/customers/merges/{done.pk}/undo/", {"back": "customer"}, follow=True)

    assert "edited since" in words(answer)
    assert "Edited: city, Size of cup." in words(answer)
    assert Customer.objects.count() == 1
    Customer.objects.filter(pk=ada.pk).update(city=ada.city, custom={"size": "L"})
    client.post(f"/customers/merges/{done.pk}/undo/")
    assert Customer.objects.count() == 2


def test_a_later_merge_into_the_same_record_goes_back_first(client, manager):
    ada, twin, third = make_customer(city=""), make_customer(city=""), make_customer(city="Bonn")
    client.post("/customers/merge/", form(ada, twin))
    first = CustomerMerge.objects.get()
    client.post("/customers/merge/", form(ada, third))

    answer = client.post(f"/customers/merges/{first.pk}/undo/", follow=True)

    assert "Take that merge back first" in words(answer)
    assert Customer.objects.count() == 1


def test_lists_are_put_together(client, manager):
    CustomField.objects.create(key="likes", label="Likes", kind="choices", choices=["tea", "mugs", "jam"])
    ada, twin = make_customer(custom={"likes": ["tea"]}), make_customer(custom={"likes": ["mugs", "tea"]})

    page = words(client.get(chosen(ada, twin)))
    client.post("/customers/merge/", {**form(ada, twin), "field:custom.likes": twin.pk})

    assert "tea, mugs" in page
    assert Customer.objects.get().custom == {"likes": ["tea", "mugs"]}


def test_the_other_record_is_found_by_what_both_share_and_by_words(client, manager):
    ada = make_customer(first_name="Ada", last_name="Byron", email="ada@example.com")
    twin = make_customer(first_name="A.", last_name="B.", email="ada@example.com")
    grace = make_customer(first_name="Grace", last_name="Hopper")

    alike = words(client.get(f"/customers/{ada.public_id}/merge/"))
    searched = client.get(f"/customers/{ada.public_id}/merge/?q=grace", headers={"HX-Request": "true"})

    assert f"id={ada.public_id}&amp;id={twin.public_id}" in alike
    assert grace.public_id not in alike
    assert grace.public_id in words(searched)
    assert "<html" not in words(searched)
    assert "Nobody found" in words(client.get(f"/customers/{ada.public_id}/merge/?q=nobody"))


def test_an_erased_customer_is_not_merged(client, manager):
    ada, gone = make_customer(), make_customer()
    Customer.objects.filter(pk=gone.pk).update(erased_at=NOON)

    answer = client.post("/customers/merge/", form(ada, gone), follow=True)

    assert "erased customer" in words(answer)
    assert Customer.objects.count() == 2


def test_only_who_may_merge_is_offered_it(client):
    client.force_login(User.objects.create_user("serve@teahouse.example", None, role="service"))
    ada, twin = make_customer(), make_customer()

    assert client.get(chosen(ada, twin)).status_code == 403
    assert client.post("/customers/merge/", form(ada, twin)).status_code == 403
    assert "/merge/" not in words(client.get("/customers/")) + words(client.get(ada.get_absolute_url()))
    assert Case.objects.count() == 0


def test_erasing_the_survivor_takes_the_marks_of_its_values_along(client, manager):
    ada, twin = make_customer(), make_customer()
    client.post("/customers/merge/", form(ada, twin))
    assert CustomerMerge.objects.get().left_as

    ada.refresh_from_db()
    erasing.erase(ada, by=None, at=timezone.now())

    assert CustomerMerge.objects.get().left_as == {}
