from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer, Product
from crm.models.personal import PersonalData
from feedback.models.invitation import Invitation
from feedback.models.survey import Survey


class AnswerQuerySet(models.QuerySet["Answer"]):
    def counted(self) -> Self:
        """What scores and reports are made of: said by somebody, and not marked as doubtful."""
        return self.filter(state__in=Answer.COUNTED)


class Answer(PersonalData):
    """One filled-in survey. `values` is {question key: value}; without a customer it is anonymous.

    PROVISIONAL → PARTIAL → COMPLETE; DOUBTFUL ⇄ COMPLETE by staff. PROVISIONAL was chosen in the browser and
    never sent; PARTIAL has pages sent, but not the last one. Only PARTIAL and COMPLETE count anywhere, and a
    skipped score (None) is in no denominator.
    """

    class State(models.TextChoices):
        PROVISIONAL = "provisional", _("Not sent")
        PARTIAL = "partial", _("Begun")
        COMPLETE = "complete", _("Complete")
        DOUBTFUL = "doubtful", _("Doubtful: too many from one place")

    class Channel(models.TextChoices):
        MAIL = "mail", _("Mail")
        LINK = "link", _("Personal link")
        OPEN = "open", _("Open link")
        QR = "qr", _("QR code")
        EMBED = "embed", _("Website")
        IMPORT = "import", _("Import")
        API = "api", _("API")
        CHAT = "chat", _("Chat")

    COUNTED = (State.PARTIAL, State.COMPLETE)
    PERSONAL = frozenset({"comment", "values"})

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="answers")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="+")
    invitation = models.OneToOneField(
        Invitation, models.CASCADE, null=True, blank=True, related_name="answer"
    )
    key = models.CharField(max_length=120)  # Unique within the survey: "invitation:7", "row:<hash>:<n>".
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.COMPLETE)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.LINK)
    source = models.CharField(
        _("source"), max_length=80, blank=True
    )  # As of the invitation, or "place:till".
    version = models.PositiveIntegerField(default=1)  # Of the survey when it was answered.
    product = models.ForeignKey(
        Product, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    score = models.SmallIntegerField(_("score"), null=True)
    comment = models.TextField(_("comment"), blank=True)
    values = models.JSONField(default=dict, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), default=timezone.now)
    # What was sent last has not been told yet to the ledger, cases and rules; see feedback.telling.
    is_news = models.BooleanField(default=False, db_default=False, editable=False)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["survey", "key"], name="answer_once"),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__gte=0, score__lte=10), name="score_0_to_10"
            ),
        ]
        indexes = [
            # What scores ask for stands in the indexes themselves: a million answers are counted without
            # reading what was said.
            models.Index(fields=["survey", "answered_at", "state", "score"], name="answer_by_time"),
            models.Index(fields=["survey", "customer", "state", "score"], name="answer_by_customer"),
            models.Index(fields=["survey", "channel", "product", "state", "score"], name="answer_by_channel"),
            models.Index(fields=["state", "answered_at"], name="answer_by_state"),
            models.Index(fields=["id"], condition=Q(is_news=True), name="answer_news"),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id}: {self.score}"
