"""Fill an empty database with the invented shop: the same for the same day and seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.demo import asking, furnishing, groups, guidance, history, rescue, returns, surveys
from campaigns.demo.catalogue import ARTICLES, USED_UP
from campaigns.demo.letters import LETTERS, Sending, post, purchases_after
from campaigns.demo.people import Person, invent
from campaigns.demo.sales import Till, visits
from crm.errors import Refusal
from crm.models import Business, Customer, Product, Purchase, User
from feedback.models import Survey

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
INVENTED_SALE = Q(key__startswith="demo:") | Q(customer__is_demo=True)
OWNER, STAFF, PASSWORD = "owner@example.com", "sam@example.com", "closeknit-demo"


def is_loaded() -> bool:
    return Product.objects.filter(is_demo=True).exists()


def has_own_data() -> bool:
    """Whether anything stands here that is not invented."""
    sales = Purchase.objects.exclude(INVENTED_SALE)
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
    rngs = np.random.default_rng(seed).spawn(9)
    people = invent(rngs[0], count, at.date())
    posted = {one.slug: post(rngs[1], one, people, at.date(), business.zone) for one in LETTERS}
    _save_people(people)
    history.keep_consents(people, business.zone)
    _sell(rngs[2], people, posted, at, business)
    groups.make_fields()
    groups.tag_people(rngs[3], people, at)
    groups.write_notes(rngs[4], people, at, author)
    segments = groups.make_segments(at, people)
    furnishing.make_senders()
    furnishing.make_snippets(at)
    asked = surveys.make(at)
    history.make_templates(at)
    campaigns = [history.keep_letter(one, posted[one.slug], segments, asked) for one in LETTERS]
    history.make_draft(segments, at)
    returns.come_back(campaigns)
    guidance.make_articles(at)
    sources = {one.slug: one.source for one in campaigns}
    by_number = {one.customer.pk: one for one in people}
    planned = list(history.invitations(rngs[5], people, posted, at.date(), business.zone))
    surveys.answer(rngs[6], surveys.invite(planned, asked, sources), at, business)
    _listen(rngs[7:], by_number, asked, at, business)
    return {**_counts(), "already_loaded": False}


def _listen(
    rngs: Sequence[np.random.Generator],
    people: dict[int, Person],
    asked: dict[str, Survey],
    at: datetime,
    business: Business,
) -> None:
    """What came of the answers: cases and second questions, then what is asked by itself."""
    staff = User.objects.filter(is_active=True).order_by("-pk").first()
    alone = surveys.invite(rescue.asked_by_chance(rngs[0], people, at), asked, {})
    surveys.answer(rngs[0], alone, at, business)
    rules = rescue.make_rules(asked, staff, at)
    rescue.look_after(rngs[0], rules, staff, at)
    after_purchase, after_case, _prepared = asking.make(asked, at)
    # In this order: whoever was asked lately by another question is left in peace.
    surveys.answer(rngs[1], asking.run(after_case, people, at), at, business)
    surveys.answer(rngs[0], rescue.ask_again(people, at), at, business)
    answered = surveys.answer(rngs[1], asking.run(after_purchase, people, at), at, business)
    asking.publish(rngs[1], answered, at)


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
    shelf = {one.sku: one for one in products}
    planned = list(visits(rng, people, now.date()))
    for letter in LETTERS:
        planned += purchases_after(rng, letter, posted[letter.slug], now.date())
    till = Till(rng, shelf, furnishing.subscribe(planned, shelf, now.date(), business.zone), business.zone)
    till.ring_up(planned)
    till.save(now)


def _counts() -> dict[str, int]:
    return {
        "customers": Customer.objects.filter(is_demo=True).count(),
        "purchases": Purchase.objects.filter(INVENTED_SALE).count(),
    }
