"""How scores are written on pages."""

from __future__ import annotations

from django import template

from feedback import charts

register = template.Library()
register.filter("score_figure", charts.figure)
register.filter("score_between", charts.between)
register.filter("score_range", charts.range_of)
