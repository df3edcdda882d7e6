"""Analysts never receive a personal value; people with a scope never receive one of a foreign customer.

Every text of every row about a person in the world has a word found nowhere else. test_access.py looks for
them behind every address; here are the parts of pages that are asked for with parameters.
"""

from __future__ import annotations

import pytest
from django.test import Client

from crm import masking
from crm.models import Customer, User
from tests.architecture.planting import about_people, telling, told
from tests.architecture.world import address, everything, member, signed_in
from tests.people import make_customer

pytestmark = pytest.mark.django_db
# What is found with parameters only, or lies elsewhere: address, query, and whose word the owner reads there.
PARTS = [
    ("customers/", "?q=zqfirstna", "crm.Customer.first_name"),
    ("customers/", "?panel={public_id}", "crm.Customer.email"),
    ("customers/", "?sort=newest", "crm.Customer.first_name"),
    ("customers/", "?tag=Loop", "crm.Customer.first_name"),
    ("find/", "?q=zqfirstna", "crm.Customer.first_name"),
    ("find/", "?q=zqsubject", "crm.Case.subject"),
    ("sale/people/", "?q=zqfirstna", "crm.Customer.first_name"),
    ("sale/people/", "?customer={public_id}", "crm.Customer.first_name"),
    ("customers/<slug:public_id>/merge/", "?q=zqdonefir", "done first"),
    ("customers/groups/<int:pk>/", "?q=zqdonefir", "done first"),
    ("customers/bulk/", "?action=tag&all=1", "crm.Customer.first_name"),
    ("customers/export/", "?kind=csv&all=1", "crm.Customer.first_name"),
    ("customers/<slug:public_id>/", "?kind=note", "note text"),
    ("segments/people/", "?group=champions", "crm.Customer.first_name"),
    ("segments/persona/", "?group=champions", "crm.Customer.first_name"),
    ("segments/s/<str:slug>/search/", "?q=zqfirstna", "crm.Customer.first_name"),
    ("feedback/<str:slug>/answers/", "?comments=1", "feedback.Answer.comment"),
    ("feedback/<str:slug>/answers/", "?segment=loop", "feedback.Answer.comment"),
    ("feedback/<str:slug>/ask/", "?q=zqfirstna", "crm.Customer.first_name"),
    ("feedback/<str:slug>/ask/", "?customer={public_id}", "crm.Customer.first_name"),
    ("campaigns/people/", "?q=zqfirstna", "crm.Customer.first_name"),
    ("campaigns/<name:slug>/look/", "?as={public_id}", "crm.Customer.first_name"),
    ("outbox/", "?q=zq", "crm.Message.to_email"),
    ("outbox/", "?state=sent", "crm.Message.to_email"),
    ("outbox/<int:pk>/", "?view=text", "crm.SandboxMail.raw"),
    ("outbox/<int:pk>/", "?view=headers", "crm.SandboxMail.raw"),
    ("service/", "?q=zqsubject", "crm.Case.subject"),
    ("service/received/", "?state=filed", "crm.ReceivedMail.subject"),
    ("imports/{draft}/columns/", "", "draft first"),
    ("imports/{draft}/check/", "", "draft refused"),
    ("imports/{done}/", "", "done"),
    ("imports/{done}/problems/", "", "done refused"),
    ("imports/{done}/errors/", "", "done refused"),
    ("imports/{done}/undo/", "", "done"),
]


def test_every_text_about_a_person_is_masked_or_said_to_be_open():
    unsaid = [
        f"{model._meta.label}.{field.name}"
        for model in about_people()
        for field in telling(model)
        if field.name not in getattr(model, "PERSONAL", ())
    ]

    assert unsaid == []


def part(client: Client, world: dict[str, str], place: str, query: str) -> set[str]:
    """The planted words in the answer to one of PARTS."""
    return told(everything(client.get(address(place.format(**world), world) + query.format(**world))))


def parts(user: User, world: dict[str, str]) -> dict[str, set[str]]:
    client = signed_in(user)
    return {place + query: part(client, world, place, query) for place, query, _whose in PARTS}


def test_the_owner_reads_in_each_part_what_belongs_there(world, planted, owner):
    found = parts(owner, world)

    wanted = {place + query: planted[whose] for place, query, whose in PARTS}
    assert [place for place, word in wanted.items() if word not in found[place]] == []


def test_analysts_read_no_personal_value_in_any_part(world, planted):
    assert {place: words for place, words in parts(member("analyst"), world).items() if words} == {}


def test_who_sees_only_their_own_reads_no_foreign_value_in_any_part(world, planted):
    found = parts(member("manager", scope="own"), world)

    of_the_shop = {word for name, word in planted.items() if "of the shop" in name}
    assert {place: words - of_the_shop for place, words in found.items() if words - of_the_shop} == {}


def test_a_masked_row_is_not_saved(shop):
    person = make_customer()
    with masking.applied():
        masked = Customer.objects.get(pk=person.pk)

        with pytest.raises(masking.Hidden):
            masked.save()
        with pytest.raises(masking.Hidden):
            Customer.objects.bulk_update([masked], ["first_name"])
    assert masked.name == f"Customer {person.public_id[:4]}"
    assert (masked.email, masked.first_name, masked.birth_date) == ("•••", "•••", None)


def test_what_is_loaded_later_is_masked_too(shop):
    person = make_customer(phone="+4930123456")
    with masking.applied():
        masked = Customer.objects.only("country").get(pk=person.pk)

        assert masked.phone == "•••"
        masked.refresh_from_db()
        assert masked.phone == "•••"
        with pytest.raises(masking.Hidden):
            list(Customer.objects.values_list("email"))


def test_masked_readers_cannot_search_by_what_they_may_not_see(shop):
    person = make_customer(first_name="Grace")
    with masking.applied():
        assert list(Customer.objects.search("grace")) == []
    assert list(Customer.objects.search("grace")) == [person]


def test_masked_lists_are_not_in_the_order_of_names_and_their_marks_tell_none(client, shop):
    Customer.objects.all().delete()
    for n in range(60):
        make_customer(last_name=f"Zq{90 - n}")
    analyst = signed_in(member("analyst"))

    first = analyst.get("/customers/")
    page = first.context["page"]

    assert [row.pk for row in page.rows] == sorted(row.pk for row in page.rows)
    assert masking.active() is False
    assert page.next
    import base64

    assert b"Zq" not in base64.urlsafe_b64decode(page.next + "==")
    assert len(analyst.get(f"/customers/?after={page.next}").context["page"].rows) == 10
