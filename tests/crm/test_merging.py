from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import close_old_connections, connection

from crm import consent, matching, tagging
from crm.errors import Refusal
from crm.imports import people as imported
from crm.merging.choosing import Wishes
from crm.models import (
    Customer,
    CustomerTag,
    DuplicateMember,
    Mailing,
    Message,
    Purchase,
)
from feedback.models import Answer, Invitation, Survey
from segments.models import Membership, Segment
from tests.crm.merged import group_of, merge
from tests.people import NOON, make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db


def test_the_survivor_has_everything_that_both_had():
    ada = make_customer(first_name="Ada", phone="", city="Kiel", custom={"size": "M"})
    twin = make_customer(first_name="A", phone="+4930901820", city="Bonn", custom={"size": "L", "card": "7"})
    make_purchase(ada, 10)
    make_refund(make_purchase(twin, 30), 5)

    merge(ada, twin)

    ada.refresh_from_db()
    assert not Customer.objects.filter(pk=twin.pk).exists()
    assert (ada.first_name, ada.phone, ada.city) == ("Ada", "+4930901820", "Kiel")
    assert ada.custom == {"size": "M", "card": "7"}
    assert Purchase.objects.filter(customer=ada).count() == 2
    assert ada.refunds.count() == 1


def test_each_value_can_be_chosen_and_a_tag_left_out():
    ada, twin = make_customer(city="Kiel"), make_customer(city="Bonn", external_id="B-2")
    tagging.add(ada, "regular", at=NOON)
    left = tagging.add(twin, "wrong", at=NOON)

    merge(ada, twin, wishes=Wishes({"city": twin.pk, "external_id": twin.pk}, frozenset({left.tag_id})))

    ada.refresh_from_db()
    assert (ada.city, ada.external_id) == ("Bonn", "B-2")
    assert [one.tag.name for one in ada.tags.all()] == ["regular"]


def test_a_no_and_a_block_outlive_every_choice():
    ada, twin = make_customer(), make_customer()
    consent.withdraw(twin, source="test", at=NOON)

    merge(ada, twin, wishes=Wishes({"email": ada.pk}))

    ada.refresh_from_db()
    assert ada.email_consent == "withdrawn"
    assert ada.suppressed_at == NOON
    assert not Customer.objects.contactable().exists()


def test_a_yes_counts_only_for_the_address_it_was_said_for():
    ada = make_customer(email="ada@example.com", email_consent="unknown")
    merge(ada, make_customer(email="other@example.com", email_consent="granted"))

    ada.refresh_from_db()
    assert (ada.email, ada.email_consent) == ("ada@example.com", "unknown")


def test_of_two_equal_tags_one_stays_with_the_larger_weight():
    ada, twin = make_customer(), make_customer()
    tagging.add(ada, "tea", weight=20, at=NOON)
    tagging.add(twin, "tea", weight=80, at=NOON)

    merge(ada, twin)

    assert list(CustomerTag.objects.values_list("customer", "weight")) == [(ada.pk, 80)]


def test_two_answers_to_one_question_both_stay():
    ada, twin = make_customer(), make_customer()
    survey = Survey.objects.create(slug="nps", name="NPS", kind="nps")
    for number, person in enumerate((ada, twin)):
        place = Invitation.objects.create(
            survey=survey, customer=person, source="staff:1", expires_at=NOON + timedelta(days=9)
        )
        Answer.objects.create(survey=survey, customer=person, invitation=place, key=f"{number}", score=9)

    merge(ada, twin)

    assert Answer.objects.filter(customer=ada).count() == 2
    assert Invitation.objects.filter(customer=ada).count() == 1


def test_nobody_gets_a_mailing_twice_because_they_were_two_people():
    ada, twin = make_customer(), make_customer()
    mailing = Mailing.objects.create(source="campaign:1", kind="test", name="Test", purpose="marketing")
    for person in (ada, twin):
        Message.objects.create(mailing=mailing, key=str(person.pk), customer=person, state="queued")

    merge(ada, twin)

    assert sorted(Message.objects.filter(customer=ada).values_list("state", flat=True)) == [
        "queued",
        "skipped",
    ]


def test_members_of_a_list_made_by_hand_stay_on_it():
    ada, twin = make_customer(), make_customer()
    by_hand = Segment.objects.create(slug="vip", name="VIP", kind="static")
    Membership.objects.create(segment=by_hand, customer=twin, entered_at=NOON)

    merge(ada, twin)

    assert Membership.objects.get(segment=by_hand).customer_id == ada.pk


def test_old_keys_lead_to_the_survivor(staff_client):
    ada = make_customer(external_id="A-1", email="ada@example.com")
    twin = make_customer(external_id="A-2", email="countess@example.com", phone="+4930901820")
    last = make_customer(external_id="A-3")
    merge(twin, last)
    merge(ada, twin)

    assert matching.match(external_id="A-3") == ada
    assert matching.match(email="Countess@example.com ") == ada
    assert imported.find(["1:A-2", "2:countess@example.com"]) == {
        "1:A-2": ada.pk,
        "2:countess@example.com": ada.pk,
    }
    answer = staff_client.get(f"/customers/{last.public_id}/")
    assert answer.headers["Location"] == f"/customers/{ada.public_id}/"


def test_a_number_outranks_an_address_and_an_address_a_phone():
    number = make_customer(external_id="A-1", email="a@example.com", phone="")
    address = make_customer(external_id="A-2", email="b@example.com", phone="")
    phone = make_customer(external_id="A-3", email="c@example.com", phone="+4930901820")

    assert matching.match(external_id="A-1", email="b@example.com", phone="+4930901820") == number
    assert matching.match(external_id="new", email="B@example.com", phone="+4930901820") == address
    assert matching.match(email="new@example.com", phone="030 901820", country="DE") == phone
    assert matching.match(email="new@example.com") is None


def test_three_people_merged_by_two_users_at_once_are_merged_once():
    one, two, three = make_customer(), make_customer(), make_customer()
    make_purchase(two)
    make_purchase(three)

    merge(one, two, three)
    with pytest.raises(Refusal, match="quicker"):
        merge(three, two, one)  # The form of somebody else, opened before.

    assert Customer.objects.count() == 1
    assert Purchase.objects.filter(customer=one).count() == 2


def test_a_group_is_decided_once():
    one, two, three = make_customer(), make_customer(), make_customer()
    group = group_of(one, two)
    overlapping = group_of(two, three)

    merge(one, two, group=group)

    members = DuplicateMember.objects.filter(group=overlapping)
    assert {member.customer_id for member in members} == {one.pk, three.pk}
    with pytest.raises(Refusal, match="quicker"):
        merge(one, three, group=group)
    assert Customer.objects.filter(pk=three.pk).exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time anyway")
@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_merges_one_wins_and_nothing_is_lost():
    people = [make_customer() for _ in range(3)]
    for one in people:
        make_purchase(one)
    orders = [people, people[::-1], [people[1], people[2], people[0]], [people[2], people[0]]]
    outcomes: list[str] = []
    start = threading.Barrier(len(orders))

    def work(order: list[Customer]) -> None:
        start.wait()
        try:
            merge(*order)
            outcomes.append("merged")
        except Refusal as refusal:
            outcomes.append(str(refusal))
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=work, args=[order]) for order in orders]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert outcomes.count("merged") in (1, 2)  # The pair first, then three that are no longer three.
    assert all("quicker" in one for one in outcomes if one != "merged")
    assert Purchase.objects.filter(customer__isnull=False).count() == 3
    assert Purchase.objects.filter(customer__in=Customer.objects.all()).count() == 3
