"""The key figures of the shop, each with what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.home import periods
from crm import analysis_day
from crm.charts import Chart, Series
from crm.models import Business
from crm.templatetags.crm_format import percent
from feedback import measuring
from feedback.models import Answer
from feedback.numerics.scores import Score
from segments.measures.periods import short_month
from segments.models import CustomerFeatures

ACTIVE_DAYS = 90
ACTIVE_RULE = {"all": [{"field": "last_bought_on", "op": "in_last_days", "value": ACTIVE_DAYS}]}
ANSWER_DAYS = 90
MONTHS = 13


@dataclass(frozen=True, slots=True)
class Sales:
    """This month until now beside the same days of the month before."""

    revenue: Decimal
    before: Decimal
    new: int
    new_before: int
    again: int
    again_before: int
    last_month: str

    @property
    def change(self) -> float | None:
        return float(self.revenue / self.before) - 1 if self.before > 0 else None


@dataclass(frozen=True, slots=True)
class Active:
    """Customers with a purchase in the last 90 days among all who ever bought."""

    active: int
    buyers: int

    @property
    def share(self) -> float | None:
        return self.active / self.buyers if self.buyers else None


def sales(business: Business, now: datetime) -> Sales:
    """As of the day that analysis stands on."""
    stands = analysis_day.standing(business, now)
    now = stands.moment(now, business)
    this, last = periods.so_far(now, business.zone)

    def made() -> Sales:
        now_sold, then = periods.sold(this), periods.sold(last)
        month = _month(last.start)
        return Sales(
            now_sold.revenue, then.revenue, now_sold.new, then.new, now_sold.again, then.again, month
        )

    return periods.remembered(
        f"sales:{stands.day if not stands.is_today else this.start:%Y%m%d}:{_month(last.start)}", made
    )


def active(business: Business, now: datetime) -> Active:
    since = analysis_day.day(business, now) - timedelta(days=ACTIVE_DAYS - 1)
    bought = CustomerFeatures.objects.exclude(last_bought_on=None)
    return Active(bought.filter(last_bought_on__gte=since).count(), bought.count())


def opinion(kind: str, now: datetime) -> Score | None:
    """The score of all answers of this kind in the last 90 days."""
    answers = Answer.objects.counted().filter(
        survey__kind=kind, answered_at__gte=now - timedelta(days=ANSWER_DAYS)
    )
    return measuring.together(kind, answers)


def charts(business: Business, now: datetime) -> list[Chart]:
    """Revenue by month, and who bought; old data end with the month of the last sale."""
    stands = analysis_day.standing(business, now)
    old = analysis_day.old_sale(business, now) if stands.is_today else None
    until = old.day if old else stands.day
    months = [periods.month_of(until, business.zone, back) for back in range(MONTHS - 1, -1, -1)]
    rows = [periods.remembered_month(one, now) for one in months]
    labels = [short_month(one.start) for one in months]
    money = [round(float(row.revenue), 2) for row in rows]
    money_chart = Chart(
        "bar",
        _money_title(money, _month(months[-2].start), _month(months[-3].start)),
        labels,
        [Series(_("Revenue"), money)],
        unit=business.currency,
        note=_money_note(stands, old is not None),
        first_column=_("Month"),
    )
    people_chart = Chart(
        "stacked",
        _people_title(rows[-2].new, rows[-2].again, _month(months[-2].start)),
        labels,
        [Series(_("Came again"), [row.again for row in rows]), Series(_("New"), [row.new for row in rows])],
        unit=_("customers"),
        note=_("Known customers with a purchase in the month. New: it was their first."),
        first_column=_("Month"),
    )
    return [money_chart, people_chart]


def _money_note(stands: analysis_day.Standing, is_old: bool) -> str:
    if is_old or stands.is_last_sale:
        return _("Sales less refunds; the last bar is the month of the last sale.")
    if stands.is_today:
        return _("Sales less refunds; the last bar is this month until today.")
    day = date_format(stands.day, "DATE_FORMAT")
    return _("Sales less refunds; the last bar is the month of %(day)s.") % {"day": day}


def _month(moment: datetime) -> str:
    return date_format(moment, "F")


def _money_title(money: list[float], month: str, before: str) -> str:
    last, earlier = money[-2], money[-3]
    words = {
        "month": month,
        "before": before,
        "percent": percent(abs(last / earlier - 1)) if earlier else "",
    }
    if earlier <= 0:
        return _("Revenue by month")
    if last >= earlier:
        return _("%(month)s brought %(percent)s more than %(before)s") % words
    return _("%(month)s brought %(percent)s less than %(before)s") % words


def _people_title(new: int, again: int, month: str) -> str:
    if not new + again:
        return _("New and returning customers")
    text = ngettext(
        "%(n)s of 10 buyers in %(month)s had been here before",
        "%(n)s of 10 buyers in %(month)s had been here before",
        round(10 * again / (new + again)),
    )
    return text % {"n": round(10 * again / (new + again)), "month": month}
