from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from crm import ledger, merging, privacy, tagging
from crm.models import Customer, CustomerTag, Interaction, Tag, User
from segments import audience, refresh
from segments.following import follower
from segments.lifecycle import stages
from segments.model_tags import giving, words
from segments.model_tags.catalogue import CLASSES
from segments.models import LifecycleChoice, Membership, ModelTag, Segment, Touched
from tests.crm.importing import bring_text
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 15)
CROWD = 30


def noon(days_ago: int) -> datetime:
    return datetime.combine(DAY - timedelta(days=days_ago), time(12), tzinfo=UTC)


def bought(name: str, *days_ago: int, amount: int = 20, coupons: int = 0) -> Customer:
    customer = make_customer(last_name=name)
    for place, ago in enumerate(days_ago):
        make_purchase(customer, amount, at=noon(ago), coupon="SALE" if place < coupons else "")
    return customer


def crowd(count: int = CROWD) -> None:
    """Bought once 90 days ago; five of them with coupons and five who gave something back."""
    stages.choose(LifecycleChoice(active_days=60, lost_days=180, loyal_orders=3))
    for n in range(count):
        customer = make_customer(last_name=f"crowd {n}")
        sale = make_purchase(customer, 20, at=noon(90), coupon="SALE" if n < 5 else "")
        if n >= count - 5:
            make_refund(sale, 2, at=noon(80))


def tags_of(name: str) -> dict[str, int]:
    uses = CustomerTag.objects.filter(customer__last_name=name)
    return dict(uses.values_list("tag__name", "weight"))


def test_each_class_is_given_with_the_score_worked_out_by_hand(shop):
    crowd()
    bought("three", 100, 50, 10)
    bought("six", 100, 90, 80, 50, 40, 30)
    bought("silent", 120, 300)
    bought("gone", 360)
    bought("fresh", 12)
    bought("thrifty", 100, 90, 80, 75, 70, coupons=4)
    back = bought("back", 100, 90, 80, 70)
    for sale in list(back.purchases.order_by("bought_at")[:2]):
        make_refund(sale, 5, at=noon(60))
    debtor = bought("debtor", 90)
    ledger.record(
        Interaction(customer=debtor, kind=kind, at=noon(5), source="shop", key=kind)
        for kind in ("chargeback", "payment_failed")
    )

    refresh.run(None, as_of=DAY)

    # Limits: active 60 days, lost 180, loyal 3 orders, discounts 60 %, given back 30 %, one payment.
    assert tags_of("three")["loyal"] == 50  # 100 − 100 · ½^(3/3)
    assert tags_of("six")["loyal"] == 75  # 100 − 100 · ½^(6/3)
    assert tags_of("silent")["sleeping"] == 75  # 50 + 50 · (120 − 60) / (180 − 60 + 1) = 74.8
    assert tags_of("gone")["lost"] == 75  # 100 − 50 · 180 / 360
    assert tags_of("fresh")["new"] == tags_of("fresh")["active"] == 90  # 100 − 50 · 12 / 60
    assert tags_of("thrifty")["price-sensitive"] == 75  # 50 + 50 · (0.8 − 0.6) / 0.4
    assert tags_of("back")["often sends back"] == 65  # 50 + 50 · (0.5 − 0.3) / 0.7 = 64.3
    assert tags_of("debtor")["risky payer"] == 75  # 100 − 100 · ½^(2/1)
    assert "lost" not in tags_of("silent")
    assert "sleeping" not in tags_of("gone")
    assert tags_of("crowd 20") == {"sleeping": 60}  # 50 + 50 · 30 / 121 = 62.4


def test_among_few_buyers_nobody_gets_one_and_the_page_says_why(shop, owner_client):
    crowd(count=giving.ENOUGH - 1)

    refresh.run(None, as_of=DAY)

    assert not CustomerTag.objects.exists()
    assert "too few to compare them" in owner_client.get("/segments/tags/").content.decode()


def test_a_word_of_a_person_stands_and_only_changes_are_written(shop):
    crowd()
    mine, theirs = bought("mine", 10), bought("theirs", 10)
    tagging.add(mine, "Active", weight=7, at=noon(0), reason="She said so")
    refresh.run(None, as_of=DAY)
    before = dict(CustomerTag.objects.values_list("pk", "tagged_at"))

    refresh.run(None, as_of=DAY)
    refresh.run(None, as_of=DAY + timedelta(days=60))

    own = CustomerTag.objects.get(customer=mine, tag__name="Active")
    assert (own.weight, own.source, own.reason) == (7, "person", "She said so")
    assert Tag.objects.filter(name__iexact="active").count() == 1
    assert not CustomerTag.objects.filter(customer=theirs, tag__name="Active").exists()
    kept = dict(CustomerTag.objects.filter(pk__in=before).values_list("pk", "tagged_at"))
    assert kept.items() <= before.items()


def test_off_deleted_and_merged_classes_leave_nothing_behind(shop):
    crowd()
    bought("fresh", 12)
    refresh.run(None, as_of=DAY)
    sleeping, new = (ModelTag.objects.get(code=code) for code in ("sleeping", "new"))

    giving.switch(sleeping, on=False)
    Tag.objects.get(name="active").delete()
    tagging.merge(new.tag, Tag.objects.create(name="fresh ones"))
    refresh.run(None, as_of=DAY)

    assert tags_of("crowd 20") == {}
    assert "active" not in tags_of("fresh")
    assert "new" not in tags_of("fresh")
    assert "fresh ones" not in tags_of("fresh")
    assert set(ModelTag.objects.filter(is_on=False).values_list("code", flat=True)) == {
        "sleeping", "active", "new",
    }  # fmt: skip


def test_an_erased_customer_loses_them_and_never_gets_one_again(shop):
    crowd()
    three = bought("three", 100, 50, 10)
    refresh.run(None, as_of=DAY)
    before = CustomerTag.objects.filter(customer=three).exists()

    privacy.erase(three, by=None, at=noon(0))
    gone = not CustomerTag.objects.filter(customer=three).exists()
    refresh.run(None, as_of=DAY)

    assert (before, gone) == (True, True)
    assert not CustomerTag.objects.filter(customer=three).exists()


def test_merged_customers_have_the_tags_of_one_and_parted_again_those_of_two(shop):
    crowd()
    one, other = bought("one", 100, 50), bought("other", 90, 10)
    tagging.add(other, "Sleeping", weight=7, at=noon(0), reason="He said so")
    refresh.run(None, as_of=DAY)
    apart = tags_of("one"), tags_of("other")

    merge = merging.merge([one.pk, other.pk], by=None, at=noon(0))
    refresh.run(None, as_of=DAY)
    together = tags_of("one")
    by_hand = CustomerTag.objects.get(customer=one, tag__name="Sleeping")
    merging.unmerge(merge, by=None, at=noon(0))
    refresh.run(None, as_of=DAY)

    assert (by_hand.weight, by_hand.reason) == (7, "He said so")
    assert together["loyal"] == 60  # 100 − 100 · ½^(4/3) = 60.3
    assert "loyal" not in apart[0] | apart[1]
    assert (tags_of("one"), tags_of("other")) == apart


def test_a_new_purchase_gives_and_takes_tags_and_moves_segments_that_ask_for_them(shop):
    now = timezone.now()
    stages.choose(LifecycleChoice(active_days=60, lost_days=180, loyal_orders=3))
    people = [make_customer(last_name=f"crowd {n}") for n in range(giving.ENOUGH)]
    for customer in people:
        make_purchase(customer, 20, at=now - timedelta(days=90))
    rule = {"all": [{"field": "tag.loyal", "op": ">=", "value": 50}]}
    refresh.run(None)
    before = tags_of("crowd 0")
    Tag.objects.get_or_create(name="loyal")
    segment = Segment.objects.create(name="Loyal", slug="loyal", rule=rule)
    refresh.run(None)

    for days in (3, 2):
        make_purchase(people[0], 20, at=now - timedelta(days=days))
    follower.follow()

    assert before == {"sleeping": 60}
    assert set(tags_of("crowd 0")) == {"active", "loyal"}
    assert list(audience.members(segment)) == [people[0]]
    assert tags_of("crowd 1") == {"sleeping": 60}
    assert not Touched.objects.exists()


def test_rules_find_a_tag_by_its_score_in_the_same_refresh(shop):
    crowd()
    bought("three", 100, 50, 10)
    bought("six", 100, 90, 80, 50, 40, 30)
    refresh.run(None, as_of=DAY)
    rule = {"all": [{"field": "tag.loyal", "op": ">=", "value": 70}]}
    segment = Segment.objects.create(name="Loyal indeed", slug="loyal", rule=rule)

    refresh.run(None, as_of=DAY)

    inside = Membership.objects.filter(segment=segment, left_at=None)
    assert list(inside.values_list("customer__last_name", flat=True)) == ["six"]
    assert audience.members(segment).count() == 1


def test_the_reason_is_told_in_the_language_of_the_reader(shop, owner_client):
    crowd()
    three = bought("three", 100, 50, 10)
    refresh.run(None, as_of=DAY)

    english = owner_client.get(f"/segments/customer/{three.public_id}/").content.decode()
    chinese = owner_client.get(
        f"/segments/customer/{three.public_id}/", headers={"accept-language": "zh-hans"}
    ).content.decode()

    assert "3 orders, the last on" in english
    assert "3 笔订单，最近一笔在" in chinese
    assert "=model" not in english + chinese
    assert words.say("What a person wrote") == "What a person wrote"


def test_the_page_shows_how_many_would_have_a_tag_before_it_is_saved(shop, owner_client):
    crowd()
    bought("three", 100, 50, 10)
    bought("six", 100, 90, 80, 50, 40, 30)
    refresh.run(None, as_of=DAY)
    asked = {f"on_{row.code}": "on" for row in giving.classes()} | {"limit_loyal": "5"}

    shown = owner_client.post("/segments/tags/", {**asked, "act": "preview"}).content.decode()
    still = ModelTag.objects.get(code="loyal").limit
    wrong = owner_client.post("/segments/tags/", {**asked, "limit_loyal": "1", "act": "save"})
    owner_client.post("/segments/tags/", {**asked, "act": "save"})

    part = shown.split('id="class-loyal"')[1].split("</section>")[0]
    assert "2 customers now" in part
    assert "then 1" in part
    assert still is None
    assert wrong.status_code == 422
    assert ModelTag.objects.get(code="loyal").limit == 5


def test_a_refresh_of_everyone_takes_up_itself_what_it_gave(shop):
    crowd()

    refresh.run(None)

    assert CustomerTag.objects.filter(source="model").exists()
    assert not Touched.objects.exists()


def test_the_name_the_program_gave_is_said_in_the_readers_language(shop, owner, owner_client):
    crowd()
    bought("six", 100, 90, 80, 50, 40, 30)
    refresh.run(None, as_of=DAY)
    loyal = Tag.objects.get(name="loyal")
    customer = Customer.objects.get(last_name="six")
    renamed = Tag.objects.get(name="sleeping")
    Tag.objects.filter(pk=renamed.pk).update(name="our dreamers")

    User.objects.filter(pk=owner.pk).update(language="zh-hans")
    page = owner_client.get(customer.get_absolute_url()).content.decode()
    tags = owner_client.get("/customers/tags/").content.decode()
    rules = owner_client.get("/segments/new/").content.decode()

    with override("zh-hans"):
        said = str(CLASSES["loyal"].name)
    assert said != "loyal"
    for text in (page, tags):
        assert f"{said}" in text
        assert ">loyal<" not in text
    assert "our dreamers" in tags  # Renamed by hand: as it was renamed.
    assert f"?tag={loyal.name}" in page  # Addresses and rules keep the name that is stored.
    assert said in rules
    assert "tag.loyal" in rules


def test_the_name_in_another_language_is_the_same_tag(shop, tmp_path):
    tag = Tag.objects.create(name="loyal")
    customer = make_customer(external_id="K1")
    with override("zh-hans"):
        said = str(CLASSES["loyal"].name)

    by_hand = tagging.add(customer, said, at=noon(0))
    bring_text(tmp_path, "customers", f"customer,tags\nK2,{said}\n")

    assert by_hand.tag == tag
    assert list(Tag.objects.values_list("name", flat=True)) == ["loyal"]
    assert CustomerTag.objects.filter(tag=tag).count() == 2
