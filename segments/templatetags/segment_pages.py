"""The pages of the section Segments, grouped by what an owner wants to know."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm import menus

register = template.Library()

GROUPS: menus.Groups = (
    (
        _("Who they are"),
        (
            ("segments:segments", _("Segments")),
            ("segments:rfm", _("RFM groups")),
            ("segments:clusters", _("Clusters")),
            ("segments:model_tags", _("Tags by model")),
        ),
    ),
    (
        _("What comes next"),
        (
            ("segments:value", pgettext_lazy("what customers are worth", "Value")),
            ("segments:lapse", pgettext_lazy("of losing customers", "Risk")),
            ("segments:predictions", _("Predictions")),
        ),
    ),
    (
        _("What they do"),
        (("segments:journey", _("Journey")), ("segments:recommendations", _("Bought together"))),
    ),
    (
        _("How the shop does"),
        (
            ("segments:measures", _("Measures")),
            ("segments:cohorts", _("Cohorts")),
            ("segments:forecast", _("Sales forecast")),
            ("segments:changes", _("Changes")),
            ("segments:spending", _("Spending")),
            ("segments:measure_words", _("What the words mean")),
        ),
    ),
)


@register.simple_tag(takes_context=True)
def segment_pages(context: template.RequestContext, tab: str) -> list[menus.Group]:
    """All that the reader may open; `tab` is the name of the page that is open."""
    return menus.of(context["request"], GROUPS, tab)
