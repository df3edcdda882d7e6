"""Interest tags: who buys or looks at a category gets "interest:…", renewed every night with its reason.

Each order with something of the category counts 1, each page viewed or link clicked ¼, and each halves
every 90 days. Every point halves what is missing to 100: one order today weighs 50, two 75, three 88.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import bulk
from crm.models import CustomerTag, Interaction, Interest, Product, Purchase, PurchaseLine, Tag

PREFIX = "interest:"
MARK = "=interest "
HALF_LIFE = 90
LOOK_POINTS = 0.25
LEAST = 5  # Weights below are forgotten.
AT_FIRST = 20  # How many categories give tags before the shop chooses itself.
MOST = 200
type Found = tuple[int, float, int, int, str]


def discover() -> int:
    """Know every category that was sold; the most bought are on. Returns how many are new."""
    known = set(Interest.objects.values_list("category", flat=True))
    lines = PurchaseLine.objects.exclude(product__category="").filter(product__isnull=False)
    rows = lines.values_list("product__category").annotate(n=Count("purchase_id")).order_by("-n")[:MOST]
    fresh = [
        Interest(category=name, is_on=rank < AT_FIRST and not known)
        for rank, (name, _n) in enumerate(rows)
        if name not in known
    ]
    Interest.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def refresh(now: datetime) -> int:
    """Renew the tags of every category; returns how many customers have one now."""
    discover()
    total = 0
    for interest in Interest.objects.select_related("tag"):
        total += renew(interest, now) if interest.is_on else 0
        if not interest.is_on:
            _clear(interest, [])
    bulk.analyze(CustomerTag)
    return total


@transaction.atomic
def renew(interest: Interest, now: datetime) -> int:
    """Give the tag to whom it fits, with weight and reason; take it from whom it no longer fits."""
    tag = interest.tag or _tag_of(interest)
    # A person's own word about a customer is not overwritten.
    theirs = set(
        CustomerTag.objects.filter(tag=tag)
        .exclude(source=CustomerTag.Source.RULE)
        .values_list("customer_id", flat=True)
    )
    rows = [
        CustomerTag(customer_id=person, tag=tag, weight=weight, source="rule", reason=reason, tagged_at=now)
        for person, weight, reason in _weights(interest.category, now)
        if person not in theirs
    ]
    CustomerTag.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["customer", "tag"],
        update_fields=["weight", "source", "reason", "tagged_at"],
    )
    _clear(interest, [now])
    return len(rows)


def switch(interest: Interest, *, on: bool) -> None:
    """Begin or stop giving the tag; stopping takes away what was given by itself."""
    Interest.objects.filter(pk=interest.pk).update(is_on=on)
    if not on:
        _clear(interest, [])


def _clear(interest: Interest, but: Sequence[datetime]) -> None:
    gone = CustomerTag.objects.filter(tag=interest.tag_id or 0, source=CustomerTag.Source.RULE)
    gone.exclude(tagged_at__in=list(but)).delete()


def _tag_of(interest: Interest) -> Tag:
    name = f"{PREFIX}{interest.category}"[:60]
    taken = Interest.objects.filter(tag__name__iexact=name).exists()
    name = f"{name[:50]} #{interest.pk}" if taken else name
    tag = Tag.objects.filter(name__iexact=name).first() or Tag.objects.create(name=name, color="blue")
    Interest.objects.filter(pk=interest.pk).update(tag=tag)
    interest.tag = tag
    return tag


def _weights(category: str, now: datetime) -> list[tuple[int, int, str]]:
    """(customer, weight, reason) of everybody whose interest is worth a word."""
    found = []
    for person, points, orders, looks, last in _points(category, now):
        weight = round(100 * (1 - 0.5 ** float(points)))
        if weight >= LEAST:
            found.append((person, weight, _reason(orders, looks, str(last)[:10])))
    return found


def _reason(orders: int, looks: int, last: str) -> str:
    """As data, so that each reader gets it in their own language."""
    return f"{MARK}{orders} {looks} {last}"


def say(reason: str) -> str:
    """The reason of a tag in words; what people wrote stays as it is."""
    parts = reason.removeprefix(MARK).split()
    if not reason.startswith(MARK) or len(parts) != 3:
        return reason
    orders, looks, last = int(parts[0]), int(parts[1]), date_format(date.fromisoformat(parts[2]))
    words = (
        [ngettext("bought it %(n)d time", "bought it %(n)d times", orders) % {"n": orders}] if orders else []
    )
    words += (
        [ngettext("looked at it %(n)d time", "looked at it %(n)d times", looks) % {"n": looks}]
        if looks
        else []
    )
    return _("%(what)s, last on %(day)s") % {"what": ", ".join(words), "day": last}


def _points(category: str, now: datetime) -> list[Found]:
    """One pass of the database over the orders and looks of one category."""
    values: dict[str, Any] = {
        "category": category,
        "now": connection.ops.adapt_datetimefield_value(now.astimezone(UTC)),
        "since": connection.ops.adapt_datetimefield_value(now.astimezone(UTC) - timedelta(days=730)),
        "look": LOOK_POINTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(), values)
        return list(cursor.fetchall())


def _statement() -> str:
    postgres = connection.vendor == "postgresql"
    apart = (
        "EXTRACT(EPOCH FROM (%(now)s::timestamptz - at))"
        if postgres
        else "86400.0 * (julianday(%(now)s) - julianday(at))"
    )
    names = "properties ->> 'category'" if postgres else "JSON_EXTRACT(properties, '$.category')"
    tables = {
        model: connection.ops.quote_name(model._meta.db_table)
        for model in (Purchase, PurchaseLine, Product, Interaction)
    }
    return f"""
WITH signs AS (
    SELECT DISTINCT p.customer_id AS person, p.id AS pk, 1 AS bought, p.bought_at AS at
    FROM {tables[Product]} x JOIN {tables[PurchaseLine]} l ON l.product_id = x.id AND l.amount > 0
    JOIN {tables[Purchase]} p ON p.id = l.purchase_id
    WHERE x.category = %(category)s AND p.customer_id IS NOT NULL AND p.status = 'completed'
        AND (p.refunded = 0 OR p.refunded < p.charged) AND p.bought_at > %(since)s AND p.bought_at <= %(now)s
    UNION ALL
    SELECT customer_id, id, 0, at FROM {tables[Interaction]}
    WHERE kind IN ('view', 'click') AND customer_id IS NOT NULL AND at > %(since)s AND at <= %(now)s
        AND LOWER({names}) = LOWER(%(category)s)
)
SELECT person,
    SUM((CASE WHEN bought = 1 THEN 1.0 ELSE %(look)s END) * POWER(0.5, {apart} / 86400.0 / {HALF_LIFE}.0)),
    SUM(bought), SUM(1 - bought), MAX(at)
FROM signs GROUP BY person"""


def explained() -> list[dict[str, Any]]:
    """Each category with how many customers have its tag, for the page."""
    uses = CustomerTag.objects.filter(tag__interest__isnull=False).values_list("tag__interest")
    counts = dict(uses.annotate(n=Count("pk")).order_by())
    last = CustomerTag.objects.filter(source="rule", tag__interest__isnull=False).aggregate(
        at=Max("tagged_at")
    )
    interests = Interest.objects.select_related("tag")
    return [{"interest": one, "count": counts.get(one.pk, 0), "at": last["at"]} for one in interests]
