"""What is known of some people, counted: the same for a group and for everyone, so that both compare.

Sums of money and chances are of all of them; the rest is counted for at most SAMPLE, drawn by their numbers
so that the same people are drawn again. Only counts leave this module, never a value of one person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Mod

from crm import bulk, charges, masking
from crm.models import Business, Customer, CustomerTag, Interaction, Message, Purchase, PurchaseLine
from crm.models.purchase import counting
from segments.models import CustomerFeatures, ModelTag
from segments.personas import own_counts
from segments.personas.own_counts import OwnCounts

SAMPLE = 5_000
YEAR = timedelta(days=365)
SOON = timedelta(days=7)  # A purchase so soon after a click is counted as its fruit.
HIDDEN_BELOW = 10  # Ages and own fields of fewer people say too much of each.
AGES = (18, 25, 35, 45, 55, 65)  # Where a band begins.
PARTS = ((5, "morning"), (11, "noon"), (14, "afternoon"), (18, "evening"), (22, "night"))


@dataclass(slots=True)
class Facts:
    """`size` people, of whom `drawn` were looked at; counters say how many of these have what."""

    size: int
    drawn: int
    known: dict[str, int] = field(default_factory=dict)  # How many tell their gender, age …
    counts: dict[str, Counter[Any]] = field(default_factory=dict)
    buyers: int = 0  # Of those drawn, with a line of an order that counts.
    orders: int = 0  # Of those drawn.
    figures: dict[str, float | None] = field(default_factory=dict)
    own: OwnCounts = field(default_factory=OwnCounts)

    def share(self, what: str, value: Any) -> float:
        """Of those whose value is known."""
        return self.counts[what][value] / self.known[what] if self.known.get(what) else 0.0


def read(people: QuerySet[CustomerFeatures], business: Business, today: date, now: datetime) -> Facts:
    """Count everything about these people."""
    figures = _figures(people)
    size = int(figures["size"] or 0)
    ids = _draw(people, size)
    found = Facts(size, len(ids), figures=figures)
    _who(found, ids, today)
    _bought(found, ids)
    _when(found, ids, business)
    _responded(found, ids, now)
    _tagged(found, ids)
    found.own = own_counts.count(ids, HIDDEN_BELOW)
    return found


def _draw(people: QuerySet[CustomerFeatures], size: int) -> list[int]:
    rows = people.order_by("customer_id")
    if size > SAMPLE:
        rows = people.order_by(Mod(F("customer_id") * 7919, 10_007), "customer_id")
    return list(rows.values_list("customer_id", flat=True)[:SAMPLE])


def _figures(people: QuerySet[CustomerFeatures]) -> dict[str, float | None]:
    """Money, chances and satisfaction of all of them, in one query."""
    bought, nps = Q(orders__gt=0), Q(nps_last__isnull=False)
    wanted: dict[str, Any] = {
        "size": Count("pk"),
        "buyers": Count("pk", filter=bought),
        "once": Count("pk", filter=Q(orders=1)),
        "orders": Sum("orders"),
        "revenue": Sum("revenue"),
        "basket": Avg("average_order"),
        "recency": Avg("recency_days", filter=bought),
        "clv": Avg("clv"),
        "clv_sum": Sum("clv"),
        "alive": Avg("alive_chance"),
        "alive_known": Count("alive_chance"),
        "nps_known": Count("pk", filter=nps),
        "promoters": Count("pk", filter=Q(nps_last__gte=9)),
        "detractors": Count("pk", filter=Q(nps_last__lte=6)),
        "csat": Avg("csat_last"),
        "csat_known": Count("csat_last"),
    }
    if any(one.name == "lapse_chance" for one in CustomerFeatures._meta.get_fields()):
        wanted["lapse"] = Avg("lapse_chance")
    found = people.order_by().aggregate(**{f"of_{name}": value for name, value in wanted.items()})
    told = {name: found[f"of_{name}"] for name in wanted}  # Counts stay whole: words follow them.
    return {name: one if one is None or isinstance(one, int) else float(one) for name, one in told.items()}


def _who(found: Facts, ids: Sequence[int], today: date) -> None:
    names = ("gender", "country", "city", "language", "source", "email_consent", "birth_date")
    is_masked = masking.active()
    with masking.applied(False):
        rows = list(Customer.objects.filter(pk__in=bulk.numbers(ids)).values_list(*names))
    for place, name in enumerate(names[:-1]):
        values = Counter(row[place].strip() for row in rows if row[place].strip())
        if name == "city" and is_masked:
            values = Counter()
        found.counts[name], found.known[name] = values, values.total()
    ages = [_age(row[-1], today) for row in rows if row[-1] and row[-1] <= today]
    if is_masked and len(ages) < HIDDEN_BELOW:
        ages = []
    found.counts["age"] = Counter(_band(age) for age in ages)
    found.known["age"] = len(ages)


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _band(age: int) -> int:
    """The first year of the band; 0 for the youngest."""
    return max((first for first in AGES if first <= age), default=0)


def _bought(found: Facts, ids: Sequence[int]) -> None:
    """Buyers per product and category, and what one piece costs."""
    lines = PurchaseLine.objects.filter(
        counting("purchase__"), purchase__customer_id__in=bulk.numbers(ids), quantity__gt=0, amount__gt=0
    ).order_by()
    no_products = set(charges.numbers())
    pairs = lines.values_list("purchase__customer_id", "product_id", "product__category").distinct()
    products: Counter[int] = Counter()
    categories: set[tuple[int, str]] = set()
    buyers: set[int] = set()
    for customer, product, category in pairs.iterator(chunk_size=5000):
        buyers.add(customer)
        if product is None or product in no_products:
            continue
        products[product] += 1
        if category:
            categories.add((customer, category))
    found.buyers = len(buyers)
    found.counts["product"] = products
    found.counts["category"] = Counter(category for _customer, category in categories)
    found.known["product"] = found.known["category"] = found.buyers
    sums = lines.exclude(product__in=no_products).aggregate(amount=Sum("amount"), pieces=Sum("quantity"))
    if sums["pieces"]:
        found.figures["price"] = float(sums["amount"] / sums["pieces"])


def _when(found: Facts, ids: Sequence[int], business: Business) -> None:
    """Orders per weekday, part of the day and quarter in the shop's time zone, and per channel."""
    orders = Purchase.objects.counting().filter(customer_id__in=bulk.numbers(ids)).order_by()
    zone, channels = business.zone, Counter[str]()
    times: Counter[tuple[int, int, int]] = Counter()
    for at, channel in orders.values_list("bought_at", "channel").iterator(chunk_size=5000):
        here = at.astimezone(zone)
        times[here.weekday(), here.hour, here.month] += 1
        channels[channel] += 1
    found.orders = times.total()
    found.counts["weekday"] = _folded((weekday, n) for (weekday, _h, _m), n in times.items())
    found.counts["part"] = _folded((_part(hour), n) for (_w, hour, _m), n in times.items())
    found.counts["quarter"] = _folded(((month + 2) // 3, n) for (_w, _h, month), n in times.items())
    is_told = any(hour for _w, hour, _m in times)  # Days without a time stand at midnight.
    for name in ("weekday", "part", "quarter"):
        found.known[name] = found.orders if name != "part" or is_told else 0
    del channels[""]
    found.counts["channel"], found.known["channel"] = channels, channels.total()


def _tagged(found: Facts, ids: Sequence[int]) -> None:
    """Which tags by model they have, by the code of the class."""
    uses = CustomerTag.objects.filter(customer_id__in=bulk.numbers(ids), source=CustomerTag.Source.MODEL)
    counts = dict(uses.order_by().values_list("tag_id").annotate(n=Count("pk")))
    codes = ModelTag.objects.filter(tag__in=list(counts)).values_list("tag_id", "code")
    found.counts["model_tag"] = Counter({code: counts[tag] for tag, code in codes})
    found.known["model_tag"] = len(ids)


def _folded(pairs: Iterable[tuple[Any, int]]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for key, n in pairs:
        found[key] += n
    return found


def _part(hour: int) -> str:
    return next((name for first, name in reversed(PARTS) if hour >= first), "night")


def _responded(found: Facts, ids: Sequence[int], now: datetime) -> None:
    """People of the last year who got a mail, opened, clicked, and bought soon after a click."""
    theirs = Q(customer_id__in=bulk.numbers(ids))
    got = Message.objects.filter(theirs, state=Message.State.SENT, sent_at__gte=now - YEAR)
    heard = Interaction.objects.filter(theirs, at__gte=now - YEAR)
    bought = Purchase.objects.counting().filter(
        customer=OuterRef("customer"), bought_at__gte=OuterRef("at"), bought_at__lt=OuterRef("at") + SOON
    )
    clicks = heard.filter(kind="click")
    steps: dict[str, QuerySet[Any]] = {
        "got": got,
        "opened": heard.filter(kind="open"),
        "clicked": clicks,
        "bought": clicks.filter(Exists(bought)),
    }
    found.counts["mail"] = Counter(
        {name: rows.order_by().values("customer").distinct().count() for name, rows in steps.items()}
    )
    found.known["mail"] = found.counts["mail"]["got"]
