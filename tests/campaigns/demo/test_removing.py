from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.apps import apps

from campaigns.demo import analysing, loading, removing
from campaigns.models import Campaign, Snippet
from crm.models import Business, Customer, CustomField, Product, Purchase, Sender, Suppression, Tag, User
from feedback.models import Survey
from segments.models import Segment
from tests.people import make_customer, make_purchase

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_nothing_at_all_is_left_of_it(owner):
    loading.load(NOW, count=150)
    analysing.analyse()

    removing.remove(keep_user=owner)

    left = {
        model.__name__: model._default_manager.count()
        for app in ("crm", "segments", "feedback", "campaigns")
        for model in apps.get_app_config(app).get_models()
    }
    left.pop("AuditEntry")  # That something was done stays written down.
    assert {name: n for name, n in left.items() if n} == {
        "Business": 1,
        "BusinessHours": 1,  # The usual ones of every shop, made on first use.
        "ContactRules": 1,
        "Purpose": 1,
        "User": 1,
    }


def test_it_says_beforehand_how_much_goes():
    loading.load(NOW, count=150)

    planned = removing.what_goes()

    assert planned["customers"] == 150
    assert planned["purchases"] == Purchase.objects.count()
    assert planned["campaigns"] == 8
    assert removing.remove(keep_user=None) == planned


def test_what_people_made_themselves_stays(owner):
    loading.load(NOW, count=150)
    own = make_customer(first_name="Real")
    tea = Product.objects.get(sku="HL-T01")
    bought = make_purchase(own, 12, product=tea)
    mine = Segment.objects.create(
        slug="mine",
        name="Mine",
        rule={"all": [{"not": {"in_segment": "sleeping"}}, {"in_segment": "unhappy"}]},
    )
    letter = Campaign.objects.create(
        slug="own", name="Own", subject="Hi", mjml="<mjml/>", survey=Survey.objects.get(slug="recommend")
    )
    letter.include.add(Segment.objects.get(slug="tea-lovers"))

    removing.remove(keep_user=owner)

    assert list(Customer.objects.all()) == [own]
    assert list(Purchase.objects.all()) == [bought]
    assert list(Product.objects.all()) == [tea]
    assert set(Segment.objects.values_list("slug", flat=True)) == {
        "mine",
        "sleeping",
        "unhappy",
        "tea-lovers",
    }
    assert list(Campaign.objects.all()) == [letter]
    assert list(letter.include.values_list("slug", flat=True)) == ["tea-lovers"]
    assert list(Survey.objects.values_list("slug", flat=True)) == ["recommend"]
    assert mine.pk


def test_a_snippet_and_a_sender_that_a_campaign_needs_stay():
    loading.load(NOW, count=20)
    letters = Sender.objects.get(name="Letters")
    own = Campaign.objects.create(
        slug="own", name="Own", subject="Hi", mjml='{% snippet "greeting" %}', sender=letters
    )

    removing.remove(keep_user=None)

    assert list(Campaign.objects.all()) == [own]
    assert list(Snippet.objects.values_list("name", flat=True)) == ["greeting"]
    assert list(Sender.objects.all()) == [letters]


def test_a_tag_that_a_real_customer_wears_stays():
    loading.load(NOW, count=150)
    own = make_customer()
    own.tags.create(tag=Tag.objects.get(name="neighbour"))

    removing.remove(keep_user=None)

    assert list(Tag.objects.values_list("name", flat=True)) == ["neighbour"]
    assert not CustomField.objects.exists()
    assert not Suppression.objects.exists()


def test_the_last_owner_is_never_removed():
    loading.load(NOW, count=20)
    boss = User.objects.get(email="owner@example.com")

    removing.remove(keep_user=boss)

    assert User.objects.filter(email="owner@example.com").exists()
    assert Business.current().name == "My shop"


def test_invented_accounts_go_when_a_real_owner_is_there():
    loading.load(NOW, count=20)
    real = User.objects.create_user("me@teahouse.example", "steep-leaves-4", role="owner")

    removing.remove(keep_user=real)

    assert list(User.objects.all()) == [real]


def test_a_profile_that_the_owner_wrote_stays():
    loading.load(NOW, count=20)
    Business.objects.update(name="My real shop", postal_address="1 Harbour Road")

    removing.remove(keep_user=None)

    assert Business.current().name == "My real shop"
    assert Business.current().postal_address == "1 Harbour Road"
