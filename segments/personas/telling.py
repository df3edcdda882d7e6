"""A group's facts beside everyone's, in the reader's words: the lines of a persona card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from babel.dates import get_day_names
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm import bulk, code_words
from crm.languages import locale_of
from crm.models import Customer, Product
from segments.model_tags.catalogue import CLASSES
from segments.numerics.lifts import lifts
from segments.personas.facts import AGES, Facts

FEW = 10  # People; fewer say nothing of a group.
SHOWN = 4
WORTH = 0.05  # Share of the buyers; what fewer buy comes after.
CONSENT = dict(Customer.EmailConsent.choices)


@dataclass(frozen=True, slots=True)
class Line:
    """`share` here and `of_all` among everyone, 0 to 1; `striking` where it is surely more than elsewhere."""

    label: str
    share: float
    of_all: float
    striking: bool = False
    lift: float = 0.0
    pk: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines on one question, and how many people or orders they rest on."""

    title: str
    known: int
    of: int
    lines: list[Line]
    unit: str = "people"  # What is counted: people, buyers or orders.

    @property
    def is_few(self) -> bool:
        return self.known < FEW


def who(group: Facts, everyone: Facts) -> list[Part]:
    """Age, gender, place and language."""
    titles: dict[str, tuple[str, Callable[[Any], str]]] = {
        "age": (_("Age"), _age_words),
        "gender": (_("Gender"), _said("gender")),
        "country": (_("Country"), str),
        "city": (_("City"), str),
        "language": (_("Language"), _said("language")),
        "source": (_("How they came"), str),
    }
    found = []
    for name, (title, words) in titles.items():
        most = len(AGES) + 1 if name == "age" else SHOWN
        lines = _lines(group, everyone, name, words, most, by_key=name == "age")
        if lines:
            found.append(Part(title, group.known[name], group.drawn, lines))
    return found


def when(group: Facts, everyone: Facts) -> list[Part]:
    """Weekday, part of the day and quarter, of orders."""
    days = get_day_names("abbreviated", context="stand-alone", locale=locale_of())
    titles: dict[str, tuple[str, Callable[[Any], str], Sequence[Any]]] = {
        "weekday": (_("Weekday"), lambda day: days[day], range(7)),
        "part": (_("Time of day"), lambda part: part_words()[part], list(part_words())),
        "quarter": (_("Season"), lambda quarter: quarter_words()[quarter], range(1, 5)),
    }
    found = []
    for name, (title, words, keys) in titles.items():
        if group.known.get(name):
            lines = [_line(group, everyone, name, key, words(key)) for key in keys]
            lines = _marked(lines, group, everyone, name, keys)
            found.append(Part(title, group.known[name], group.orders, lines, "orders"))
    return found


def channels(group: Facts, everyone: Facts) -> Part | None:
    lines = _lines(group, everyone, "channel", _channel, SHOWN)
    return Part(_("Where they buy"), group.known["channel"], group.orders, lines, "orders") if lines else None


def categories(group: Facts, everyone: Facts) -> Part | None:
    lines = _by_lift(group, everyone, "category", str, 3)
    return Part(_("Categories"), group.buyers, group.drawn, lines, "buyers") if lines else None


def model_tags(group: Facts, everyone: Facts) -> Part | None:
    """The classes that most of them are in, with what makes them so."""
    lines = _lines(
        group, everyone, "model_tag", lambda code: f"{CLASSES[code].name}: {CLASSES[code].meaning}", 5
    )
    return Part(_("Tags by model"), group.known["model_tag"], group.size, lines) if lines else None


def products(group: Facts, everyone: Facts) -> Part:
    """What they buy more than everyone, surely; the best sellers of the group where nothing is sure."""
    lines = _by_lift(group, everyone, "product", _product_words(group), 5)
    return Part(_("Products"), group.buyers, group.drawn, lines)


def part_words() -> dict[str, str]:
    return {
        "morning": _("5–11 h"),
        "noon": _("11–14 h"),
        "afternoon": _("14–18 h"),
        "evening": _("18–22 h"),
        "night": _("22–5 h"),
    }


def quarter_words() -> dict[int, str]:
    return {1: _("Jan–Mar"), 2: _("Apr–Jun"), 3: _("Jul–Sep"), 4: _("Oct–Dec")}


def _lines(
    group: Facts,
    everyone: Facts,
    name: str,
    words: Callable[[Any], str],
    most: int,
    *,
    by_key: bool = False,
) -> list[Line]:
    """The most frequent values with everyone's share beside; ages in their order."""
    keys = [key for key, _n in group.counts[name].most_common(most)]
    keys = sorted(keys) if by_key else keys
    lines = [_line(group, everyone, name, key, words(key)) for key in keys]
    return _marked(lines, group, everyone, name, keys)


def _line(group: Facts, everyone: Facts, name: str, key: Any, label: str, pk: int = 0) -> Line:
    share, of_all = group.share(name, key), everyone.share(name, key)
    return Line(label, share, of_all, lift=share / of_all if of_all else 0.0, pk=pk)


def _marked(lines: list[Line], group: Facts, everyone: Facts, name: str, keys: Iterable[Any]) -> list[Line]:
    keys = list(keys)
    here, there = ([one.counts[name][key] for key in keys] for one in (group, everyone))
    found = lifts(np.array(here), group.known[name], np.array(there), everyone.known[name])
    return [
        Line(one.label, one.share, one.of_all, bool(sure), one.lift, one.pk)
        for one, sure in zip(lines, found.sure, strict=True)
    ]


def _by_lift(group: Facts, everyone: Facts, name: str, words: Callable[[Any], str], most: int) -> list[Line]:
    """What is surely bought more than elsewhere, the highest lift first; else what most of them buy."""
    keys = list(group.counts[name])
    if not keys:
        return []
    here, there = ([one.counts[name][key] for key in keys] for one in (group, everyone))
    found = lifts(np.array(here), group.known[name], np.array(there), everyone.known[name])
    ranked = np.argsort(-found.lift, kind="stable").tolist()
    sure = [place for place in ranked if found.sure[place]]
    usual = [place for place in sure if found.share[place] >= WORTH]
    sure = (usual or sure)[:most]
    places = sure or np.argsort(-np.array(here), kind="stable").tolist()[:most]
    lines = []
    for place in places:
        key = keys[place]
        pk = key if isinstance(key, int) else 0
        one = _line(group, everyone, name, key, words(key), pk)
        lines.append(Line(one.label, one.share, one.of_all, bool(sure), one.lift, pk))
    return lines


def _product_words(group: Facts) -> Callable[[Any], str]:
    rows: QuerySet[Product] = Product.objects.filter(pk__in=bulk.numbers(list(group.counts["product"])))
    names = dict(rows.values_list("pk", "name"))
    return lambda pk: names.get(pk, "")


def _said(column: str) -> Callable[[Any], str]:
    return lambda value: code_words.said(column, value)


def _channel(value: str) -> str:
    return _("Counter sale") if value == "counter" else value


def _age_words(first: int) -> str:
    if first == 0:
        return _("under %(age)d") % {"age": AGES[0]}
    following = [age for age in AGES if age > first]
    if not following:
        return _("%(age)d and older") % {"age": first}
    return f"{first}–{following[0] - 1}"
