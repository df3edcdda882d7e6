from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Tag


class SignUpForm(models.Model):
    """A page where people enter themselves. OPEN ⇄ CLOSED.

    What somebody sent waits as an `OptIn` of source "form:<number>" and touches no customer before it is
    confirmed. The figures count what happened, and keep counting when those rows are gone.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("address"), max_length=80, unique=True, allow_unicode=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    languages = models.JSONField(_("languages"), default=list)
    texts = models.JSONField(_("texts"), default=dict, blank=True)  # {"en": {"title": …, "intro": …}}
    fields = models.JSONField(_("what is asked"), default=list, blank=True)  # ["first_name", "custom.pet!"]
    permissions = models.JSONField(_("permissions"), default=list, blank=True)  # ["marketing.email"]
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True, related_name="+")
    source = models.CharField(_("source"), max_length=80, blank=True)
    double_opt_in = models.BooleanField(_("confirm by mail"), default=True)
    redirect_url = models.URLField(_("page afterwards"), blank=True)
    origins = models.JSONField(_("websites that may show it"), default=list, blank=True)
    seen = models.PositiveIntegerField(_("seen"), default=0, editable=False)
    sent = models.PositiveIntegerField(_("sent"), default=0, editable=False)
    confirmed = models.PositiveIntegerField(_("confirmed"), default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("sign-up form")
        verbose_name_plural = _("sign-up forms")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("crm:sign_up_form", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
