"""A score by everything at once: segments, groups of customers, channels, products, agents.

Each customer's answers are counted once in the database; what customers have in common is then added up over
arrays. So a million answers take one pass, however many ways there are to look at them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import numpy as np
from django.db import connection
from django.db.models import Case as When_Case
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import code_words
from crm.ledger import STAGES
from crm.models import Case, Customer, Product, User
from feedback import freshness, measuring
from feedback.models import Answer, Survey
from feedback.numerics import scores, trends
from feedback.numerics.scores import Score
from feedback.reports import GroupScore
from segments.clusters import naming
from segments.models import CustomerFeatures, Membership, Segment
from segments.rfm import names as rfm_names

type Triple = tuple[int, int, int]  # Good, middling and bad answers.
type Tables = dict[str, dict[str, Triple]]

WAYS: Final = {
    "segment": gettext_lazy("Segment"),
    "rfm.group": gettext_lazy("RFM group"),
    "cluster": gettext_lazy("Cluster"),
    "stage": gettext_lazy("Lifecycle stage"),
    "product": gettext_lazy("Product"),
    "category": gettext_lazy("Category"),
    "channel": gettext_lazy("How it was answered"),
    "agent": gettext_lazy("Who looked after the customer"),
    "language": gettext_lazy("Language"),
    "country": gettext_lazy("Country"),
    "gender": gettext_lazy("Gender"),
    "source": gettext_lazy("Where the customer came from"),
}
OF_CUSTOMER: Final = ("language", "country", "gender", "source")
OF_FEATURES: Final = {"rfm.group": "rfm_group", "cluster": "cluster", "stage": "stage"}
SHOWN: Final = 40
AGENT_WITHIN: Final = timedelta(days=60)


def of(survey: Survey, answers: QuerySet[Answer], *, cached: bool) -> Tables:
    """{way: {value: triple}}. `answers` are those that the reader may see; all of them may be cached."""
    if not cached:
        return _everything(survey, answers)
    name = f"breakdowns:{survey.pk}:{survey.kind}:{survey.points}"
    return freshness.kept(name, answers, lambda: _everything(survey, answers))


def groups(survey: Survey, tables: Tables, way: str, most: int | None = SHOWN) -> list[GroupScore]:
    """The values of one way, most answers first, each against everybody else; many comparisons weigh less."""
    table = tables.get(way, {})
    whole = tables["all"].get("", (0, 0, 0))
    names = _names(way, list(table))
    found = []
    for value, triple in table.items():
        score = scores.of_groups(survey.kind, *triple)
        rest = scores.of_groups(survey.kind, *_minus(whole, triple))
        if score:
            difference = scores.difference(score, rest) if rest else None
            found.append(GroupScore(names.get(value, value), value, score, difference))
    found.sort(key=lambda one: (-one.score.n, one.name))
    told = [one for one in found if one.against_rest and one.score.is_enough]
    fair = trends.holm([one.against_rest.p_value for one in told if one.against_rest])
    judged = {
        one.slug: replace(one, against_rest=replace(one.against_rest, p_value=p))
        for one, p in zip(told, fair, strict=True)
        if one.against_rest
    }
    return [judged.get(one.slug, one) for one in found[:most]]


def _everything(survey: Survey, answers: QuerySet[Answer]) -> Tables:
    scored = answers.filter(survey=survey).exclude(score=None)
    people, triples, whole = _by_customer(survey, scored)
    tables: Tables = {"all": {"": whole}}
    tables |= _by_occasion(survey, scored)
    tables["category"] = _by_category(tables["product"])
    tables |= _by_attributes(people, triples)
    tables["segment"] = _by_segment(people, triples)
    tables["agent"] = _by_agent(survey, scored)
    return tables


def _tallied(survey: Survey, scored: QuerySet[Answer], *columns: str) -> QuerySet[Any, tuple[Any, ...]]:
    """(*columns, answers, good ones, good or middling ones), in the order of the columns."""
    good, middle = measuring.bounds(survey)
    return (
        scored.order_by()
        .values_list(*columns)
        .annotate(
            n=Count("pk"),
            good=Count("pk", filter=Q(score__gte=good)),
            fair=Count("pk", filter=Q(score__gte=middle)),
        )
        .order_by(*columns)
    )


def _by_occasion(survey: Survey, scored: QuerySet[Answer]) -> Tables:
    """By channel and by product, in one pass."""
    rows = list(_tallied(survey, scored, "channel", "product"))
    tables = [((channel, product), (good, fair - good, n - fair)) for channel, product, n, good, fair in rows]
    return {
        "channel": _added((channel, triple) for (channel, _product), triple in tables),
        "product": _added((str(product or ""), triple) for (_channel, product), triple in tables),
    }


def _by_category(products: Mapping[str, Triple]) -> dict[str, Triple]:
    known = dict(Product.objects.filter(pk__in=map(int, products)).values_list("pk", "category"))
    return _added((known.get(int(pk), ""), triple) for pk, triple in products.items())


def _added(pairs: Any) -> dict[str, Triple]:
    table: dict[str, Triple] = {}
    for value, triple in pairs:
        if value:
            before = table.get(value, (0, 0, 0))
            table[value] = (before[0] + triple[0], before[1] + triple[1], before[2] + triple[2])
    return table


def _by_customer(survey: Survey, scored: QuerySet[Answer]) -> tuple[np.ndarray, np.ndarray, Triple]:
    """Keys of the customers, ascending, their answers counted: n × 3; and those of everybody."""
    rows = [(pk or 0, *counted) for pk, *counted in _tallied(survey, scored, "customer")]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    n, upper, fair = table[:, 1], table[:, 2], table[:, 3]
    triples = np.stack([upper, fair - upper, n - fair], axis=1)
    whole = triples.sum(axis=0)
    known = np.flatnonzero(table[:, 0])
    known = known[np.argsort(table[known, 0])]  # Databases place nobody first, or last.
    return table[known, 0], triples[known], (int(whole[0]), int(whole[1]), int(whole[2]))


def _by_attributes(people: np.ndarray, triples: np.ndarray) -> Tables:
    found: Tables = {}
    rows = Customer.objects.order_by("pk").values_list("pk", *OF_CUSTOMER)
    found |= _along(people, triples, rows, OF_CUSTOMER)
    columns = list(OF_FEATURES.values())
    features = CustomerFeatures.objects.order_by("pk").values_list("customer_id", *columns)
    found |= _along(people, triples, features, list(OF_FEATURES))
    return found


def _along(people: np.ndarray, triples: np.ndarray, rows: Any, ways: Sequence[str]) -> Tables:
    """Add up the triples of customers by each attribute; `rows` are (key, *attributes)."""
    if not len(people):
        return {way: {} for way in ways}
    columns: list[Any] = list(zip(*rows.iterator(chunk_size=20_000), strict=True)) or [()] * (len(ways) + 1)
    keys = np.array(columns[0], dtype=np.int64)
    at = np.searchsorted(people, keys)
    at[at == len(people)] = 0
    mine = triples[at] * (people[at] == keys)[:, None] if len(keys) else triples[:0]
    return {way: _summed(columns[1 + number], mine) for number, way in enumerate(ways)}


def _summed(values: Sequence[Hashable], triples: np.ndarray) -> dict[str, Triple]:
    codes: dict[Hashable, int] = {}
    where = np.fromiter(
        (codes.setdefault(one, len(codes)) for one in values), dtype=np.int64, count=len(values)
    )
    sums = [np.bincount(where, weights=triples[:, third], minlength=len(codes)) for third in range(3)]
    return {
        str(value): (int(sums[0][code]), int(sums[1][code]), int(sums[2][code]))
        for value, code in codes.items()
        if value not in (None, "") and any(part[code] for part in sums)
    }


def _by_segment(people: np.ndarray, triples: np.ndarray) -> dict[str, Triple]:
    """Today's members of each segment."""
    if not len(people):
        return {}
    table = connection.ops.quote_name(Membership._meta.db_table)
    sums: dict[int, np.ndarray] = {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT segment_id, customer_id FROM {table} WHERE left_at IS NULL")
        while rows := cursor.fetchmany(100_000):
            pairs = np.array(rows, dtype=np.int64)
            at = np.searchsorted(people, pairs[:, 1])
            at[at == len(people)] = 0
            mine = triples[at] * (people[at] == pairs[:, 1])[:, None]
            for segment in np.unique(pairs[:, 0]):
                part = mine[pairs[:, 0] == segment].sum(axis=0)
                sums[int(segment)] = sums.get(int(segment), np.zeros(3, dtype=np.int64)) + part
    known = dict(Segment.objects.filter(pk__in=sums).values_list("pk", "slug"))
    return {
        known[segment]: (int(one[0]), int(one[1]), int(one[2]))
        for segment, one in sums.items()
        if segment in known and one.any()
    }


def _third(survey: Survey) -> When_Case:
    good, middle = measuring.bounds(survey)
    return When_Case(
        When(score__gte=good, then=Value(0)),
        When(score__gte=middle, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def _by_agent(survey: Survey, scored: QuerySet[Answer]) -> dict[str, Triple]:
    """Who solved the customer's last case in the two months before the answer."""
    if not Case.objects.filter(solved_at__isnull=False).exists():
        return {}
    helped = Customer.objects.filter(cases__solved_at__isnull=False)
    last = Case.objects.filter(
        customer=OuterRef("customer"),
        solved_at__lte=OuterRef("answered_at"),
        owner__isnull=False,
    ).order_by("-solved_at", "-pk")
    rows = scored.filter(customer__in=helped).annotate(
        third=_third(survey),
        agent=Subquery(last.values("owner")[:1]),
        solved=Subquery(last.values("solved_at")[:1]),
    )
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for agent, at, solved, code in rows.exclude(agent=None).values_list(
        "agent", "answered_at", "solved", "third"
    ):
        if at - solved <= AGENT_WITHIN:
            table[str(agent)][code] += 1
    return {agent: (one[0], one[1], one[2]) for agent, one in table.items()}


def _names(way: str, values: Sequence[str]) -> dict[str, str]:
    """What people call the values of a way."""
    match way:
        case "segment":
            return dict(Segment.objects.filter(slug__in=values).values_list("slug", "name"))
        case "product":
            rows = Product.objects.filter(pk__in=values).values_list("pk", "name")
            return {str(pk): name for pk, name in rows}
        case "agent":
            return {str(one.pk): str(one) for one in User.objects.filter(pk__in=values)}
        case "channel":
            return {str(code): str(name) for code, name in Answer.Channel.choices}
    named: dict[str, Callable[[str], Any]] = {
        "cluster": naming.name_of,
        "rfm.group": rfm_names.name_of,
        "stage": lambda stage: STAGES.get(stage, stage),
    }
    named |= {column: partial(code_words.said, column) for column in OF_CUSTOMER}
    return {value: str(named[way](value)) for value in values} if way in named else {}


def _minus(whole: Triple, part: Triple) -> Triple:
    return whole[0] - part[0], whole[1] - part[1], whole[2] - part[2]


def best_and_worst(found: Sequence[GroupScore]) -> str:
    """The finding of a breakdown in one sentence."""
    low = next(
        (one for one in sorted(found, key=lambda one: one.score.value) if one.verdict == "lower"), None
    )
    high = next(
        (one for one in sorted(found, key=lambda one: -one.score.value) if one.verdict == "higher"), None
    )
    if low and high:
        return _("“%(low)s” is clearly less content than the others, “%(high)s” clearly more") % {
            "low": low.name,
            "high": high.name,
        }
    if low:
        return _("“%(low)s” is clearly less content than the others") % {"low": low.name}
    if high:
        return _("“%(high)s” is clearly more content than the others") % {"high": high.name}
    return _("No group is clearly apart from the others")


def narrowed(answers: QuerySet[Answer], way: str, value: str) -> QuerySet[Answer]:
    """The scored answers behind a line of a breakdown."""
    answers = answers.exclude(score=None)
    if way == "segment":
        return answers.filter(customer__memberships__segment__slug=value, customer__memberships__left_at=None)
    if way == "agent":
        mine = Case.objects.filter(customer=OuterRef("customer"), solved_at__lte=OuterRef("answered_at"))
        last = mine.filter(owner__isnull=False).order_by("-solved_at", "-pk").values("owner")[:1]
        return answers.annotate(agent=Subquery(last)).filter(agent=value if value.isdecimal() else None)
    if way == "product":
        return answers.filter(product=int(value)) if value.isdecimal() else answers.none()
    paths = {"category": "product__category", "channel": "channel"}
    paths |= {one: f"customer__{one}" for one in OF_CUSTOMER}
    paths |= {one: f"customer__features__{column}" for one, column in OF_FEATURES.items()}
    return answers.filter(**{paths[way]: value})


def since(moment: datetime, answers: QuerySet[Answer], end: datetime | None = None) -> QuerySet[Answer]:
    found = answers.filter(answered_at__gte=moment)
    return found.filter(answered_at__lt=end) if end else found


def score_of(survey: Survey, answers: QuerySet[Answer]) -> Score | None:
    rows = answers.filter(survey=survey).values_list("score").annotate(n=Count("pk")).order_by()
    return measuring.score(survey, dict(rows))
