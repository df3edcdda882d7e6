"""What measures are made of: counts over a period of days, one statement for each, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from crm.models import Business, Case, Customer, Product, Purchase, PurchaseLine, Refund
from segments import days
from segments.lifecycle import journey, stages
from segments.measures import periods, sold, subscriptions
from segments.models import CustomerFeatures, ServingCosts

WINDOWS = {365: 90, 90: 30}  # Days looked at → days in which somebody may come back.
WORST = 10
GOALS = ("purchase", "first", "second")
STEP = 30  # Days of a month of being a customer.


@dataclass(frozen=True, slots=True)
class Window:
    """`length` days up to `day`; somebody is lost after `lost` days without a purchase."""

    business: Business
    day: date
    length: int
    lost: int

    @property
    def start(self) -> date:
        return self.day - timedelta(days=self.length - 1)

    @property
    def return_days(self) -> int:
        return WINDOWS[self.length]

    def values(self, **more: Any) -> dict[str, Any]:
        before, after = sold.moment_before, sold.moment_after
        return {"start": before(self.start, self.business), "end": after(self.day, self.business), **more}

    def day_of(self, column: str) -> str:
        return days.day_of(column, self.business.zone, days.end_of(self.day, self.business.zone))


def count(business: Business, day: date, *, length: int) -> dict[str, Any]:
    """Everything that the page of measures shows of a period, as JSON."""
    window = Window(business, day, length, stages.thresholds().lost_days)
    return {
        "length": length,
        "lost_days": window.lost,
        "orders": _orders(window),
        "kept": _kept(window),
        "again": _again(window),
        "crossing": _crossing(window),
        "steps": _steps(window),
        "won": _won(window),
        "paying_back": _paying_back(window),
        "served": _served(window),
        "recurring": subscriptions.compare(window.start, day, business),
    }


count_year = partial(count, length=365)
count_quarter = partial(count, length=90)


def _orders(window: Window) -> dict[str, float]:
    """Orders and buyers known by name, and net revenue of everybody."""
    sql = f"""
WITH {sold.sold()}
SELECT COUNT(*), COUNT(DISTINCT customer_id), SUM(charged),
    SUM(CAST(charged AS double precision) * charged)
FROM sold WHERE {sold.COUNTS} AND bought_at >= %(start)s"""
    orders, buyers, charged, squares = sold.rows(sql, window.values())[0]
    money = f"""
SELECT COALESCE((SELECT SUM(charged) FROM {sold.table(Purchase)}
    WHERE status = 'completed' AND bought_at >= %(start)s AND bought_at < %(end)s), 0)
- COALESCE((SELECT SUM(r.amount) FROM {sold.table(Refund)} r
    LEFT JOIN {sold.table(Purchase)} p ON p.id = r.purchase_id
    WHERE r.refunded_at >= %(start)s AND r.refunded_at < %(end)s
        AND (p.id IS NULL OR p.status = 'completed')), 0)"""
    revenue = sold.rows(money, window.values())[0][0]
    known = {"charged": charged, "squares": squares, "revenue": revenue}
    return {"orders": orders, "buyers": buyers, **{key: float(one or 0) for key, one in known.items()}}


def _kept(window: Window) -> dict[str, int]:
    """Customers at the beginning (a purchase in the `lost` days before it), and those who are at the end."""
    lost = timedelta(days=window.lost)
    before = sold.moment_before(window.start - timedelta(days=1) - lost, window.business)
    since = sold.moment_before(window.day - lost, window.business)
    sql = f"""
WITH {sold.sold()}, seen AS (
    SELECT MAX(CASE WHEN bought_at < %(start)s THEN 1 END) AS was,
        MAX(CASE WHEN bought_at >= %(since)s THEN 1 END) AS stays
    FROM sold WHERE {sold.COUNTS} AND bought_at >= %(before)s GROUP BY customer_id
)
SELECT COUNT(*), COUNT(stays) FROM seen WHERE was = 1"""
    began, stayed = sold.rows(sql, window.values(before=before, since=since))[0]
    return {"began": began, "stayed": stayed}


def _again(window: Window) -> dict[str, int]:
    """Of those whose first order had all the days to be followed by another: who did it."""
    last = window.day - timedelta(days=window.return_days)
    first = last - timedelta(days=window.length - 1)
    gap = days.days_between(window.day_of("second_at"), window.day_of("first_at"))
    sql = f"""
WITH {sold.sold()}, turns AS (
    SELECT bought_at AS first_at, LEAD(bought_at) OVER mine AS second_at, ROW_NUMBER() OVER mine AS turn
    FROM sold WHERE {sold.COUNTS} WINDOW mine AS (PARTITION BY customer_id ORDER BY bought_at, id)
)
SELECT COUNT(*), SUM(CASE WHEN second_at IS NOT NULL AND {gap} <= {window.return_days} THEN 1 ELSE 0 END)
FROM turns WHERE turn = 1 AND first_at >= %(first)s AND first_at < %(last)s"""
    edges = {
        "first": sold.moment_before(first, window.business),
        "last": sold.moment_after(last, window.business),
    }
    ripe, again = sold.rows(sql, window.values(**edges))[0]
    return {"ripe": ripe, "again": int(again or 0)}


def _crossing(window: Window) -> dict[str, int]:
    sql = f"""
WITH {sold.sold()}
SELECT COUNT(*), SUM(crosses) FROM (
    SELECT CASE WHEN MIN(c.category) <> MAX(c.category) THEN 1 ELSE 0 END AS crosses
    FROM sold s JOIN {sold.table(PurchaseLine)} l ON l.purchase_id = s.id
    JOIN {sold.table(Product)} c ON c.id = l.product_id
    WHERE {sold.COUNTS} AND s.bought_at >= %(start)s AND c.category <> '' GROUP BY s.customer_id
) people"""
    buyers, crossing = sold.rows(sql, window.values())[0]
    return {"buyers": buyers, "crossing": int(crossing or 0)}


def _steps(window: Window) -> list[list[Any]]:
    """[touch point, next one, people who came, people who went on], of the ways to a purchase."""
    found = journey.build(journey.Period(window.start, window.day), window.business)
    return [
        [one.start, one.goal, one.reached, one.went]
        for one in found.steps
        if one.goal in GOALS and one.reached
    ]


def _firsts(window: Window) -> str:
    """CTE of first orders with the channel that won the customer: their source, else that of the order."""
    return f"""
{sold.sold(", p.channel")}, turns AS (
    SELECT customer_id, bought_at, channel,
        ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY bought_at, id) AS turn
    FROM sold WHERE {sold.COUNTS}
), firsts AS (
    SELECT t.customer_id, t.bought_at, COALESCE(NULLIF(c.source, ''), t.channel) AS channel
    FROM turns t JOIN {sold.table(Customer)} c ON c.id = t.customer_id
    WHERE t.turn = 1 AND t.bought_at >= %(since)s
)"""


def _won(window: Window) -> list[list[Any]]:
    """[channel, month, new customers, of them described, their value in sum, sum of squares].

    The value of a customer is the margin so far and the expected one; features say both.
    """
    now = periods.number_of(window.day, periods.MONTH)
    months = now - months_in(window.length), now
    month = periods.number_at("b.bought_at", periods.MONTH, *months, window.business.zone)
    worth = "(CAST(f.revenue AS double precision) * %(margin)s + COALESCE(f.clv, 0))"
    sql = f"""
WITH {_firsts(window)}
SELECT b.channel, {month}, COUNT(*), COUNT(f.clv),
    SUM(CASE WHEN f.clv IS NOT NULL THEN {worth} END),
    SUM(CASE WHEN f.clv IS NOT NULL THEN {worth} * {worth} END)
FROM firsts b LEFT JOIN {sold.table(CustomerFeatures)} f ON f.customer_id = b.customer_id
GROUP BY 1, 2 ORDER BY 1, 2"""
    margin = float(window.business.margin_percent) / 100
    values = window.values(margin=margin, since=_since(window))
    return [
        [channel, int(month), n, valued, float(total or 0), float(squares or 0)]
        for channel, month, n, valued, total, squares in sold.rows(sql, values)
    ]


def _since(window: Window) -> object:
    """The first moment of the months that channels are judged by."""
    number = periods.number_of(window.day, periods.MONTH) - months_in(window.length)
    return sold.moment_before(periods.first_day(number, periods.MONTH), window.business)


def months_in(length: int) -> int:
    return 12 if length == 365 else 3


def _paying_back(window: Window) -> list[list[Any]]:
    """[channel, month of being a customer from 0, customers who had it whole, their net money in it]."""
    age, at = (_steps_between(moment) for moment in ("%(end)s", "s.bought_at"))
    sql = f"""
WITH {_firsts(window)}, money AS (
    SELECT channel, step, SUM(net) AS net FROM (
        SELECT b.channel, {age} AS whole, {at} AS step, s.charged - s.refunded AS net
        FROM firsts b JOIN sold s ON s.customer_id = b.customer_id WHERE s.bought_at >= b.bought_at
    ) bought WHERE step < whole GROUP BY channel, step
), people AS (
    SELECT b.channel, {age} AS steps, COUNT(*) AS n FROM firsts b GROUP BY 1, 2
)
SELECT 'money', channel, step, net FROM money UNION ALL SELECT 'people', channel, steps, n FROM people"""
    money: dict[tuple[str, int], float] = {}
    people: dict[tuple[str, int], int] = {}
    for kind, channel, step, n in sold.rows(sql, window.values(since=_since(window))):
        if kind == "money":
            money[channel, int(step)] = float(n)
        else:
            for whole in range(int(step)):
                people[channel, whole] = people.get((channel, whole), 0) + int(n)
    return [[*key, n, money.get(key, 0.0)] for key, n in sorted(people.items())]


def _steps_between(moment: str) -> str:
    """SQL of the whole months of being a customer, of 30 days, from the first order until a moment."""
    if sold.is_postgres():
        moment = "CAST(%(end)s AS timestamptz)" if moment == "%(end)s" else moment
        return f"CAST(FLOOR(EXTRACT(EPOCH FROM {moment} - b.bought_at) / {STEP * 86400}) AS integer)"
    return f"CAST((julianday({moment}) - julianday(b.bought_at)) / {STEP} AS integer)"


def _served(window: Window) -> dict[str, Any]:
    """What customers of the period left after service: how many, in sum, who cost more than they left."""
    costs = ServingCosts.current()
    sql = f"""
WITH parts AS (
    SELECT customer_id, CAST(charged AS double precision) * %(margin)s AS left_over
    FROM {sold.table(Purchase)}
    WHERE customer_id IS NOT NULL AND status = 'completed' AND bought_at >= %(start)s AND bought_at < %(end)s
    UNION ALL
    SELECT r.customer_id, -CAST(r.amount AS double precision) * %(margin)s - %(back)s
    FROM {sold.table(Refund)} r LEFT JOIN {sold.table(Purchase)} p ON p.id = r.purchase_id
    WHERE r.customer_id IS NOT NULL AND r.refunded_at >= %(start)s AND r.refunded_at < %(end)s
        AND (p.id IS NULL OR p.status = 'completed')
    UNION ALL
    SELECT customer_id, -%(case)s FROM {sold.table(Case)}
    WHERE customer_id IS NOT NULL AND merged_into_id IS NULL
        AND opened_at >= %(start)s AND opened_at < %(end)s
), people AS (SELECT customer_id, SUM(left_over) AS profit FROM parts GROUP BY customer_id)
"""
    values = window.values(
        margin=float(window.business.margin_percent) / 100,
        back=float(costs.return_cost),
        case=float(costs.case_cost),
    )
    summed = """SELECT COUNT(*), SUM(profit), SUM(CASE WHEN profit < 0 THEN 1 ELSE 0 END),
        SUM(CASE WHEN profit < 0 THEN profit END) FROM people"""
    n, profit, costly, loss = sold.rows(sql + summed, values)[0]
    worst = f"SELECT customer_id, profit FROM people WHERE profit < 0 ORDER BY 2, 1 LIMIT {WORST}"
    return {
        "people": n,
        "profit": float(profit or 0),
        "costly": int(costly or 0),
        "loss": float(loss or 0),
        "worst": [[pk, float(one)] for pk, one in sold.rows(sql + worst, values)],
        "case_cost": float(costs.case_cost),
        "return_cost": float(costs.return_cost),
    }
