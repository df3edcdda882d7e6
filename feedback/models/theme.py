from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from feedback.models.answer import Answer

# What the topics are called that most shops have (`feedback.numerics.aspects`).
ASPECTS = {
    "delivery": _("Delivery"),
    "price": _("Price"),
    "service": _("Service and staff"),
    "quality": _("Quality"),
    "packaging": _("Packaging"),
    "refunds": _("Returns and refunds"),
    "taste": _("Taste and food"),
    "website": _("Website and ordering"),
    "waiting": _("Waiting and speed"),
    "room": _("Room"),
    "cleanliness": _("Cleanliness"),
    "fit": _("Size and fit"),
    "sound": _("Sound"),
    "battery": _("Battery and charging"),
    "screen": _("Screen"),
    "camera": _("Camera"),
    "installation": _("Installation"),
    "lessons": _("Lessons and teachers"),
    "portion": _("Size of the portion"),
    "freshness": _("Fresh and warm"),
    "mistakes": _("Wrong or missing items"),
    "content": _("Contents"),
}


class Theme(models.Model):
    """What comments are about. A comment has it when the weights of the words in it come to enough.

    `words` were found and are found anew; `pinned` were given by staff and stay. What staff have touched
    (`is_kept`) is never renamed or removed by the program. A hidden theme is not looked for.
    """

    aspect = models.CharField(max_length=20, blank=True, editable=False)
    label = models.CharField(_("name"), max_length=80, blank=True)
    words = models.JSONField(default=dict, editable=False)
    pinned = models.JSONField(default=list)
    is_kept = models.BooleanField(default=False, editable=False)
    is_hidden = models.BooleanField(_("hidden"), default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.label or str(ASPECTS.get(self.aspect, self.aspect))

    def get_absolute_url(self) -> str:
        return reverse("feedback:theme", args=[self.pk])

    @property
    def weights(self) -> dict[str, float]:
        """All its words; a pinned one is enough alone."""
        return {**self.words, **dict.fromkeys(self.pinned, 1.0)}


class Remark(models.Model):
    """How a comment was understood; as old as the answer it belongs to (`said_at`), else it is read again."""

    class Mood(models.TextChoices):
        GOOD = "good", _("Praise")
        MIXED = "mixed", _("Mixed")
        BAD = "bad", _("Complaint")

    answer = models.OneToOneField(Answer, models.CASCADE, primary_key=True, related_name="remark")
    language = models.CharField(max_length=2, blank=True)
    chance = models.FloatField()  # That the customer is content, 0–1.
    mood = models.CharField(max_length=5, choices=Mood)
    asks = models.BooleanField(default=False)
    leaves = models.BooleanField(default=False)
    said_at = models.DateTimeField()

    class Meta:
        verbose_name = _("comment as understood")
        verbose_name_plural = _("comments as understood")
        indexes = [models.Index(fields=["mood"], name="remark_by_mood")]

    def __str__(self) -> str:
        return f"{self.answer_id}: {self.mood}"


class Mention(models.Model):
    """A comment speaks of a theme."""

    remark = models.ForeignKey(Remark, models.CASCADE, related_name="mentions")
    theme = models.ForeignKey(Theme, models.CASCADE, related_name="mentions")
    weight = models.FloatField()

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [models.UniqueConstraint(fields=["theme", "remark"], name="theme_once_per_remark")]

    def __str__(self) -> str:
        return f"{self.remark_id}: {self.theme_id}"


class Listener(models.Model):
    """What the shop has learned about the words of one language: parameters of `feedback.numerics.sentiment`.

    Without `parameters` the starting model is used. The figures are those on the half that judged.
    """

    language = models.CharField(max_length=2, unique=True)
    parameters = models.JSONField(null=True, editable=False)
    scored = models.PositiveIntegerField(default=0)  # Comments with a score when it was learned.
    trained_on = models.PositiveIntegerField(default=0)
    judged_on = models.PositiveIntegerField(default=0)
    accuracy = models.FloatField(null=True)
    balanced_accuracy = models.FloatField(null=True)
    auc = models.FloatField(null=True)
    learned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("understanding of a language")
        verbose_name_plural = _("understanding of languages")

    def __str__(self) -> str:
        return self.language


class Listening(models.Model):
    """Where the reading of comments stands; one row.

    `wanted` counts every wish to sort all comments anew, `done` is the wish that was fulfilled last;
    `claimed_at` is set by who works at it.
    """

    mark = models.BigIntegerField(default=0)  # Answers up to this one were looked at.
    whole_on = models.DateField(null=True)  # The day on which all answers were looked through.
    wanted = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    learned_at = models.DateTimeField(null=True)
    learned_from = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("state of reading")
        verbose_name_plural = _("state of reading")

    def __str__(self) -> str:
        return f"{self.done}/{self.wanted}"
