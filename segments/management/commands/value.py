from __future__ import annotations

import argparse
import math
from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import override

from crm.commands import Answer, JsonCommand
from crm.models import Business
from segments.value import estimating
from segments.value.notes import in_words

LONGEST_DAYS = 3653


class Command(JsonCommand):
    help = (
        "Fit the purchase and the spend model and value all buyers. Parameters are in the unit;"
        " one transaction per customer and day. What customers did after"
        " --calibrate-until is compared with the forecast."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", default="bgnbd", choices=estimating.MODELS)
        parser.add_argument(
            "--calibrate-until", type=date.fromisoformat, metavar="DATE", help="default: the last sale"
        )
        parser.add_argument("--unit", default="weeks", choices=sorted(estimating.UNITS))
        parser.add_argument(
            "--horizon", type=_above_zero, metavar="N", help="in units; default: the profile's"
        )
        parser.add_argument(
            "--margin", type=_share, metavar="X", help="part of the money that stays: 0 to 1, or a percentage"
        )
        parser.add_argument(
            "--discount", type=_share, metavar="X", help="a year: 0.1 or 10 is 10 %%; default: the profile's"
        )

    def answer(self, **options: Any) -> Answer:
        business = Business.current()
        given = {name: options[name] for name in ("horizon", "margin", "discount")}
        wish = estimating.Wish.of(
            business,
            model=options["model"],
            until=options["calibrate_until"],
            unit=options["unit"],
            **{name: one for name, one in given.items() if one is not None},
        )
        if wish.days > LONGEST_DAYS:
            self.misused("--horizon must be ten years at most")
        made = estimating.estimate(wish, business, business.today())
        found = estimating.as_json(made, made.worth())
        with override("en"):
            return {**found, "notes": in_words(found["notes"])}


def _above_zero(text: str) -> float:
    number = _finite(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return number


def _share(text: str) -> float:
    """0 to 1 as it is, above 1 as a percentage."""
    number = _finite(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1, nor a percentage")
    return number / 100 if number > 1 else number


def _finite(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text} is not a number")
    return number
