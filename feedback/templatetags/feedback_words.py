"""How scores are written on pages."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from feedback import charts, comment_charts
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
