"""Reviews of products: part of an answer about a product, shown when the shop has read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count

from crm.models import Business, Product, PurchaseLine
from crm.models.purchase import counting
from feedback.models import Answer, Review

State = Review.State


@dataclass(frozen=True, slots=True)
class Block:
    """What stands beside a product on the shop's site."""

    product: Product
    n: int
    average: float
    by_stars: Sequence[tuple[int, int, float]]  # Stars, how many, their share.
    reviews: Sequence[Review]


def follow(answer: Answer) -> Review | None:
    """Make the review of an answer about a product, or bring it up to what the customer says now."""
    if answer.product_id is None or answer.score is None or not answer.survey.look.get("reviews"):
        return None
    said: dict[str, Any] = {
        "stars": stars_of(answer),
        "text": answer.comment,
        "language": answer.language,
        "written_at": answer.answered_at,
    }
    known = Review.objects.filter(answer=answer).first()
    if known is not None and all(getattr(known, name) == said[name] for name in ("stars", "text")):
        return known
    made = {
        "product_id": answer.product_id,
        "customer_id": answer.customer_id,
        "shown_name": _shown_name(answer),
        "is_verified": has_bought(answer),
    }
    return Review.objects.update_or_create(
        answer=answer,
        defaults={**said, "state": State.WAITING, "decided_at": None},
        create_defaults={**said, **made},
    )[0]


def stars_of(answer: Answer) -> int:
    """The score on five stars."""
    scale = answer.survey.scale
    assert answer.score is not None
    return 1 + round(4 * (answer.score - scale[0]) / (scale[-1] - scale[0]))


def has_bought(answer: Answer) -> bool:
    """Whether a purchase of this customer that still counts has the product."""
    if answer.customer_id is None:
        return False
    lines = PurchaseLine.objects.filter(product=answer.product_id, purchase__customer=answer.customer_id)
    return lines.filter(counting("purchase__")).exists()


def decide(review: Review, state: str, *, at: datetime) -> bool:
    """Show a review, or do not; whoever decides again changes it. False when it is so already."""
    found = Review.objects.filter(pk=review.pk).exclude(state=state)
    return bool(found.update(state=state, decided_at=at))


def block(product: Product, most: int = 10) -> Block:
    """Stars and the latest reviews of a product, as far as they are shown."""
    shown = Review.objects.filter(product=product, state=State.SHOWN)
    whole = shown.aggregate(n=Count("id"), average=Avg("stars"))
    counts = dict(shown.order_by().values_list("stars").annotate(n=Count("id")))
    n = whole["n"]
    by_stars = [
        (stars, counts.get(stars, 0), counts.get(stars, 0) / n if n else 0.0) for stars in range(5, 0, -1)
    ]
    latest = list(shown.order_by("-written_at", "-id")[:most])
    return Block(product, n, float(whole["average"] or 0), by_stars, latest)


def as_data(found: Block, business: Business) -> dict[str, Any]:
    """The same for search engines, as schema.org has it."""
    about: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": found.product.name,
        "sku": found.product.sku,
        "brand": {"@type": "Brand", "name": business.name},
    }
    if found.n:
        about["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": round(found.average, 1),
            "reviewCount": found.n,
            "bestRating": 5,
            "worstRating": 1,
        }
        about["review"] = [_as_data(one) for one in found.reviews]
    return about


def _as_data(one: Review) -> dict[str, Any]:
    return {
        "@type": "Review",
        "author": {"@type": "Person", "name": one.shown_name or "–"},
        "datePublished": one.written_at.date().isoformat(),
        "reviewBody": one.text,
        "reviewRating": {"@type": "Rating", "ratingValue": one.stars, "bestRating": 5, "worstRating": 1},
    }


def _shown_name(answer: Answer) -> str:
    """The first name and the first letter of the last one: "Ada B."."""
    person = answer.customer
    if person is None or not person.first_name:
        return ""
    return f"{person.first_name} {person.last_name[:1]}{'.' if person.last_name else ''}".strip()[:80]
