"""Who works alone sees nothing that only a team needs, and finds it again with the second person."""

from __future__ import annotations

import pytest

from crm import audit
from crm.models import Business, Case, CustomerView, Task, User
from tests.people import make_customer

pytestmark = pytest.mark.django_db
ADDRESSES = {
    "/customers/?view=all": ("key=owner", 'value="owner"'),
    "/customers/columns/": ("Looked after by",),
    "/customers/views/": ("For everybody, as a tab",),
    "/service/": ("Nobody&#x27;s", "Looked after by", "Give the ticked ones"),
    "/service/new/": ('type="checkbox" name="mine"',),
    "/settings/": ("/team/hand-over/",),
}


def shown(client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return [words for words in ADDRESSES[path] if words in answer.text]


def make_case() -> Case:
    return Case.objects.create(subject="Broken cup", customer=make_customer())


@pytest.mark.parametrize("path", ADDRESSES)
def test_what_only_a_team_needs_comes_with_the_second_person_or_the_setting(owner_client, path):
    make_case()

    alone = shown(owner_client, path)
    Business.objects.update(solo="off")
    by_choice = shown(owner_client, path)
    Business.objects.update(solo="auto")
    User.objects.create_user("second@teahouse.example", None, name="Ben", role="manager")
    together = shown(owner_client, path)
    Business.objects.update(solo="on")

    assert (alone, shown(owner_client, path)) == ([], [])
    assert by_choice == together == list(ADDRESSES[path])


def test_a_case_asks_one_person_neither_for_an_owner_nor_who_watches_and_keeps_its_owner(owner_client, owner):
    case = make_case()
    Case.objects.filter(pk=case.pk).update(owner=owner)

    page = owner_client.get(f"/service/{case.pk}/").text
    owner_client.post(f"/service/{case.pk}/change/", {"priority": "3", "category": ""})

    assert [words for words in ('name="owner"', "Watched by", 'value="watch"') if words in page] == []
    case.refresh_from_db()
    assert (case.owner, case.priority) == (owner, 3)


def test_a_task_of_one_person_is_theirs_without_asking(owner_client, owner):
    person = make_customer()

    page = owner_client.get(f"/customers/{person.public_id}/tasks/new/").text
    owner_client.post(f"/customers/{person.public_id}/tasks/new/", {"title": "Call", "repeat": ""})

    assert 'name="owner"' not in page
    assert Task.objects.get().owner == owner


def test_a_view_of_one_person_is_kept_without_asking_who_sees_it(owner_client):
    owner_client.post("/customers/views/", {"name": "Near", "place": "private", "back": ""})

    assert CustomerView.objects.get().place == "private"


def test_the_owner_of_a_team_sees_on_the_page_of_a_customer_who_looked_at_them(owner_client, owner):
    customer = make_customer()
    link = f"/settings/audit/?person={customer.public_id}&amp;action=viewed"

    alone = owner_client.get(customer.get_absolute_url()).text
    colleague = User.objects.create_user("second@teahouse.example", None, name="Ben", role="manager")
    together = owner_client.get(customer.get_absolute_url()).text
    audit.viewed(colleague, customer)
    page = owner_client.get(link.replace("&amp;", "&"))

    assert (link in alone, link in together) == (False, True)
    assert {one.actor for one in page.context["page"].rows} == {owner, colleague}
    assert {one.action for one in page.context["page"].rows} == {"viewed"}


def test_a_customer_page_asks_one_person_not_who_looks_after_them(owner_client):
    customer = make_customer()

    alone = owner_client.get(customer.get_absolute_url()).text
    Business.objects.update(solo="off")
    together = owner_client.get(customer.get_absolute_url()).text

    assert "<dt>Looked after by</dt>" not in alone
    assert "<dt>Looked after by</dt>" in together
