"""Reviews of products: part of the same answers, shown once the shop let them through."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from crm.models import Product
from feedback import telling
from feedback.models import Answer, Invitation, Review
from tests.feedback.surveys import make_invitation, make_survey, path_of
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def test_from_the_answer_to_the_block_on_the_website(client, staff_client, shop):
    tea = Product.objects.create(sku="tea-1", name="Sencha <best>")
    survey = make_survey(kind="csat", look={"reviews": True})
    invitation = make_invitation(
        survey, make_customer(first_name="Ada", last_name="Byron"), at=timezone.now()
    )
    Invitation.objects.update(product=tea)
    client.post(path_of(invitation), {"score": "4", "comment": "Lovely <b>tea</b>"})
    telling.tell_news()
    review = Review.objects.get()

    before = client.get("/reviews/tea-1").text
    waiting = staff_client.get("/feedback/reviews/").text
    staff_client.post(f"/feedback/reviews/{review.pk}/decide/", {"to": "shown", "reply": "Thank you!"})
    page = client.get("/reviews/tea-1?lang=zh-hans")
    data = json.loads(client.get("/reviews/tea-1/data").text)

    assert "No reviews yet" in before
    assert "Lovely &lt;b&gt;tea&lt;/b&gt;" in waiting
    assert "Ada B." in page.text
    assert "Lovely &lt;b&gt;tea" in page.text
    assert "Thank you!" in page.text
    assert "X-Frame-Options" not in page.headers
    assert data["aggregateRating"] == {
        "@type": "AggregateRating",
        "ratingValue": 4.0,
        "reviewCount": 1,
        "bestRating": 5,
        "worstRating": 1,
    }
    assert client.get("/reviews/none").status_code == 404
    assert "data-sku" in staff_client.get("/feedback/reviews/").text


def test_a_changed_review_waits_again_and_only_buyers_are_marked(client, shop):
    tea = Product.objects.create(sku="tea-1", name="Sencha")
    survey = make_survey(kind="csat", look={"reviews": True})
    invitation = make_invitation(survey, at=timezone.now())
    Invitation.objects.update(product=tea)
    client.post(path_of(invitation), {"score": "5", "comment": "Good"})
    telling.tell_news()
    Review.objects.update(state="shown")

    client.post(path_of(invitation), {"score": "5", "comment": "Good"})
    telling.tell_news()
    kept = Review.objects.get().state
    client.post(path_of(invitation), {"score": "1", "comment": "Bad"})
    telling.tell_news()

    review = Review.objects.get()
    assert kept == "shown"
    assert (review.state, review.stars, review.is_verified) == ("waiting", 1, False)
    assert Answer.objects.count() == 1
