"""The pages of the section Feedback: asking, listening, putting right."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm import menus

register = template.Library()

GROUPS: menus.Groups = (
    (
        pgettext_lazy("menu of feedback", "Ask"),
        (
            ("feedback:surveys", _("Surveys")),
            ("feedback:askings", _("Asking by itself")),
            ("feedback:needs", _("Needs and attitudes")),
        ),
    ),
    (
        pgettext_lazy("menu of feedback", "Listen"),
        (
            ("feedback:voice", _("The voice of your customers")),
            ("feedback:comments", _("What customers speak about")),
            ("feedback:review_list", _("Product reviews")),
        ),
    ),
    (
        pgettext_lazy("menu of feedback", "Put right"),
        (
            ("feedback:closing_rules", _("Rules for answers")),
            ("feedback:recovery", _("Did they come back?")),
            ("campaigns:worked", _("What worked, for whom")),
        ),
    ),
)


@register.simple_tag(takes_context=True)
def feedback_pages(context: template.RequestContext, tab: str) -> list[menus.Group]:
    """All that the reader may open; `tab` is the name of the page that is open."""
    return menus.of(context["request"], GROUPS, tab)
