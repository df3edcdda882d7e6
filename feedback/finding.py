"""Surveys in the palette."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm import palette
from crm.access import Right
from crm.models import User
from feedback.models import Survey


def register() -> None:
    palette.register("surveys", palette.Source(_("Surveys"), _find))
    palette.page(palette.Place(_("Feedback"), "feedback:surveys", "message-heart"))
    palette.page(palette.Place(_("Asking by itself"), "feedback:askings", "clock"))
    palette.page(palette.Place(_("Product reviews"), "feedback:review_list", "star"))
    palette.page(palette.Place(_("Needs and attitudes"), "feedback:needs", "heart-question"))
    palette.page(palette.Place(_("What customers speak about"), "feedback:comments", "message-2"))
    palette.page(palette.Place(_("The voice of your customers"), "feedback:voice", "bulb"))
    palette.page(palette.Place(_("Did they come back?"), "feedback:recovery", "heart"))
    palette.page(palette.Place(_("Rules for answers"), "feedback:closing_rules", "arrows-split"))
    palette.page(palette.Place(_("New survey"), "feedback:survey_new", "plus", Right.MARKET))


def _find(_user: User, words: str) -> list[palette.Hit]:
    found = Survey.objects.filter(name__icontains=words).order_by("-id")[: palette.SHOWN]
    return [palette.Hit(one.name, one.get_absolute_url(), "message-heart") for one in found]
