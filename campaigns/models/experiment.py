from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class Experiment(models.Model):
    """What a campaign tries out: the same mail in arms that differ in one thing, read once, at its end.

    DRAFT → RUNNING (planned with the campaign) → DECIDED, once, with the figures of that moment. `winner` is
    the arm that the rest gets; "" when there is no rest, or when a person has still to choose.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        DECIDED = "decided", _("Decided")

    class Kind(models.TextChoices):
        SUBJECT = "subject", _("Subject")
        SENDER = "sender", _("Sender's name")
        CONTENT = "content", _("Content")
        TIME = "time", _("Time")

    class Metric(models.TextChoices):
        CLICK = "click", _("Clicked a link")
        ORDER = "order", _("Placed an order")
        OPEN = "open", _("Opened it (people only; many hide it)")

    class Then(models.TextChoices):
        SEND = "send", _("The winner goes out by itself; without a winner version A does")
        ASK = "ask", _("I choose myself")

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="experiment")
    kind = models.CharField(_("what differs"), max_length=8, choices=Kind, default=Kind.SUBJECT)
    metric = models.CharField(_("what counts"), max_length=8, choices=Metric, default=Metric.CLICK)
    idea = models.CharField(
        _("the idea in a few words"),
        max_length=80,
        blank=True,
        help_text=_("Tests of the same idea are counted together over campaigns, which finds out more."),
    )
    share = models.PositiveSmallIntegerField(
        _("part of the audience that takes part, in %"),
        default=100,
        validators=[MinValueValidator(5), MaxValueValidator(100)],
        help_text=_(
            "The rest waits and gets the winner. With 100 % everybody takes part and you learn most."
        ),
    )
    hours = models.PositiveSmallIntegerField(
        _("hours until it is read"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(336)],
    )
    base_percent = models.FloatField(
        _("how many usually do so, in %"),
        default=2.0,
        validators=[MinValueValidator(0.01), MaxValueValidator(99)],
    )
    worth_percent = models.FloatField(
        _("smallest difference worth knowing, in points"),
        default=1.0,
        validators=[MinValueValidator(0.01), MaxValueValidator(90)],
    )
    then = models.CharField(_("afterwards"), max_length=4, choices=Then, default=Then.SEND)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT)
    planned = models.PositiveIntegerField(default=0)  # People per arm that it needs, fixed at planning.
    winner = models.CharField(max_length=1, blank=True)
    verdict = models.CharField(max_length=8, blank=True)  # As segments.numerics.trials calls it; "hand".
    figures = models.JSONField(default=dict, blank=True)  # Counts at the one look.
    ends_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.kind}"


class Arm(models.Model):
    """One version of the mail. What it says differently stands in its `Variant`, but for name and time."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="arms")
    letter = models.CharField(max_length=1)  # "a" is the campaign as it is.
    from_name = models.CharField(_("sender's name"), max_length=120, blank=True)
    hours_later = models.PositiveSmallIntegerField(_("hours later"), default=0)

    class Meta:
        verbose_name = _("version of a mail")
        verbose_name_plural = _("versions of mails")
        ordering = ["letter"]
        constraints = [models.UniqueConstraint(fields=["experiment", "letter"], name="one_arm_per_letter")]

    def __str__(self) -> str:
        return self.letter.upper()


class CampaignFigures(models.Model):
    """Figures of a campaign that cost time to count, kept until they are older than they are worth."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    part = models.CharField(max_length=30)
    data = models.JSONField(default=dict)
    seconds = models.FloatField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("figures of a campaign")
        verbose_name_plural = _("figures of campaigns")
        constraints = [models.UniqueConstraint(fields=["campaign", "part"], name="one_figure_per_part")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.part}"
