"""One look through everything, in the background: counts per field and rule, stored with their moment."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Count, F, FloatField, Q, QuerySet, Value
from django.db.models.functions import Abs, Cast, Ln
from django.utils import timezone

from crm import addresses, bulk, custom_fields, phones
from crm.models import Customer, DuplicateGroup, Purchase, QualityFinding, QualityRun, Refund
from crm.models.purchase import counting
from crm.quality.rules import FARTHEST, RULES, About, Measure, base, measure

State = QualityRun.State
STALE: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=400)
ROBUST: Final = 0.6745  # A normal deviate at its third quartile: makes the median distance a deviation.
FEWEST: Final = 20  # Fewer orders say nothing about what is usual.
PLAIN: Final = (
    "email", "phone", "first_name", "last_name", "country", "city", "gender", "language", "source",
)  # fmt: skip

type Clock = Callable[[], datetime]


def ask(*, at: datetime) -> QualityRun:
    """The look that waits or runs already, or a new one."""
    try:
        with transaction.atomic():
            return QualityRun.objects.create(created_at=at)
    except IntegrityError:
        return QualityRun.objects.filter(state__in=[State.QUEUED, State.RUNNING]).order_by("-pk")[0]


def release_stale(*, at: datetime) -> int | None:
    """RUNNING → QUEUED for a look whose process was killed; the one that should run next."""
    QualityRun.objects.filter(state=State.RUNNING, heartbeat_at__lt=at - STALE).update(state=State.QUEUED)
    return QualityRun.objects.filter(state=State.QUEUED).values_list("pk", flat=True).first()


def run(run_id: int, *, clock: Clock = timezone.now) -> bool:
    """QUEUED → RUNNING → DONE | FAILED; False when somebody else has it."""
    mine = QualityRun.objects.filter(pk=run_id)
    if not mine.filter(state=State.QUEUED).update(state=State.RUNNING, heartbeat_at=clock()):
        return False
    try:
        figures: dict[str, Any] = {}
        steps = _steps(figures, clock())
        for done, step in enumerate(steps, start=1):
            step()
            mine.update(steps_done=done, steps=len(steps), heartbeat_at=clock())
    except Exception:
        mine.update(state=State.FAILED, finished_at=clock())
        raise
    mine.update(state=State.DONE, figures=figures, finished_at=clock())
    return True


def _steps(figures: dict[str, Any], now: datetime) -> list[Callable[[], None]]:
    return [
        lambda: figures.update(totals()),
        lambda: figures.update(fields=fields()),
        lambda: figures.update(limits={**order_limits(), "countries": unknown_countries()}),
        judge_contacts,
        *(
            lambda key=key: figures.setdefault("rules", {}).update(
                {key: RULES[key].rows(measure(now, figures["limits"])).count()}
            )
            for key in RULES
        ),
    ]


def totals() -> dict[str, int]:
    sales = Purchase.objects.aggregate(
        all=Count("pk"),
        anonymous=Count("pk", filter=Q(customer=None)),
        counting=Count("pk", filter=counting()),
    )
    return {
        "customers": base(About.CUSTOMER).count(),
        "purchases": sales["all"],
        "anonymous": sales["anonymous"],
        "not_counting": sales["all"] - sales["counting"],
        "loose_refunds": Refund.objects.filter(purchase=None).count(),
        "duplicates": DuplicateGroup.objects.filter(state=DuplicateGroup.State.OPEN).count(),
    }


def fields() -> list[dict[str, Any]]:
    """How many customers lack each field, in one pass; own fields by their key."""
    lacks: dict[str, Q] = {name: Q(**{name: ""}) for name in PLAIN}
    lacks["birth_date"] = Q(birth_date=None)
    own = custom_fields.plain()[:40]
    lacks |= {f"custom.{one.key}": ~Q(custom__has_key=one.key) for one in own}
    counted = base(About.CUSTOMER).aggregate(
        **{f"n{place}": Count("pk", filter=lack) for place, lack in enumerate(lacks.values())}
    )
    return [{"key": key, "missing": counted[f"n{place}"]} for place, key in enumerate(lacks)]


def order_limits() -> dict[str, float]:
    """Between which totals an order is usual: the median, and 3.5 robust deviations to both sides.

    Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993), on logarithms, because totals are skewed:
    many small orders and a few large ones are usual. Nothing is told where more than half of all orders cost
    the same, or there are few.
    """
    totals = Purchase.objects.filter(charged__gt=0)
    count = totals.count()
    if count < FEWEST:
        return {}
    centre = _median(totals.order_by("charged").values_list("charged", flat=True), count)
    from_centre = Ln(Cast(F("charged"), FloatField())) - Value(math.log(centre))
    away = totals.annotate(away=Abs(from_centre, output_field=FloatField())).order_by("away")
    spread = _median(away.values_list("away", flat=True), count)
    if not spread:
        return {}
    reach = FARTHEST * spread / ROBUST
    return {"median": centre, "low": centre * math.exp(-reach), "high": centre * math.exp(reach)}


def _median(values: QuerySet[Any, Any], count: int) -> float:
    middle = list(values[(count - 1) // 2 : count // 2 + 1])
    return float(sum(middle) / len(middle))


def unknown_countries() -> list[str]:
    """The texts in use that name no country."""
    used = Customer.objects.exclude(country="").order_by().values_list("country", flat=True).distinct()
    return sorted(one for one in used if phones.region(one) is None)[:500]


def judge_contacts() -> None:
    """Addresses and numbers that only a program can judge; what the last look found is replaced."""
    found = list(_wrong())
    with transaction.atomic():
        QualityFinding.objects.filter(rule__in=["email_invalid", "phone_invalid"]).delete()
        bulk.write(QualityFinding, ("rule", "row"), found)


def _wrong() -> Iterator[tuple[str, int]]:
    people = base(About.CUSTOMER).exclude(email="", phone="").order_by()
    rows = people.values_list("pk", "email", "phone", "country")
    for pk, email, phone, country in rows.iterator(chunk_size=5000):
        if email and not addresses.is_valid(email):
            yield "email_invalid", pk
        if phone and not _is_phone(phone, country):
            yield "phone_invalid", pk


@lru_cache(maxsize=50_000)
def _is_phone(phone: str, country: str) -> bool:
    try:
        return phones.normalise(phone, country).startswith("+")
    except ValueError:
        return False


def latest() -> QualityRun | None:
    return QualityRun.objects.filter(state=State.DONE).order_by("-pk").first()


def current(now: datetime) -> Measure:
    """What the rules compare with today."""
    return measure(now)


def forget_old(now: datetime) -> None:
    """The nightly chore; the trend is kept for a year."""
    over = QualityRun.objects.filter(state__in=[State.DONE, State.FAILED])
    over.filter(created_at__lt=now - KEPT).delete()
