"""The day that analysis stands on: today, the day of the last sale, or a day that the shop chose.

In old data everybody looks lost when days are counted from today. Sales are old when the last one is more
than 45 days ago, and more than twice the usual time between two days of sale. Only analysis stands on such a
day: what is sent, consent, cases and their clocks go by the real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import median

from django.utils import timezone

from crm.models import Business, Purchase

OLD_AFTER_DAYS = 45
USUAL_TIMES = 2
LOOKED_AT = 500  # Sales that tell how often the shop sells.
Mode = Business.AnalyseAsOf


@dataclass(frozen=True, slots=True)
class Standing:
    """`left` is the day analysis stood on until newer sales took it back to today by themselves."""

    day: date
    today: date
    mode: str
    left: date | None = None

    @property
    def is_today(self) -> bool:
        return self.day == self.today

    @property
    def is_last_sale(self) -> bool:
        return self.mode == Mode.LAST_SALE and not self.is_today

    def moment(self, now: datetime, business: Business) -> datetime:
        """Now, or the last second of the day."""
        if self.is_today:
            return now
        following = datetime.combine(self.day + timedelta(days=1), time.min, tzinfo=business.zone)
        return following - timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class OldSale:
    day: date
    ago: int  # In days.


def standing(business: Business, now: datetime | None = None) -> Standing:
    """Where analysis stands; no query while it is today."""
    today = business.today(now)
    if business.analyse_as_of == Mode.TODAY:
        return Standing(today, today, Mode.TODAY, business.analyse_left_on)
    latest = last_sale(business, now)
    if _goes_back(business, latest, today):
        return Standing(today, today, Mode.TODAY, _stood_on(business))
    wanted = latest if business.analyse_as_of == Mode.LAST_SALE else business.analyse_on
    return Standing(min(wanted or today, today), today, business.analyse_as_of)


def day(business: Business, now: datetime | None = None) -> date:
    return standing(business, now).day


def last_sale(business: Business, now: datetime | None = None) -> date | None:
    """The day of the newest sale to a known customer that counts."""
    found = _latest(now, 1)
    return business.today(found[0]) if found else None


def old_sale(business: Business, now: datetime | None = None) -> OldSale | None:
    """The last sale, if it is so long ago that days counted from today would mislead."""
    latest, today = last_sale(business, now), business.today(now)
    ago = (today - latest).days if latest else 0
    if latest is None or ago <= OLD_AFTER_DAYS or ago <= USUAL_TIMES * _usual_gap(business, now):
        return None
    return OldSale(latest, ago)


def question(business: Business, now: datetime | None = None) -> OldSale | None:
    """The old sale to ask about: analyse as of that day? An answer holds until other sales come."""
    if business.analyse_as_of != Mode.TODAY:
        return None
    found = old_sale(business, now)
    return found if found and found.day != business.analyse_sale_on else None


def choose(business: Business, mode: str, on: date | None = None, *, now: datetime | None = None) -> None:
    """Keep what the shop says, and the newest sale it knew then."""
    business.analyse_as_of = mode
    business.analyse_on = on if mode == Mode.FIXED else None
    business.analyse_sale_on = last_sale(business, now)
    business.analyse_left_on = None
    business.save(update_fields=["analyse_as_of", "analyse_on", "analyse_sale_on", "analyse_left_on"])


def settle(business: Business, now: datetime | None = None) -> Standing:
    """Where analysis stands from now on: newer sales end a day of the past, and leave a notice."""
    found = standing(business, now)
    here = Business.objects.filter(pk=business.pk, analyse_as_of=business.analyse_as_of)
    if business.analyse_as_of != Mode.TODAY and found.mode == Mode.TODAY:
        here.update(analyse_as_of=Mode.TODAY, analyse_on=None, analyse_left_on=found.left)
        business.refresh_from_db()
    elif found.is_last_sale and business.analyse_sale_on != found.day:
        here.update(analyse_sale_on=found.day)
        business.refresh_from_db()
    return found


def _goes_back(business: Business, latest: date | None, today: date) -> bool:
    """Sales long after all that was known when the day was chosen need it no more; old ones move it along."""
    if latest is None:
        return business.analyse_as_of == Mode.LAST_SALE
    known = max(filter(None, (business.analyse_sale_on, business.analyse_on)), default=latest)
    is_far = (latest - known).days > OLD_AFTER_DAYS
    return is_far and (business.analyse_as_of == Mode.FIXED or (today - latest).days <= OLD_AFTER_DAYS)


def _stood_on(business: Business) -> date | None:
    return business.analyse_on or business.analyse_sale_on


def _usual_gap(business: Business, now: datetime | None) -> float:
    """The usual number of days between two days of sale; none where one day holds all that is looked at."""
    days = sorted({business.today(at) for at in _latest(now, LOOKED_AT)})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return median(gaps) if gaps else 0


def _latest(now: datetime | None, count: int) -> list[datetime]:
    """Along the index by time, newest first; sales of the future are mistakes."""
    sales = Purchase.objects.counting().filter(customer__isnull=False, bought_at__lte=now or timezone.now())
    return list(sales.order_by("-bought_at").values_list("bought_at", flat=True)[:count])
