"""What a test found, in words: the finding first, then how sure it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import experiments, kept
from campaigns.models import Campaign, Experiment
from crm.charts import Chart, Series
from crm.templatetags.crm_format import number, percent
from segments.numerics import comparing, trials
from segments.numerics.trials import Reading


@dataclass(frozen=True, slots=True)
class Version:
    letter: str
    what: str
    sent: int
    did: int
    low: float
    high: float
    chance: float
    loss: float  # In points of the share.

    @property
    def rate(self) -> float:
        return self.did / self.sent if self.sent else 0.0


@dataclass(frozen=True, slots=True)
class Card:
    """`tone` colours the finding: green a winner, yellow not yet, grey nothing found."""

    experiment: Experiment
    versions: list[Version]
    title: str
    text: str
    tone: str
    is_final: bool
    waiting: int
    unfair: bool
    chart: Chart | None


def card(campaign: Campaign, *, now: datetime) -> Card | None:
    """The test of a campaign that was sent; None without one."""
    experiment = experiments.of(campaign)
    if experiment is None:
        return None
    counted = experiments.Counted(
        **kept.figures(campaign, "trial", lambda: asdict(experiments.count(experiment))).data
    )
    is_final = experiment.state == Experiment.State.DECIDED
    if is_final and experiment.figures:
        then = {name: experiment.figures[name] for name in ("letters", "sent", "did")}
        found = experiments.Counted(**then, waiting=counted.waiting)
    else:
        found = counted
    reading = experiments.reading(experiment, found, now=now)
    verdict = experiment.verdict or reading.verdict
    versions = _versions(experiment, found, reading)
    title, text = _said(experiment, versions, reading, verdict)
    tone = {"winner": "green", "early": "yellow", "unfair": "red"}.get(verdict, "secondary")
    unfair = reading.split_p < comparing.UNFAIR
    chart = _chart(title, experiment, versions) if is_final else None
    return Card(experiment, versions, title, text, tone, is_final, found.waiting, unfair, chart)


def _versions(experiment: Experiment, counted: experiments.Counted, reading: Reading) -> list[Version]:
    texts = {one.arm: one for one in experiment.campaign.variants.filter(language="")}
    found = []
    for place, arm in enumerate(experiment.arms.all()):
        sent, did = counted.sent[place], counted.did[place]
        low, high = comparing.wilson(did, sent) if sent else (0.0, 1.0)
        found.append(
            Version(
                arm.letter.upper(), _what(experiment, arm, texts.get(arm.letter)), sent, did, low, high,
                reading.chances[place], reading.losses[place],
            )
        )  # fmt: skip
    return found


def _what(experiment: Experiment, arm: Any, text: Any) -> str:
    """What this version says otherwise."""
    campaign, kind = experiment.campaign, experiment.kind
    if kind == Experiment.Kind.SUBJECT:
        return str(text.subject if text and text.subject else campaign.subject)
    if kind == Experiment.Kind.SENDER:
        return str(arm.from_name or _("The usual name"))
    if kind == Experiment.Kind.TIME:
        later = ngettext("%(n)d hour later", "%(n)d hours later", arm.hours_later) % {"n": arm.hours_later}
        return later if arm.hours_later else _("At once")
    return _("The campaign's own design") if arm.letter == "a" else _("Another design")


def _said(experiment: Experiment, versions: list[Version], reading: Reading, verdict: str) -> tuple[str, str]:
    best, rival = versions[reading.best], versions[reading.rival]
    words = {
        "best": best.letter,
        "rival": rival.letter,
        "low": number(100 * reading.interval[0], 1),
        "high": number(100 * reading.interval[1], 1),
        "rate": percent(best.rate, 1),
        "other": percent(rival.rate, 1),
        "needed": number(experiment.planned),
    }
    if verdict == trials.EARLY:
        return _("Not yet: the test is still running"), _(
            "It is read once, at its end. Who looks earlier and stops at a good moment finds winners that are"
            " none: in one of five tests without any difference."
        )
    range_of = _("In truth the difference lies between %(low)s and %(high)s points (95%%).") % words
    if verdict == trials.WINNER:
        title = _("%(best)s did better: %(rate)s against %(other)s") % words
        return title, range_of
    if verdict == trials.ALIKE:
        title = _("No difference seen between %(best)s and %(rival)s") % words
        return title, range_of + " " + _("Choose what you like: neither would have cost you much.")
    if verdict == trials.UNFAIR:
        return _("This test cannot be trusted"), _(
            "The versions reached such different numbers of people that chance does not explain it. Something"
            " went wrong in the sending; do not believe any difference."
        )
    if verdict == experiments.BY_HAND:
        title = _("You chose %(winner)s yourself") % {"winner": experiment.winner.upper() or "–"}
        return title, _("The test was ended before its time, so nothing is proven.")
    title = _("Not enough people to tell")
    text = _("It would have taken %(needed)s people in each version.") % words
    return title, f"{text} {range_of}" if best.sent else text


def _chart(title: str, experiment: Experiment, versions: list[Version]) -> Chart:
    return Chart(
        "interval",
        title,
        [one.letter for one in versions],
        [
            Series(experiment.get_metric_display(), [round(100 * one.rate, 2) for one in versions]),
            Series(_("At least"), [round(100 * one.low, 2) for one in versions]),
            Series(_("At most"), [round(100 * one.high, 2) for one in versions]),
        ],
        unit="%",
        first_column=_("Version"),
        note=_("The dot is the best guess; in truth it lies somewhere on the line (95%)."),
    )
