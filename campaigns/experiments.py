"""The life of a test: counted while it runs, read once at its end, its winner sent to the rest once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from campaigns import kept, timing
from campaigns.allotting import WAITING
from campaigns.models import Campaign, Experiment, MessageEvent
from crm import outbox
from crm.errors import Refusal
from crm.models import Message, Purchase
from crm.models.purchase import counting
from segments.numerics import effects, trials

State, Metric, Then = Experiment.State, Experiment.Metric, Experiment.Then
BY_HAND = "hand"
NOT_YET = 10**12  # People that no version ever has.


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of each arm got the mail and how many of these did what counts."""

    letters: list[str]
    sent: list[int]
    did: list[int]
    waiting: int  # The rest, that gets the winner.


def of(campaign: Campaign) -> Experiment | None:
    """The test of a campaign; one with a single version is none."""
    found = Experiment.objects.filter(campaign=campaign).prefetch_related("arms").first()
    return found if found is not None and len(found.arms.all()) > 1 else None


def count(experiment: Experiment) -> Counted:
    campaign = experiment.campaign
    letters = [arm.letter for arm in experiment.arms.all()]
    mine = Message.objects.filter(mailing=campaign.mailing_id or 0)
    sent = _by_arm(mine.filter(arm__in=letters, state=Message.State.SENT))
    did = _by_arm(mine.filter(_did(experiment), arm__in=letters, state=Message.State.SENT))
    waiting = mine.filter(arm=WAITING, state=Message.State.QUEUED).count()
    return Counted(
        letters, [sent.get(one, 0) for one in letters], [did.get(one, 0) for one in letters], waiting
    )


def _by_arm(messages: Any) -> dict[str, int]:
    return dict(messages.order_by().values_list("arm").annotate(n=Count("pk")))


def _did(experiment: Experiment) -> Q:
    """Whether somebody did what counts before the end of the test."""
    until = {"at__lte": experiment.ends_at} if experiment.ends_at else {}
    if experiment.metric == Metric.ORDER:
        orders = Purchase.objects.filter(
            counting(), customer=OuterRef("customer"), bought_at__gte=OuterRef("sent_at")
        )
        if experiment.ends_at:
            orders = orders.filter(bought_at__lte=experiment.ends_at)
        return Q(Exists(orders))
    kind = MessageEvent.Kind.OPEN if experiment.metric == Metric.OPEN else MessageEvent.Kind.CLICK
    events = MessageEvent.objects.filter(message=OuterRef("pk"), kind=kind, verdict="human", **until)
    return Q(Exists(events))


def reading(experiment: Experiment, counted: Counted, *, now: datetime) -> trials.Reading:
    """What the test says now: before its end "early" alone, for whoever got the mail may still click."""
    over = experiment.ends_at is not None and now >= experiment.ends_at
    planned = max(experiment.planned, 1) if over else NOT_YET
    return trials.read(counted.did, counted.sent, planned=planned, is_over=over)


def advance(*, now: datetime) -> list[int]:
    """Read the tests whose time is over; returns which campaigns were decided."""
    due = Experiment.objects.filter(
        state=State.RUNNING,
        ends_at__lte=now,
        campaign__state__in=[Campaign.State.SENDING, Campaign.State.DONE],
    )
    decided = []
    for experiment in due.select_related("campaign").prefetch_related("arms"):
        counted = count(experiment)
        found = reading(experiment, counted, now=now)
        winner = _for_the_rest(experiment, counted, found)
        if _decide(experiment, counted, found.verdict, winner, now):
            decided.append(experiment.campaign_id)
    return decided


def _for_the_rest(experiment: Experiment, counted: Counted, found: trials.Reading) -> str:
    """Which version the rest gets by itself: the winner, else the one that was meant anyway."""
    if experiment.then == Then.ASK or not counted.waiting:
        return ""
    return counted.letters[found.best] if found.verdict == trials.WINNER else counted.letters[0]


def choose(experiment: Experiment, letter: str, *, now: datetime) -> None:
    """A person sends one version to the rest, at the end of a test or before it."""
    counted = count(experiment)
    if letter not in counted.letters:
        raise Refusal(_("There is no version %s.") % letter.upper()[:3])
    if experiment.state == State.DECIDED:
        if not counted.waiting or not _release(experiment, letter, now):
            raise Refusal(_("The rest has got its version already."))
    elif not _decide(experiment, counted, BY_HAND, letter, now):
        raise Refusal(_("The test is not running any more."))


@transaction.atomic
def _decide(experiment: Experiment, counted: Counted, verdict: str, winner: str, now: datetime) -> bool:
    """Keep the figures of this moment and let the rest go, both or neither, and only once."""
    mine = Experiment.objects.filter(pk=experiment.pk, state=State.RUNNING)
    if not mine.update(
        state=State.DECIDED, verdict=verdict, decided_at=now, figures=asdict(counted), winner=""
    ):
        return False
    kept.forget(experiment.campaign, "trial")
    if winner:
        _release(experiment, winner, now)
    return True


@transaction.atomic
def _release(experiment: Experiment, letter: str, now: datetime) -> bool:
    """Give the waiting rest its version. A capital letter tells them from those of the test."""
    mine = Experiment.objects.filter(pk=experiment.pk, state=State.DECIDED, winner="")
    if not mine.update(winner=letter):
        return False
    kept.forget(experiment.campaign, "trial")
    campaign = experiment.campaign
    if campaign.mailing is not None:
        rest = campaign.mailing.messages.filter(arm=WAITING, state=Message.State.QUEUED)
        rest.update(arm=letter.upper(), not_before=now)
        timing.spread_rest(campaign.mailing, letter.upper(), campaign.scheduled_at or now, now=now)
    outbox.deliver_soon()
    return True


@dataclass(frozen=True, slots=True)
class Learned:
    """What all tests of one idea found together: version B against A, in shares."""

    idea: str
    kind: str
    tests: list[Experiment]
    people: int
    pooled: effects.Pooled

    @property
    def points(self) -> float:
        return 100 * self.pooled.effect

    @property
    def range(self) -> tuple[float, float]:
        return 100 * self.pooled.interval[0], 100 * self.pooled.interval[1]

    @property
    def is_sure(self) -> bool:
        return self.pooled.interval[0] > 0 or self.pooled.interval[1] < 0


def learned() -> list[Learned]:
    """Tests of the same idea, counted together over campaigns; the idea is named alike."""
    found = Experiment.objects.filter(state=State.DECIDED).select_related("campaign")
    groups: dict[tuple[str, str, str], list[Experiment]] = {}
    for one in found.order_by("decided_at", "pk"):
        if len(one.figures.get("sent", ())) > 1 and min(one.figures["sent"][:2]) > 0:
            idea = " ".join(one.idea.split()) or one.campaign.name
            groups.setdefault((idea.casefold(), one.kind, one.metric), []).append(one)
    return [group for tests in groups.values() if (group := _together(tests))]


def _together(tests: Sequence[Experiment]) -> Learned | None:
    lifts, errors, people = [], [], 0
    for one in tests:
        (x, y), (n, m) = one.figures["did"][:2], one.figures["sent"][:2]
        # Agresti and Caffo's one more success and failure, so that an arm without any has an error, too.
        p, q = (x + 1) / (n + 2), (y + 1) / (m + 2)
        lifts.append(q - p)
        errors.append((p * (1 - p) / (n + 2) + q * (1 - q) / (m + 2)) ** 0.5)
        people += n + m
    pooled = effects.pool(lifts, errors)
    first = tests[0]
    idea = " ".join(first.idea.split()) or first.campaign.name
    return Learned(idea, first.get_kind_display(), list(tests), people, pooled) if pooled else None


def usual_percent(metric: str) -> float | None:
    """How many of those who got the last campaigns did so, in %; None without any campaign."""
    last = Campaign.objects.filter(state=Campaign.State.DONE, mailing__isnull=False).order_by("-started_at")
    mailings = list(last.values_list("mailing", flat=True)[:6])
    sent = Message.objects.filter(mailing__in=mailings, state=Message.State.SENT)
    total = sent.count()
    if not total:
        return None
    if metric == Metric.ORDER:
        orders = Purchase.objects.filter(
            counting(),
            customer=OuterRef("customer"),
            bought_at__gte=OuterRef("sent_at"),
            bought_at__lte=OuterRef("sent_at") + timedelta(days=2),
        )
        return 100 * sent.filter(Exists(orders)).count() / total
    kind = MessageEvent.Kind.OPEN if metric == Metric.OPEN else MessageEvent.Kind.CLICK
    events = MessageEvent.objects.filter(message=OuterRef("pk"), kind=kind, verdict="human")
    return 100 * sent.filter(Exists(events)).count() / total
