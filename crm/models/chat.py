from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.case import Case
from crm.models.personal import PersonalData


class Chat(PersonalData):
    """A conversation of a visitor of the website.

    ASKING (the help articles answer) → WAITING (a person is wanted, or the visitor spoke last) ⇄ TALKING (we
    spoke last) → ENDED. While ASKING its words stand here; handed over they move to its case and stay there.
    """

    PERSONAL = frozenset({"words"})

    class State(models.TextChoices):
        ASKING = "asking", _("Asking the help articles")
        WAITING = "waiting", _("Waiting for a person")
        TALKING = "talking", _("In conversation")
        ENDED = "ended", _("Ended")

    LIVE = (State.WAITING, State.TALKING)

    secret = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of the visitor's token.
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKING)
    language = models.CharField(_("language"), max_length=10, blank=True)
    words = models.JSONField(default=list, editable=False)  # [{"by": "visitor" | "us", "text": …}, …]
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="chats")
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    spoke_at = models.DateTimeField(_("last word"), default=timezone.now)
    seen_at = models.DateTimeField(_("visitor last seen"), default=timezone.now)

    class Meta:
        verbose_name = _("website chat")
        verbose_name_plural = _("website chats")
        indexes = [models.Index(fields=["state", "spoke_at"], name="chat_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="asking") | Q(state="ended") | Q(case__isnull=False), name="chat_has_case"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
