from __future__ import annotations

import pytest

from crm.models import Product
from segments.models import Membership, ScoringRun, Segment
from segments.recommending import affinities
from tests.people import NOON, make_customer, make_product, make_purchase

pytestmark = pytest.mark.django_db


def sell_together(*names, times=7):
    for _ in range(times):
        purchase = make_purchase(make_customer(), product=make_product(names[0]))
        for name in names[1:]:
            purchase.lines.create(product=make_product(name), fingerprint=name)


def text(client, address):
    return " ".join(client.get(address).content.decode().split())


def test_pairs_are_told_in_a_sentence_and_found_by_words(owner_client):
    sell_together("Teapot", "=Strainer")
    sell_together("Bread", times=20)
    affinities.calculate()

    page = text(owner_client, "/segments/recommendations/")
    nothing = text(owner_client, "/segments/recommendations/?q=grinder")
    sheet = b"".join(
        owner_client.get("/segments/recommendations/pairs.csv?q=teapot").streaming_content
    ).decode()

    assert "also buys" in page
    assert "3.9 times as often as usual" in page
    assert "Too few customers came back to judge" in page
    assert "No pair matches" in nothing
    assert "'=Strainer" in sheet
    assert len(sheet.splitlines()) == 2


def test_a_list_cut_at_the_most_that_is_kept_says_so(owner_client, monkeypatch):
    sell_together("Teapot", "Strainer")
    sell_together("Bread", "Butter", times=9)
    affinities.calculate()
    whole = text(owner_client, "/segments/recommendations/")
    monkeypatch.setattr(affinities, "MOST_PAIRS", 1)
    affinities.calculate()

    page = text(owner_client, "/segments/recommendations/")

    assert "2 pairs go together" in whole
    assert "Kept are" not in whole
    assert "1 pair goes together" in page
    assert "Kept are the 1 pairs in most baskets." in page


def test_without_a_calculation_every_card_says_when_it_comes(owner_client):
    customer = make_customer()
    product = make_product()
    Segment.objects.create(slug="tea", name="Tea", kind="static")

    assert "Nothing is calculated yet" in text(owner_client, "/segments/recommendations/")
    for address in (f"suggestions/{customer.public_id}", f"with/{product.pk}", "s/tea/favourites"):
        assert "once recommendations are calculated" in text(owner_client, f"/segments/{address}/")


def test_the_button_asks_for_one_calculation(owner_client):
    owner_client.post("/segments/recommendations/now/")
    response = owner_client.post("/segments/recommendations/now/", headers={"HX-Request": "true"})

    assert "The calculation is waiting." in response.content.decode()
    assert ScoringRun.objects.filter(kind="recommend").count() == 1


def test_customer_product_and_segment_show_their_cards(owner_client):
    sell_together("Teapot", "Strainer", times=12)
    sell_together("Bread", times=40)
    lovers = Segment.objects.create(slug="lovers", name="Lovers", kind="static", member_count=12)
    for line in make_product("Teapot").lines.select_related("purchase"):
        Membership.objects.create(segment=lovers, customer_id=line.purchase.customer_id, entered_at=NOON)
    customer = make_purchase(make_customer(), product=make_product("Teapot")).customer
    affinities.calculate()

    teapot = Product.objects.get(name="Teapot")

    assert "because they bought Teapot" in text(owner_client, f"/segments/suggestions/{customer.public_id}/")
    assert "Strainer" in text(owner_client, f"/segments/with/{teapot.pk}/")
    assert "Teapot" in text(owner_client, "/segments/s/lovers/favourites/")


def test_a_product_is_changed_and_the_change_is_kept(owner_client):
    product = make_product("Postage")
    said = {"name": "Postage", "category": "Paper", "price": "2", "nature": "once"}

    before = text(owner_client, f"/products/{product.pk}/")
    owner_client.post(f"/products/{product.pk}/edit/", said)
    bad = owner_client.post(f"/products/{product.pk}/edit/", {**said, "name": ""})

    product.refresh_from_db()
    assert "Its name says postage" in before
    assert (product.nature, product.is_in_stock, bad.status_code) == ("once", False, 422)
    assert "recommended to nobody" in text(owner_client, f"/products/{product.pk}/")


def test_the_list_of_pairs_asks_the_same_however_many(owner_client, django_assert_max_num_queries):
    for number in range(4):
        sell_together(f"Pot {number}", f"Lid {number}")
    affinities.calculate()

    with django_assert_max_num_queries(14):
        owner_client.get("/segments/recommendations/")
