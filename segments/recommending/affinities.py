"""The calculation behind recommendations: who bought what → resemblances, pairs, favourites, and a trial."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import bulk, memory
from crm.errors import Refusal
from crm.models import Business, Product
from segments import lease, runs
from segments.models import (
    Membership,
    ProductAffinity,
    ProductPair,
    ProductReach,
    ScoringRun,
    Segment,
    SegmentFavourite,
)
from segments.numerics import pairs, reach, recommend, recommend_trial
from segments.numerics.late import late
from segments.recommending import baskets

if TYPE_CHECKING:
    from scipy import sparse
else:
    sparse = late("scipy.sparse")

STEPS = {
    "reading": _("Reading what was bought"),
    "pairs": _("Counting what is bought together"),
    "resembling": _("Comparing products by their buyers"),
    "trial": _("Trying it on the last orders"),
    "storing": _("Keeping the result"),
}
JUDGED = 20_000  # Customers of the nightly trial.
MOST_PAIRS = 20_000
MOST_FAVOURITES = 20
KEPT_RUNS = 30
type Rows = tuple[type[Model], list[str], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Status(runs.Status):
    """What pages tell of recommendations; `done` is the last calculation that worked."""

    done: ScoringRun | None = None


def status() -> Status:
    worked = ScoringRun.objects.filter(kind=ScoringRun.Kind.RECOMMEND, state=ScoringRun.State.DONE)
    return replace(Status.of(ScoringRun.Kind.RECOMMEND, STEPS), done=worked.first())


def request() -> ScoringRun:
    """Ask for the calculation in the background; one that waits already serves everybody."""
    known = ScoringRun.objects.filter(kind=ScoringRun.Kind.RECOMMEND)
    run = known.filter(state=ScoringRun.State.QUEUED).first()
    run = run or ScoringRun.objects.create(kind=ScoringRun.Kind.RECOMMEND)
    runs.send(run.pk)
    return run


def calculate() -> dict[str, Any]:
    """Calculate here and now; refused while another process does."""
    run = ScoringRun.objects.create(kind=ScoringRun.Kind.RECOMMEND)
    claimed = lease.claim(run.pk)
    if claimed is None:
        run.delete()
        raise Refusal(_("Recommendations are being calculated already. Please wait until that is done."))
    return work(claimed)


def work(run: ScoringRun) -> dict[str, Any]:
    """Work on a claimed run; until it is through, the results before it stay in force."""
    try:
        return _work(run)
    except lease.Superseded:
        raise
    except Exception as error:
        lease.fail(run, f"{type(error).__name__}: {error}")
        raise


def evaluate() -> recommend_trial.Trial:
    """The trial on every customer, on today's purchases."""
    return _trial(baskets.read().known(), None)


def _work(run: ScoringRun) -> dict[str, Any]:
    began = time.perf_counter()
    lease.step(run, "reading")
    lines = baskets.read()
    lease.step(run, "pairs")
    found = _pairs(lines)
    tell = lease.step(run, "resembling")
    known = lines.known()
    customers, products, owned = _table(known)
    alike = recommend.neighbours(owned, tell)
    spread = reach.reach(*_codes(known), known.moments, len(products))
    lease.step(run, "trial")
    trial = _trial(known, JUDGED)
    lease.step(run, "storing")
    rows: list[Rows] = [
        found,
        _affinity_rows(alike, products),
        _reach_rows(spread, products),
        _favourite_rows(customers, products, owned),
    ]
    with transaction.atomic():
        counts = [_replace(*one) for one in rows]
        result = {
            "baskets": len(np.unique(lines.orders)),
            "customers": len(customers),
            "products": len(products),
            "pairs": counts[0],
            "trial": asdict(trial),
            "sampled": trial.customers >= JUDGED,
            "seconds": round(time.perf_counter() - began, 3),
            "peak_mb": round(memory.peak_mb()),
        }
        lease.finish(run, as_of=Business.current().today(timezone.now()), result=result)
        _forget(run)
    bulk.analyze(*(model for model, _columns, _rows in rows))
    return result


def _codes(lines: baskets.Lines) -> tuple[pairs.Ints, pairs.Ints]:
    who = np.unique(lines.customers, return_inverse=True)[1]
    return who, np.unique(lines.products, return_inverse=True)[1]


def _table(known: baskets.Lines) -> tuple[pairs.Ints, pairs.Ints, recommend.Table]:
    """The keys of customers and products, and who bought what, in their order."""
    customers, products = np.unique(known.customers), np.unique(known.products)
    owned = recommend.bought(*_codes(known), (len(customers), len(products)))
    return customers, products, owned


def _trial(known: baskets.Lines, most: int | None) -> recommend_trial.Trial:
    return recommend_trial.evaluate(*_codes(known), known.orders, known.moments, most=most)


def _pairs(lines: baskets.Lines) -> Rows:
    keys, codes = np.unique(lines.products, return_inverse=True)
    orders = np.unique(lines.orders, return_inverse=True)[1]
    found = pairs.find(orders, codes)
    best = found.together.nonzero()[0][:MOST_PAIRS]
    names = [
        "a_id",
        "b_id",
        "count",
        "support",
        "confidence",
        "reverse_confidence",
        "lift",
        "p_value",
        "q_value",
    ]
    shares = (
        found.support,
        found.confidence,
        found.reverse_confidence,
        found.lift,
        found.p_value,
        found.q_value,
    )
    columns = [keys[found.a[best]], keys[found.b[best]], found.count[best], *(one[best] for one in shares)]
    return ProductPair, names, _zipped(columns)


def _affinity_rows(alike: recommend.Neighbours, products: pairs.Ints) -> Rows:
    columns = [products[alike.product], products[alike.other], alike.weight]
    return ProductAffinity, ["product_id", "other_id", "weight"], _zipped(columns)


def _reach_rows(spread: reach.Reach, products: pairs.Ints) -> Rows:
    gaps = [None if np.isnan(gap) else gap for gap in spread.gap_days.tolist()]
    rows = zip(products.tolist(), spread.buyers.tolist(), spread.again.tolist(), gaps, strict=True)
    return ProductReach, ["product_id", "buyers", "again", "gap_days"], list(rows)


def _favourite_rows(customers: pairs.Ints, products: pairs.Ints, owned: recommend.Table) -> Rows:
    stays = Membership.objects.filter(left_at=None).values_list("segment_id", "customer_id")
    table = np.array(list(stays.iterator(chunk_size=5000)), dtype=np.int64).reshape(-1, 2)
    table = table[np.isin(table[:, 1], customers)]
    segments, rows = np.unique(table[:, 0], return_inverse=True)
    columns = np.searchsorted(customers, table[:, 1])
    members = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(segments), len(customers)))
    found = reach.favourites(members, owned, most=MOST_FAVOURITES)
    names = ["segment_id", "product_id", "buyers", "share", "share_of_all", "q_value"]
    values = [segments[found.group], products[found.product], found.count, found.share, found.share_of_all]
    return SegmentFavourite, names, _zipped([*values, found.q_value])


def _zipped(columns: list[Any]) -> list[tuple[Any, ...]]:
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _replace(model: type[Model], names: list[str], rows: Iterable[tuple[Any, ...]]) -> int:
    """Put these rows in place of the old ones; products and segments deleted meanwhile stay away."""
    model._default_manager.all().delete()
    there = {
        name: set(parent._default_manager.values_list("pk", flat=True))
        for name, parent in (
            ("segment_id", Segment),
            *((one, Product) for one in ("product_id", "other_id", "a_id", "b_id")),
        )
        if name in names
    }
    places = [(names.index(name), keys) for name, keys in there.items()]
    kept = [row for row in rows if all(row[place] in keys for place, keys in places)]
    bulk.write(model, names, kept)
    return len(kept)


def _forget(run: ScoringRun) -> None:
    known = ScoringRun.objects.filter(kind=ScoringRun.Kind.RECOMMEND, pk__lt=run.pk)
    ended = known.exclude(state__in=[ScoringRun.State.QUEUED, ScoringRun.State.RUNNING])
    old = list(ended.values_list("pk", flat=True)[KEPT_RUNS : KEPT_RUNS + 1])
    ended.filter(pk__lte=max(old, default=0)).delete()
