from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.models.personal import PersonalData


class DuplicateSearch(models.Model):
    """One look through the whole base. QUEUED → RUNNING → DONE | FAILED; a RUNNING one without a sign of life
    for minutes is started again."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped")

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("started by")
    )
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True)
    customers = models.PositiveIntegerField(_("customers"), default=0)
    compared = models.PositiveBigIntegerField(_("compared pairs"), default=0)
    done_pairs = models.PositiveBigIntegerField(default=0)
    groups = models.PositiveIntegerField(_("groups"), default=0)

    class Meta:
        verbose_name = _("search for duplicates")
        verbose_name_plural = _("searches for duplicates")

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_busy(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)


class DuplicateGroup(models.Model):
    """People who are perhaps one. OPEN → MERGED | DIFFERENT, and back to OPEN when that is taken back.

    An open group lives as long as searches find it; `key` is made from its members, so the same group keeps
    its row, its address and what somebody decided about it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be looked at")
        MERGED = "merged", _("Merged")
        DIFFERENT = "different", _("Not the same person")

    key = models.CharField(max_length=32, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    confidence = models.FloatField(_("confidence"))
    reasons = models.JSONField(_("reasons"), default=list)  # [[field, level], …]
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    settled_at = models.DateTimeField(_("decided"), null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("group of duplicates")
        verbose_name_plural = _("groups of duplicates")
        indexes = [models.Index(fields=["state", "-confidence", "id"], name="duplicates_by_confidence")]
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="duplicate_confidence_0_to_1"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.confidence:.0%}"


class DuplicateMember(models.Model):
    group = models.ForeignKey(DuplicateGroup, models.CASCADE, related_name="members")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))

    class Meta:
        verbose_name = _("member of a group of duplicates")
        verbose_name_plural = _("members of groups of duplicates")
        constraints = [models.UniqueConstraint(fields=["group", "customer"], name="duplicate_member_once")]

    def __str__(self) -> str:
        return str(self.customer)


class DifferentPeople(models.Model):
    """Somebody looked and said that these two are not one person. Kept across searches."""

    one = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("one"))
    other = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("other"))
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("said by")
    )
    said_at = models.DateTimeField(_("said"), default=timezone.now)

    class Meta:
        verbose_name = _("pair of different people")
        verbose_name_plural = _("pairs of different people")
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="told_apart_once")]

    def __str__(self) -> str:
        return f"{self.one} ≠ {self.other}"


class BulkMerge(models.Model):
    """All groups above a confidence merged in one go. QUEUED → RUNNING → DONE → UNDOING → UNDONE.

    Each merge of it is a row of its own, so a killed run continues where it was.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    confidence = models.FloatField(_("confidence from"))
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("started by")
    )
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True)
    total = models.PositiveIntegerField(_("groups"), default=0)
    merged = models.PositiveIntegerField(_("merged"), default=0)
    skipped = models.PositiveIntegerField(_("left out"), default=0)
    last_group = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("merge of many")
        verbose_name_plural = _("merges of many")

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_busy(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING, self.State.UNDOING)

    @property
    def settled(self) -> int:
        return self.merged + self.skipped


class CustomerMerge(models.Model):
    """Several people became one. DONE → UNDONE; what it changed is in its journal, reference = this number.

    Only numbers and marks that nobody can read, no names: the row outlives an erased person.
    """

    class State(models.TextChoices):
        DONE = "done", _("Merged")
        UNDONE = "undone", _("Taken back")

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DONE)
    survivor = models.BigIntegerField(_("who stays"), db_index=True)  # A number, no key: see above.
    merged_away = models.JSONField(default=list)  # Primary keys of who was merged into the survivor.
    group = models.ForeignKey(DuplicateGroup, models.SET_NULL, null=True, related_name="+")
    bulk = models.ForeignKey(BulkMerge, models.SET_NULL, null=True, related_name="merges")
    journal = models.BigIntegerField(null=True, editable=False)
    left_as = models.JSONField(default=dict, editable=False)  # {column: mark of its value}, of who stays.
    merged_at = models.DateTimeField(_("merged"), default=timezone.now)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("merged by")
    )
    undone_at = models.DateTimeField(_("taken back"), null=True)

    class Meta:
        verbose_name = _("merge of customers")
        verbose_name_plural = _("merges of customers")

    def __str__(self) -> str:
        return f"{len(self.merged_away) + 1} → 1"


class CustomerAlias(PersonalData):
    """What a merged-away person was known by; whoever comes with it is the survivor."""

    PERSONAL = frozenset({"value"})

    class Kind(models.TextChoices):
        PUBLIC = "public", _("address of the page")
        NUMBER = "number", _("customer number")
        EMAIL = "email", _("e-mail")
        PHONE = "phone", _("phone")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    value = models.CharField(_("value"), max_length=254)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="aliases", verbose_name=_("customer"))

    class Meta:
        verbose_name = _("former key of a customer")
        verbose_name_plural = _("former keys of customers")
        indexes = [models.Index(fields=["kind", "value"], name="alias_by_value")]
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "value"], name="alias_once"),
            models.UniqueConstraint(
                fields=["kind", "value"], condition=Q(kind__in=["public", "number"]), name="alias_of_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"
