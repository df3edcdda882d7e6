"""How scores are written on pages."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from feedback import charts, comment_charts
from feedback.models import Theme
from feedback.numerics import quotes
from segments.rfm import names

register = template.Library()
register.filter("score_figure", charts.figure)
register.filter("score_between", charts.between)
register.filter("score_range", charts.range_of)
register.filter("points", comment_charts.points)
register.filter("rfm_name", names.name_of)


@register.filter
def language_word(code: str) -> str:
    """The name of a language that comments are understood in."""
    return {"en": _("English"), "zh": _("Chinese")}.get(code, _("Other languages"))


@register.simple_tag
def said(text: str, theme: Theme, length: int) -> SafeString:
    """A quote with the words marked for which it stands under a topic."""
    parts = quotes.parts(text, theme.weights, length=length)
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", one) if is_word else one,) for one, is_word in parts)
    )
