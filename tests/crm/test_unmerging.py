"""A merge is taken back: everybody is as before, and what came later stays."""

from __future__ import annotations

import pytest
from django.db.models import Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import consent, merging, tagging
from crm.errors import Refusal
from crm.merging.choosing import Wishes
from crm.models import (
    Case,
    Consent,
    Customer,
    CustomerAlias,
    CustomerMerge,
    CustomerTag,
    DifferentPeople,
    DuplicateGroup,
    DuplicateMember,
    Interaction,
    Journal,
    Mailing,
    Message,
    Purchase,
    Tag,
)
from feedback.models import Answer, Invitation, Survey
from segments.models import Membership, Segment
from tests.crm.merged import dump, merge, pointing_at
from tests.people import NOON, make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db


def test_what_came_after_the_merge_stays_with_the_survivor():
    ada, twin = make_customer(), make_customer()
    old = make_purchase(twin)
    done = merge(ada, twin)
    later = make_purchase(ada)

    merging.unmerge(done, by=None, at=NOON)

    assert Purchase.objects.get(pk=old.pk).customer_id == twin.pk
    assert Purchase.objects.get(pk=later.pk).customer_id == ada.pk
    assert not CustomerAlias.objects.exists()


def test_tags_by_model_are_given_anew_and_do_not_keep_a_merge_from_being_taken_back():
    ada, twin = make_customer(), make_customer()
    loyal = Tag.objects.create(name="Loyal")
    CustomerTag.objects.create(customer=twin, tag=loyal, source="model", weight=60)

    done = merge(ada, twin)
    assert not CustomerTag.objects.exists()
    CustomerTag.objects.create(customer=ada, tag=loyal, source="model", weight=80)  # By the next refresh.
    merging.unmerge(done, by=None, at=NOON)

    assert not CustomerTag.objects.exists()
    assert Customer.objects.count() == 2


def test_merges_on_top_of_each_other_are_taken_back_from_the_top():
    one, two, three = make_customer(external_id="1"), make_customer(external_id="2"), make_customer()
    before = dump()
    first = merge(one, two)
    second = merge(three, one)

    with pytest.raises(Refusal):
        merging.unmerge(first, by=None, at=NOON)
    merging.unmerge(second, by=None, at=NOON)
    merging.unmerge(first, by=None, at=NOON)
    with pytest.raises(Refusal, match="already"):
        merging.unmerge(first, by=None, at=NOON)

    assert dump() == before


KINDS = (
    "purchase", "refund", "tag", "note", "consent", "message", "case", "invitation", "answer", "membership",
    "different", "group", "alias",
)  # fmt: skip


children = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3), st.integers(0, 2)), max_size=25)


@given(children=children, survivor=st.integers(0, 2), chosen=st.integers(0, 2))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_parting_leaves_everything_as_it_was_before_the_merge(children, survivor, chosen):
    for model in (Customer, Mailing, Survey, Segment, DuplicateGroup, CustomerMerge, Journal):
        model.objects.all().delete()
    people = [make_customer(external_id=f"E{n}", custom={"n": n}) for n in range(4)]
    for number, (kind, whose, which) in enumerate(children):
        give(kind, people, whose, which, number)
    before, counted = dump(), rows_about(people)
    order = [people[(survivor + n) % 3] for n in range(3)]

    done = merge(*order, wishes=Wishes({"email": people[chosen].pk, "external_id": people[chosen].pk}))

    assert sum(pointing_at(one.pk) != {} for one in order[1:]) == 0
    assert rows_about([order[0], people[3]]) == counted
    merging.unmerge(done, by=None, at=NOON)
    assert dump() == before


def rows_about(people: list[Customer]) -> dict[str, int]:
    """Counts of what must never get lost."""
    models: list[type[Model]] = [Purchase, Interaction, Consent, Message, Case, Answer]
    return {
        model._meta.label: model._base_manager.filter(customer__in=[one.pk for one in people]).count()
        for model in models
    }


def give(kind: str, people: list[Customer], whose: int, which: int, number: int) -> None:
    """One child of a kind; `which` makes unique constraints meet."""
    person = people[whose]
    survey = Survey.objects.get_or_create(slug="s", defaults={"name": "S", "kind": "nps"})[0]
    match kind:
        case "purchase":
            make_purchase(person, number + 1)
        case "refund":
            make_refund(make_purchase(person, 20), 5)
        case "tag":
            tagging.add(person, f"tag {which}", weight=number, at=NOON)
        case "note":
            Interaction.objects.create(customer=person, kind="note", at=NOON, source="staff", key=f"{number}")
        case "consent":
            consent.withdraw(person, source="test", at=NOON)
        case "message":
            box = Mailing.objects.get_or_create(
                source=f"t:{which}", defaults={"kind": "t", "purpose": "marketing"}
            )[0]
            Message.objects.create(
                mailing=box, key=f"{number}", customer=person, state=("queued", "sent")[number % 2]
            )
        case "case":
            Case.objects.create(customer=person, subject="Help")
        case "invitation" | "answer":
            place, _ = Invitation.objects.get_or_create(
                survey=survey, customer=person, source=f"x:{which}", defaults={"expires_at": NOON}
            )
            if kind == "answer" and not Answer.objects.filter(invitation=place).exists():
                Answer.objects.create(
                    survey=survey, customer=person, invitation=place, key=f"{number}", score=5
                )
        case "membership":
            list_ = Segment.objects.get_or_create(
                slug=f"l{which}", defaults={"name": "L", "kind": ("static", "rule")[which % 2]}
            )[0]
            Membership.objects.get_or_create(
                segment=list_, customer=person, left_at=None, defaults={"entered_at": NOON}
            )
        case "different":
            DifferentPeople.objects.get_or_create(one=person, other=people[(whose + which + 1) % 4])
        case "group":
            DuplicateGroup.objects.filter(key=f"g{which}").exists() or group_named(f"g{which}", people, which)
        case "alias":
            CustomerAlias.objects.get_or_create(
                kind="email", value=f"old{which}@example.com", customer=person
            )


def group_named(key: str, people: list[Customer], which: int) -> None:
    group = DuplicateGroup.objects.create(key=key, confidence=0.8)
    members = people[which : which + 2] if which else people[:3]
    DuplicateMember.objects.bulk_create([DuplicateMember(group=group, customer=one) for one in members])
