"""What a refresh wrote about somebody who was deleted in that very moment."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection

from crm.models import Customer, CustomerTag, Tag
from segments import audience, refresh
from segments.membership import switching
from segments.models import CustomerFeatures, Membership, Segment
from tests.people import NOON, make_customer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite looks each customer up itself"),
]


def test_the_next_refresh_takes_it_away_and_leaves_the_others(shop):
    gone, here = make_customer(), make_customer()
    segment = Segment.objects.create(slug="tea", name="Tea", kind=Segment.Kind.STATIC)
    tag = Tag.objects.create(name="Loyal")
    for one in (gone, here):
        Membership.objects.create(segment=segment, customer=one, entered_at=NOON)
        CustomerTag.objects.create(customer=one, tag=tag)
        CustomerFeatures.objects.create(customer=one, as_of=NOON.date())
    Customer.objects.filter(pk=gone.pk)._raw_delete("default")

    refresh.run(None)

    for model in (Membership, CustomerTag, CustomerFeatures):
        assert list(model.objects.values_list("customer_id", flat=True)) == [here.pk], model


def test_a_deleted_customer_or_segment_takes_its_stays_along():
    one, segment = make_customer(), Segment.objects.create(slug="tea", name="Tea", kind="static")
    Membership.objects.create(segment=segment, customer=one, entered_at=NOON)
    other = Membership.objects.create(segment=segment, customer=make_customer(), entered_at=NOON)

    one.delete()
    assert list(Membership.objects.all()) == [other]

    audience.delete(segment)
    assert not Membership.objects.exists()


def test_who_comes_in_between_by_a_merge_does_not_end_a_rebuild(monkeypatch):
    segment = Segment.objects.create(
        slug="all", name="All", rule={"all": [{"field": "orders", "op": "is", "value": 0}]}
    )
    one = make_customer()
    CustomerFeatures.objects.create(customer=one, as_of=NOON.date())
    run, asked = switching._run, []

    def meets_somebody(sql, params=()):
        asked.append(sql)
        if sql.startswith("INSERT INTO") and switching.MEMBERSHIPS in sql and "ON CONFLICT" not in sql:
            raise IntegrityError("one_open_membership")
        return run(sql, params)

    monkeypatch.setattr(switching, "_run", meets_somebody)

    assert audience.rebuild(segment, at=NOON) == 1
    assert list(Membership.objects.values_list("customer_id", flat=True)) == [one.pk]
    assert sum(switching.MEMBERSHIPS in sql and sql.startswith("INSERT") for sql in asked) == 2
