"""Rules to begin with, each counted on the shop's own customers before anybody chooses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models import Business, Customer
from segments.rules.compile import to_q
from segments.rules.fields import Catalogue
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from segments.rules.preview import planned_well

KEPT = 300  # Seconds in which the counts are not asked anew.
LOW_SCORE = {
    "any": [
        {"field": "nps.last", "op": "<=", "value": 6},
        {"field": "csat.last", "op": "<=", "value": 2},
    ]
}


@dataclass(frozen=True, slots=True)
class Starter:
    key: str
    name: str | Promise
    hint: str | Promise
    icon: str
    rule: dict[str, Any]


STARTERS: dict[str, Starter] = {
    one.key: one
    for one in (
        Starter(
            "vip",
            _("Best customers"),
            _("They buy often, lately and for much."),
            "crown",
            {
                "all": [
                    {"field": "rfm.recency", "op": ">=", "value": 3},
                    {"field": "rfm.frequency", "op": ">=", "value": 4},
                ]
            },
        ),
        Starter(
            "once",
            _("Bought once"),
            _("One order so far: a second one makes a regular."),
            "number-1",
            {
                "all": [
                    {"field": "orders", "op": "is", "value": 1},
                    {"field": "last_bought_on", "op": "in_last_days", "value": 180},
                ]
            },
        ),
        Starter(
            "back",
            _("Win back"),
            _("Bought at least twice, but nothing for half a year."),
            "arrow-back-up",
            {
                "all": [
                    {"field": "orders", "op": ">=", "value": 2},
                    {"not": {"did": "purchase", "within_days": 180}},
                ]
            },
        ),
        Starter(
            "lapsing",
            _("Regulars who grow quiet"),
            _("Three orders or more, the last one two to six months ago."),
            "hourglass-low",
            {
                "all": [
                    {"field": "orders", "op": ">=", "value": 3},
                    {"field": "recency_days", "op": "between", "value": [60, 180]},
                ]
            },
        ),
        Starter(
            "new",
            _("New customers"),
            _("Their first purchase was in the last 30 days."),
            "sparkles",
            {"all": [{"field": "first_bought_on", "op": "in_last_days", "value": 30}]},
        ),
        Starter(
            "birthday",
            _("Birthday soon"),
            _("Their birthday is in the next two weeks."),
            "cake",
            {"all": [{"field": "birth_date", "op": "anniversary_in_days", "value": 14}]},
        ),
        Starter(
            "unhappy",
            _("Unhappy customers"),
            _("Their last answer was a low score."),
            "mood-sad",
            LOW_SCORE,
        ),
        Starter(
            "rescue",
            _("Unhappy and valuable"),
            _("A low score from somebody who spends much: call them first."),
            "first-aid-kit",
            {"all": [{"field": "rfm.monetary", "op": ">=", "value": 4}, LOW_SCORE]},
        ),
        Starter(
            "never",
            _("Subscribers who never bought"),
            _("They agreed to mail and have not bought yet."),
            "mail-heart",
            {
                "all": [
                    {"field": "consent.email", "op": "is", "value": "granted"},
                    {"not": {"did": "purchase"}},
                ]
            },
        ),
        Starter(
            "curious",
            _("Readers who do not buy"),
            _("Clicked in a mail in the last 30 days and bought nothing for 90."),
            "click",
            {
                "all": [
                    {"did": "click", "within_days": 30},
                    {"not": {"did": "purchase", "within_days": 90}},
                ]
            },
        ),
        Starter(
            "returns",
            _("Send much back"),
            _("Got money back at least twice in a year."),
            "truck-return",
            {"all": [{"did": "refund", "value": 2, "within_days": 365}]},
        ),
        Starter(
            "renewal",
            _("Subscription renews soon"),
            _("A subscription that runs renews in the next two weeks."),
            "repeat",
            {"all": [{"field": "subscription.renews_in_days", "op": "between", "value": [0, 14]}]},
        ),
    )
}


def counted(business: Business) -> Iterator[tuple[Starter, int]]:
    """Every starter with how many customers it finds now; one query, asked again after minutes."""
    found: dict[str, int] | None = cache.get("segments.starters")
    if found is None:
        catalogue, moment = Catalogue(), Moment.now(business=business)
        wanted = {
            key: Count("pk", filter=to_q(parse(one.rule, catalogue), moment)) for key, one in STARTERS.items()
        }
        with planned_well():
            found = Customer.objects.order_by().aggregate(**wanted)
        cache.set("segments.starters", found, KEPT)
    for key, one in STARTERS.items():
        yield one, found.get(key, 0)
