from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns import subjects
from crm.models import Mailing, Sender
from feedback.models import Survey
from segments.models import Segment


class Campaign(models.Model):
    """One mail to the members of segments.

    DRAFT → SCHEDULED → PLANNING → SENDING ⇄ PAUSED → DONE; CANCELLED from any before DONE;
    SCHEDULED → MISSED when its time passed by more than its tolerance; MISSED → DRAFT when a person decides;
    PLANNING → DRAFT with a reason when there is nobody to send to. Subject and design are frozen from
    PLANNING on. One that goes out one by one has no audience of its own and stays SENDING until it is
    stopped.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        PLANNING = "planning", _("Being prepared")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        MISSED = "missed", _("Missed its time")

    class Priority(models.IntegerChoices):
        HIGH = 3, _("High: goes before other campaigns")
        NORMAL = 5, _("Normal")
        LOW = 7, _("Low: gives way to other campaigns")

    slug = models.SlugField(_("short name"), max_length=80, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=120)
    subject = models.CharField(_("subject"), max_length=200)
    preheader = models.CharField(_("preview text"), max_length=200, blank=True)
    mjml = models.TextField(_("design (MJML)"))
    text = models.TextField(_("plain text"), blank=True)  # Empty: made from the design.
    include = models.ManyToManyField(Segment, related_name="+", verbose_name=_("send to"))
    exclude = models.ManyToManyField(Segment, related_name="+", blank=True, verbose_name=_("but not to"))
    survey = models.ForeignKey(
        Survey, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("survey to ask")
    )
    one_per_household = models.BooleanField(
        _("one mail per household"),
        default=False,
        help_text=_("Of a household only its main contact gets it, or else who bought last."),
    )
    one_by_one = models.BooleanField(
        _("sent one by one, by rules for answers"),
        default=False,
        db_default=False,
        help_text=_(
            "For a thank-you or a coupon: it stays switched on, and goes to whoever a rule for answers names."
        ),
    )
    utm = models.BooleanField(
        _("mark links for your own website statistics"),
        default=True,
        db_default=False,
        help_text=_("Adds utm_source, utm_medium and utm_campaign to the addresses of the links."),
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("held out in %"), default=0, db_default=0, validators=[MaxValueValidator(50)]
    )
    effect_days = models.PositiveSmallIntegerField(
        _("days in which an order counts as its effect"),
        default=14,
        db_default=14,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
    )
    coupon = models.CharField(_("coupon code of this campaign"), max_length=60, blank=True, db_default="")
    cost = models.DecimalField(
        _("other cost"),
        max_digits=12,
        decimal_places=2,
        default=0,
        db_default=0,
        validators=[MinValueValidator(0)],
    )
    is_public = models.BooleanField(_("shown in the public archive"), default=False, db_default=False)
    sender = models.ForeignKey(
        Sender, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("sender")
    )
    priority = models.PositiveSmallIntegerField(
        _("importance"), choices=Priority, default=Priority.NORMAL, db_default=5
    )
    timing = models.CharField(
        _("when people get it"),
        max_length=10,
        choices=Mailing.Timing,
        default=Mailing.Timing.AT_ONCE,
        db_default="at_once",
    )
    valid_hours = models.PositiveSmallIntegerField(
        _("worth sending for hours"),
        default=72,
        db_default=72,
        help_text=_("Who cannot be written to within this time, for a limit or quiet hours, is left out."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    scheduled_at = models.DateTimeField(_("send at"), null=True, blank=True)
    tolerance_minutes = models.PositiveIntegerField(_("may start late by minutes"), default=120)
    mailing = models.OneToOneField(Mailing, models.PROTECT, null=True, blank=True, related_name="+")
    frozen = models.JSONField(default=list, blank=True, editable=False)  # Its texts, from PLANNING on.
    error = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("campaigns:campaign", args=[self.slug])

    @property
    def public_subject(self) -> str:
        """The subject as nobody in particular reads it."""
        return subjects.for_anybody(self.subject)

    @property
    def why_fixed(self) -> str:
        """Why nothing of it can be changed, by its state in the database this moment; "" of a draft."""
        state = type(self)._default_manager.values_list("state", flat=True).get(pk=self.pk)
        if state == self.State.DRAFT:
            return ""
        if state in (self.State.SCHEDULED, self.State.MISSED):
            return gettext("Only a draft can be changed. Take the campaign back from the schedule first.")
        return gettext(
            "This campaign was sent already, so nothing of it can be changed. Duplicate it instead."
        )

    @property
    def source(self) -> str:
        """How ledger, outbox and invitations name this campaign."""
        return f"campaign:{self.pk}"
