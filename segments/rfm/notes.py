"""What to know before reading RFM scores of this shop, in plain sentences; nothing odd is passed over."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.models import Business, Purchase
from crm.templatetags.crm_format import number, percent
from segments import days, since_refresh
from segments.models import CustomerFeatures
from segments.numerics.rfm import CutPoints

GREAT_SHARE = 0.5  # Of all revenue by one buyer.


def of_shop(cuts: CutPoints | None, day: date | None, business: Business) -> list[str]:
    """Sentences about everybody alike, money given back, one great buyer, and sales of days to come."""
    found = [*_alike(cuts), *_money()]
    later = 0
    if day is not None:
        after = days.end_of(day, business.zone)
        later = Purchase.objects.filter(customer__isnull=False, bought_at__gte=after).count()
    if later and day is not None:
        words = ngettext(
            "%(n)s purchase is dated after %(day)s. It counts once that day is over.",
            "%(n)s purchases are dated after %(day)s. They count once their days are over.",
            later,
        )
        found.append(words % {"n": number(later), "day": date_format(day, "DATE_FORMAT")})
    return found


def _alike(cuts: CutPoints | None) -> list[str]:
    if cuts is None:
        return []
    same = {
        _("Most buyers bought on the same day, so recency tells few of them apart."): cuts.recency,
        _("Most buyers have equally many orders, so frequency tells few of them apart."): cuts.frequency,
        _("Most buyers brought the same amount of money, so it tells few of them apart."): cuts.monetary,
    }
    return [words for words, values in same.items() if len(set(values)) == 1]


def _money() -> list[str]:
    sums = since_refresh.figures("rfm.money", _sums)
    found = []
    if sums["less"]:
        words = ngettext(
            "%(n)s buyer got back more than they paid. Such a buyer has the lowest score for money.",
            "%(n)s buyers got back more than they paid. They have the lowest score for money.",
            sums["less"],
        )
        found.append(words % {"n": number(sums["less"])})
    return [*found, *great_buyer()]


def great_buyer() -> list[str]:
    """A sentence where most of the money came from one person, as a mistyped amount looks."""
    sums = since_refresh.figures("rfm.money", _sums)
    if sums["buyers"] < 2 or not sums["all"] or sums["all"] < 0:
        return []
    share = float(sums["top"] / sums["all"])
    if share < GREAT_SHARE:
        return []
    words = _("One buyer brings %(share)s of all revenue; look whether an amount is mistyped.")
    return [words % {"share": percent(min(share, 1.0))}]


def _sums() -> dict[str, Any]:
    rows = CustomerFeatures.objects.filter(orders__gt=0).order_by()
    return rows.aggregate(
        buyers=Count("pk"), less=Count("pk", filter=Q(revenue__lt=0)), top=Max("revenue"), all=Sum("revenue")
    )
