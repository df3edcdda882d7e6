"""The pages of the section Segments, grouped by what an owner wants to know."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm import access

register = template.Library()
type Words = str | Promise

GROUPS: tuple[tuple[Words, tuple[tuple[str, Words], ...]], ...] = (
    (
        _("Who they are"),
        (
            ("segments", _("Segments")),
            ("rfm", _("RFM groups")),
            ("clusters", _("Clusters")),
            ("model_tags", _("Tags by model")),
        ),
    ),
    (
        _("What comes next"),
        (
            ("value", pgettext_lazy("what customers are worth", "Value")),
            ("lapse", pgettext_lazy("of losing customers", "Risk")),
            ("predictions", _("Predictions")),
        ),
    ),
    (
        _("What they do"),
        (("journey", _("Journey")), ("recommendations", _("Bought together"))),
    ),
    (
        _("How the shop does"),
        (
            ("measures", _("Measures")),
            ("cohorts", _("Cohorts")),
            ("forecast", _("Sales forecast")),
            ("changes", _("Changes")),
            ("spending", _("Spending")),
            ("measure_words", _("What the words mean")),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Page:
    url: str
    label: Words
    is_open: bool


@dataclass(frozen=True, slots=True)
class Group:
    label: Words
    pages: list[Page]

    @property
    def is_open(self) -> bool:
        return any(page.is_open for page in self.pages)


@register.simple_tag(takes_context=True)
def segment_pages(context: template.RequestContext, tab: str) -> list[Group]:
    """All that the reader may open; `tab` is the name of the page that is open."""
    request: HttpRequest = context["request"]
    found = []
    for label, names in GROUPS:
        pages = [Page(reverse(f"segments:{name}"), words, name == tab) for name, words in names]
        found.append(Group(label, [one for one in pages if access.may_open(request.user, one.url)]))
    return found
