from __future__ import annotations

import pytest

from crm import tagging
from crm.models import Tag
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def test_tagging_again_changes_the_weight():
    customer = make_customer()
    tagging.add(customer, "VIP", at=NOON)

    tagging.add(customer, " vip ", weight=40, at=NOON)

    assert [(one.tag.name, one.weight) for one in customer.tags.all()] == [("VIP", 40)]
    assert Tag.objects.count() == 1


def test_taking_off_touches_only_this_customer():
    one, other = make_customer(), make_customer()
    tag = tagging.add(one, "VIP", at=NOON).tag
    tagging.add(other, "VIP", at=NOON)

    assert tagging.remove(one, tag.pk)
    assert not tagging.remove(one, tag.pk)
    assert other.tags.count() == 1
