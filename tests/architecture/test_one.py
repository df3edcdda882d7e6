"""A shop of one customer with one order reads “1 order”, never “1 orders”, on every page and fragment."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.management.commands.update_messages import found_strings
from crm.models import Customer, DuplicateGroup, Purchase, PurchaseLine, User
from segments import audience, refresh
from segments.models import Segment
from tests.architecture.test_alone import Words
from tests.architecture.world import OWNER, PK, Seen, walked
from tests.people import make_product, make_purchase

pytestmark = pytest.mark.django_db
COUNTED = (
    "orders|days|weeks|months|years|hours|minutes|customers|people|buyers|members|persons|purchases|products"
    "|mails|messages|recipients|answers|questions|comments|surveys|cases|articles|tasks|rows|columns|cells|files"
    "|segments|clusters|groups|campaigns|tags|fields|times|points|clicks|visits|baskets|events|reviews|others"
    "|are|were|have"
)
# Limits, numbers of clusters, people a test needs, figures with a decimal, and what is no number.
NEVER_ONE = set("most limit least minimum few k width needed times gaps share when a".split())  # noqa: SIM905
OFTEN = (  # What such texts count is never one, or is written with a decimal.
    "%(language)s: learned from",
    "%(low)d to %(high)d days ago",
    "%(points)s points against the other comments",
    "A new customer brought",
    "Choose at most %(count)d people",
    "Clearly ",
    "Each is worth",
    "Fitted on",
    "For one customer it was off by",
    "In truth the difference lies between",
    "Learned from",
    "More of them would warn others",
    "New customers of the last",
    "Of %(n)s people:",
    "Shown are the %(shown)d largest",
    "Silhouette, from",
    "Tested on the last orders",
    "The newest %(n)s are shown.",
    "The smallest cluster has %(size)s people",
    "Their satisfaction is",
    "This picture has",
)
FIXED = re.compile(rf"%\((\w+)\)[sd](?:</?\w+[^>]*>|\s)+(?:{COUNTED})\b")
WRONG = re.compile(rf"(?<![\d.,/–:-])\b1 (?:{COUNTED})\b")


@pytest.fixture(scope="module")
def single(_world, django_db_blocker) -> list[Seen]:
    """Every page as the owner, when there is one of each thing."""
    with django_db_blocker.unblock(), transaction.atomic():
        customer = Customer.objects.get(public_id=_world["public_id"])
        DuplicateGroup.objects.all().delete()
        Customer.objects.exclude(pk=customer.pk).delete()
        PurchaseLine.objects.all().delete()
        Purchase.objects.all().delete()
        yesterday = timezone.now() - timedelta(days=1)
        make_purchase(customer, at=yesterday, product=make_product())
        audience.add(Segment.objects.get(pk=PK), [customer.pk], at=yesterday)
        rule = {"field": "orders", "op": ">=", "value": 1}
        Segment.objects.create(slug="buyers", name="Buyers", kind="rule", rule=rule)
        refresh.run(None)
        seen = list(walked(User.objects.get(email=OWNER), _world, "get", "fragment"))
        transaction.set_rollback(True)
    return seen


def said(seen: Seen) -> set[str]:
    parser = Words()
    parser.feed(seen.text)
    text = " ".join(" ".join(parser.found).split())
    return {text[max(0, found.start() - 40) : found.end() + 40] for found in WRONG.finditer(text)}


def test_nobody_reads_of_one_orders(single):
    assert not [str(one) for one in single if one.what == "broken"]
    assert {str(one): words for one in single if (words := said(one))} == {}


def test_no_text_has_a_fixed_plural_behind_a_number():
    found = {text for _file, _line, text, _context in found_strings(settings.BASE_DIR)}
    texts = [text for text in found if isinstance(text, str) and not text.startswith(OFTEN)]

    assert {text for text in texts if set(FIXED.findall(text)) - NEVER_ONE} == set()
