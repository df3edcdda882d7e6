"""Fill an empty database with the invented shop: the same for the same day and seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.demo import groups, guidance, history
from campaigns.demo.catalogue import ARTICLES, USED_UP
from campaigns.demo.letters import LETTERS, Sending, post, purchases_after
from campaigns.demo.people import Person, invent
from campaigns.demo.sales import Till, visits
from crm.errors import Refusal
from crm.models import Business, Customer, Product, Purchase, User

PEOPLE = 3000
SEED = 2
NAME = "Harbour & Leaf"
PROFILE = {
    "name": NAME,
    "currency": "EUR",
    "time_zone": "Europe/Dublin",
    "language": "en",
    "postal_address": "12 Invented Quay, Harbour Town (this shop is invented)",
    "from_name": NAME,
    "from_email": "hello@example.com",
    "reply_to": "hello@example.com",
    "website": "https://example.com/",
}
OWNER, STAFF, PASSWORD = "owner@example.com", "sam@example.com", "closeknit-demo"


def is_loaded() -> bool:
    return Product.objects.filter(is_demo=True).exists()


def has_own_data() -> bool:
    """Whether anything stands here that is not invented."""
    sales = Purchase.objects.exclude(key__startswith="demo:")
    return Customer.objects.filter(is_demo=False).exists() or sales.exists()


@transaction.atomic
def load(now: datetime, *, count: int = PEOPLE, seed: int = SEED) -> dict[str, Any]:
    """Make people, purchases, letters and answers; refused where real data stand. Loads once."""
    if is_loaded():
        return {**_counts(), "already_loaded": True}
    if has_own_data():
        raise Refusal(
            _("There are real customers or purchases here. The invented shop needs an empty place.")
        )
    business = _profile(now)
    author = _accounts()
    at = now.astimezone(business.zone)
    rngs = np.random.default_rng(seed).spawn(7)
    people = invent(rngs[0], count, at.date())
    posted = {one.slug: post(rngs[1], one, people, at.date(), business.zone) for one in LETTERS}
    _save_people(people)
    history.keep_consents(people, business.zone)
    _sell(rngs[2], people, posted, at, business)
    groups.make_fields()
    groups.tag_people(rngs[3], people, at)
    groups.write_notes(rngs[4], people, at, author)
    segments = groups.make_segments(at, people)
    surveys = history.make_surveys(at)
    history.make_templates(at)
    sources = {}
    for letter in LETTERS:
        campaign = history.keep_letter(letter, posted[letter.slug], segments, surveys)
        sources[letter.slug] = f"campaign:{campaign.pk}"
    history.make_draft(segments, at)
    guidance.make_articles(at)
    asked = list(history.invitations(rngs[5], people, posted, at.date(), business.zone))
    history.keep_answers(rngs[6], asked, surveys, sources, at, business)
    return {**_counts(), "already_loaded": False}


def _profile(now: datetime) -> Business:
    """The invented profile, unless the owner has written another one."""
    business = Business.current()
    if business.set_up_at is None:
        Business.objects.filter(pk=1).update(**PROFILE, set_up_at=now)
    return Business.current()


def _accounts() -> int | None:
    """Owner and staff with a known password: only where nobody could sign in, and never in production."""
    if not settings.PRODUCTION and not User.objects.exists():
        User.objects.create_user(OWNER, PASSWORD, name="Olga Owner", role=User.Role.OWNER)
        User.objects.create_user(STAFF, PASSWORD, name="Sam Staff", role=User.Role.MANAGER)
    return User.objects.order_by("pk").values_list("pk", flat=True).first()


def _save_people(people: Sequence[Person]) -> None:
    Customer.objects.bulk_create([one.customer for one in people], batch_size=1000)


def _sell(
    rng: np.random.Generator,
    people: Sequence[Person],
    posted: dict[str, list[Sending]],
    now: datetime,
    business: Business,
) -> None:
    products = [
        Product(
            sku=one.sku,
            name=one.name,
            category=one.category,
            price=one.price,
            nature=Product.Nature.AGAIN if one.category in USED_UP else Product.Nature.UNSAID,
            is_demo=True,
        )
        for one in ARTICLES
    ]
    Product.objects.bulk_create(products)
    for product in products:
        product.price = Product._meta.get_field("price").to_python(product.price)
    planned = list(visits(rng, people, now.date()))
    for letter in LETTERS:
        planned += purchases_after(rng, letter, posted[letter.slug], now.date())
    till = Till(rng, {one.sku: one for one in products}, business.zone)
    till.ring_up(planned)
    till.save(now)


def _counts() -> dict[str, int]:
    return {
        "customers": Customer.objects.filter(is_demo=True).count(),
        "purchases": Purchase.objects.filter(key__startswith="demo:").count(),
    }
