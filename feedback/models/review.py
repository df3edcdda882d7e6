from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer, Product
from crm.models.personal import PersonalData
from feedback.models.answer import Answer


class Review(PersonalData):
    """What of an answer may be shown about a product. WAITING → SHOWN ⇄ HIDDEN; WAITING → HIDDEN.

    When the customer changes the answer, the review follows and is WAITING again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for you")
        SHOWN = "shown", _("Shown")
        HIDDEN = "hidden", _("Not shown")

    PERSONAL = frozenset({"text", "shown_name"})

    answer = models.OneToOneField(Answer, models.CASCADE, related_name="review")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", verbose_name=_("product"))
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="+")
    stars = models.PositiveSmallIntegerField(_("stars"))
    text = models.TextField(_("text"), blank=True)
    shown_name = models.CharField(_("shown name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_verified = models.BooleanField(_("bought it here"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    reply = models.TextField(_("reply of the shop"), blank=True)
    written_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("product review")
        verbose_name_plural = _("product reviews")
        constraints = [
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="review_stars_1_to_5")
        ]
        indexes = [
            models.Index(fields=["product", "state", "written_at"], name="review_by_product"),
            models.Index(fields=["state", "written_at"], name="review_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.stars}"
