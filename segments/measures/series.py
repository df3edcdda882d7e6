"""Series to forecast: sales by week or month, and the size of a segment at the end of each week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Min

from crm.models import Business, Purchase, Refund
from segments import days
from segments.measures import kept, periods, sold
from segments.models import Membership, Segment

REVENUE, ORDERS = "revenue", "orders"
ONE_DAY = timedelta(days=1)
LATE = timedelta(days=3)  # A first period that began later is not whole.


@dataclass(frozen=True, slots=True)
class Series:
    """`values` of whole periods without gaps, from the period with number `first` on."""

    by: str
    first: int
    values: list[float]

    def names(self, more: int = 0) -> list[str]:
        return [periods.name_of(self.first + n, self.by) for n in range(len(self.values) + more)]


def sales(business: Business, day: date, by: str, what: str) -> Series:
    """Revenue less what was given back in the same period, or orders that still count, of everybody."""
    rows: list[list[Any]] = kept.figures(f"sales.{by}", business, day).data
    place = 1 if what == REVENUE else 2
    found = {number: row for number, *row in rows}
    first, last = _whole(rows, day, by, business.today())
    values = [found.get(number, [None, 0, 0])[place] for number in range(first, last + 1)]
    return Series(by, first, [float(value) for value in values])


def _whole(rows: list[list[Any]], day: date, by: str, today: date) -> tuple[int, int]:
    """The first and the last period that sales cover from end to end; `today` is not over yet."""
    last = periods.number_of(day, by)
    last -= periods.last_day(last, by) >= min(day + ONE_DAY, today)
    sales = [(number, first) for number, first, *_figures in rows if first]
    if not sales:
        return last + 1, last
    number, began = min(sales)
    return number + (date.fromisoformat(began) - periods.first_day(number, by) > LATE), last


def count_by_month(business: Business, day: date) -> list[list[Any]]:
    return _count(business, day, periods.MONTH)


def count_by_week(business: Business, day: date) -> list[list[Any]]:
    return _count(business, day, periods.WEEK)


def _count(business: Business, day: date, by: str) -> list[list[Any]]:
    """[period, day of its first sale or None, net revenue, orders]."""
    end = days.end_of(day, business.zone)
    began = Purchase.objects.filter(bought_at__lt=end).aggregate(at=Min("bought_at"))["at"]
    span = by, periods.number_of(business.today(began), by), periods.number_of(day, by), business.zone
    at, given = (periods.number_at(column, *span) for column in ("bought_at", "r.refunded_at"))
    sql = f"""
SELECT period, MIN(first), SUM(net), SUM(orders) FROM (
    SELECT {at} AS period, bought_at AS first, charged AS net,
        CASE WHEN refunded = 0 OR refunded < charged THEN 1 ELSE 0 END AS orders
    FROM {sold.table(Purchase)} WHERE status = 'completed' AND bought_at < %(end)s
    UNION ALL
    SELECT {given}, NULL, -r.amount, 0 FROM {sold.table(Refund)} r
    LEFT JOIN {sold.table(Purchase)} p ON p.id = r.purchase_id
    WHERE r.refunded_at < %(end)s AND (p.id IS NULL OR p.status = 'completed')
) moved GROUP BY period ORDER BY period"""
    found = sold.rows(sql, {"end": days.moment(end)})
    return [[int(number), _day(first, business), float(net), int(n)] for number, first, net, n in found]


def _day(at: Any, business: Business) -> str | None:
    """The shop's day of a moment as the database gives it."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return business.today(at).isoformat() if at else None


def members(segment: Segment, business: Business, today: date) -> Series:
    """People in the segment at the end of each week that is over, from the first whole one on."""
    end = days.end_of(today, business.zone)
    steps: dict[int, int] = {}
    for column, step in (("entered_at", 1), ("left_at", -1)):
        number = periods.number_sql(days.day_of(column, business.zone, end), periods.WEEK)
        sql = f"""
SELECT {number}, COUNT(*) FROM {sold.table(Membership)}
WHERE segment_id = %(segment)s AND {column} IS NOT NULL AND {column} < %(end)s GROUP BY 1"""
        for week, n in sold.rows(sql, {"segment": segment.pk, "end": days.moment(end)}):
            steps[int(week)] = steps.get(int(week), 0) + step * int(n)
    last = periods.number_of(today, periods.WEEK)
    last -= periods.last_day(last, periods.WEEK) >= min(today + ONE_DAY, business.today())
    first = min(steps, default=last + 1)
    values, count = [], 0
    for week in range(first, last + 1):
        count += steps.get(week, 0)
        values.append(float(count))
    return Series(periods.WEEK, first, values)
