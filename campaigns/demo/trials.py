"""The tests of subjects that the invented letters made, decided by the program itself."""

from __future__ import annotations

from collections.abc import Sequence

from campaigns import allotting, experiments
from campaigns.demo.letters import REST, Sending, Trial
from campaigns.models import Arm, Campaign, Experiment, Variant
from crm.models import Business, Message

IDEA = "A question as subject"


def begin(campaign: Campaign, trial: Trial) -> None:
    """The test as its planning left it: running, with its end and the people it needs."""
    Variant.objects.create(campaign=campaign, arm="b", subject=trial.subject)
    experiment = Experiment.objects.create(
        campaign=campaign,
        kind=Experiment.Kind.SUBJECT,
        metric=Experiment.Metric.CLICK,
        idea=IDEA,
        share=round(100 * trial.share),
        hours=trial.hours,
        base_percent=12,
        worth_percent=5,
    )
    Arm.objects.bulk_create(Arm(experiment=experiment, letter=letter) for letter in "ab")
    assert campaign.started_at is not None
    allotting.of(campaign, Business.current(), now=campaign.started_at)


def decide(campaign: Campaign, pairs: Sequence[tuple[Message, Sending]]) -> None:
    """Read the test at its end; the rest then gets its version, as imagined."""
    experiment = Experiment.objects.get(campaign=campaign)
    assert experiment.ends_at is not None
    experiments.advance(now=experiment.ends_at)
    rest = []
    for message, sending in pairs:
        if sending.arm == REST:
            message.state = sending.state
            rest.append(message)
    Message.objects.bulk_update(rest, ["state"], batch_size=500)
