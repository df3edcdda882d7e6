"""What segments adds to the list of customers: filters, columns, putting people on a list, the palette."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Exists
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import journal, palette
from crm.access import Right
from crm.bulk_actions import kinds
from crm.forms.look import Look as DressedForm
from crm.ledger import STAGES
from crm.listing import columns, filters
from crm.listing.catalogue import BOUGHT
from crm.listing.columns import Column, Look
from crm.models import Customer, User
from crm.templatetags.crm_format import number, percent
from segments import audience
from segments.clusters import naming
from segments.models import Membership, Segment
from segments.rfm import names

SCORES = gettext_lazy("Segments and scores")


def _segments() -> list[tuple[str, str]]:
    return list(Segment.objects.order_by("name").values_list("slug", "name")[:500])


def _groups() -> list[tuple[str, str]]:
    return [(code, str(name)) for code, name in names.in_use().labels.items()]


def _clusters() -> list[tuple[str, str]]:
    return list(naming.in_use().items())


def _stages() -> list[tuple[str, str]]:
    return [(code, str(name)) for code, name in STAGES.items()]


def _stage_name(code: str) -> str:
    return str(STAGES.get(code, ""))


def _inside(value: str, _today: object) -> filters.Meaning:
    stays = Membership.objects.filter(customer=filters.outer(), left_at=None)
    if value in ("-", "*"):
        return ~Exists(stays) if value == "-" else Exists(stays)
    return Exists(stays.filter(segment__slug=value))


def register() -> None:
    _register_filters()
    _register_columns()
    _register_stage()
    _register_value()
    kinds.register(
        kinds.Action(
            "list",
            gettext_lazy("Put on a list"),
            "list-check",
            Right.MARKET,
            lambda _user, data: ListForm(data),
            lambda options: _("Put on the list “%(name)s”") % options,
            _put_on_list,
        )
    )
    palette.register("segments", palette.Source(gettext_lazy("Segments"), _find))
    for place in (
        palette.Place(gettext_lazy("Segments"), "segments:segments", "chart-pie"),
        palette.Place(gettext_lazy("New segment"), "segments:segment_new", "plus", Right.MARKET),
        palette.Place(gettext_lazy("New list kept by hand"), "segments:list_new", "plus", Right.MARKET),
        palette.Place(gettext_lazy("RFM grid"), "segments:rfm", "grid-dots"),
        palette.Place(gettext_lazy("Clusters"), "segments:clusters", "chart-scatter"),
        palette.Place(gettext_lazy("Customer value"), "segments:value", "coins"),
        palette.Place(gettext_lazy("Measures"), "segments:measures", "gauge"),
        palette.Place(gettext_lazy("Sales forecast"), "segments:forecast", "chart-line"),
        palette.Place(gettext_lazy("Spending on marketing"), "segments:spending", "receipt", Right.MARKET),
        palette.Place(gettext_lazy("Cohorts"), "segments:cohorts", "table"),
        palette.Place(gettext_lazy("Predictions"), "segments:predictions", "crystal-ball"),
        palette.Place(gettext_lazy("Risk of losing customers"), "segments:lapse", "user-question"),
    ):
        palette.page(place)


def _register_filters() -> None:
    add = filters.register
    add(filters.number("orders", gettext_lazy("Orders"), "features__orders", group=BOUGHT))
    add(filters.number("revenue", gettext_lazy("Revenue, net"), "features__revenue", group=BOUGHT))
    add(
        filters.number(
            "average_order", gettext_lazy("Average order"), "features__average_order", group=BOUGHT
        )
    )
    add(filters.day("last_bought", gettext_lazy("Last purchase"), "features__last_bought_on", group=BOUGHT))
    add(
        filters.day("first_bought", gettext_lazy("First purchase"), "features__first_bought_on", group=BOUGHT)
    )
    add(filters.Filter("segment", gettext_lazy("Segment"), filters.Kind.CHOICE, _inside, _segments, SCORES))
    add(filters.choice("rfm", gettext_lazy("RFM group"), "features__rfm_group", _groups, group=SCORES))
    add(filters.choice("cluster", gettext_lazy("Cluster"), "features__cluster", _clusters, group=SCORES))
    add(filters.number("nps", gettext_lazy("Last NPS answer"), "features__nps_last", group=SCORES))


def _register_columns() -> None:
    for key, path in (
        ("orders", "features__orders"),
        ("revenue", "features__revenue"),
        ("average_order", "features__average_order"),
        ("first_purchase", "features__first_bought_on"),
        ("last_purchase", "features__last_bought_on"),
    ):
        columns.sort_by(key, path)
    for column in (
        Column(
            "rfm",
            gettext_lazy("RFM group"),
            read="features__rfm_group",
            say=names.name_of,
            sort="features__rfm_group",
        ),
        Column(
            "recency",
            gettext_lazy("Days since the last purchase"),
            Look.NUMBER,
            read="features__recency_days",
            sort="features__recency_days",
        ),
        Column(
            "gap",
            gettext_lazy("Days between purchases"),
            Look.NUMBER,
            read="features__gap_days",
            sort="features__gap_days",
        ),
        Column(
            "nps",
            gettext_lazy("Last NPS answer"),
            Look.NUMBER,
            read="features__nps_last",
            sort="features__nps_last",
        ),
        Column(
            "csat",
            gettext_lazy("Last CSAT answer"),
            Look.NUMBER,
            read="features__csat_last",
            sort="features__csat_last",
        ),
    ):
        columns.register(column)


def _register_stage() -> None:
    cluster = "features__cluster"
    columns.register(
        Column("cluster", gettext_lazy("Cluster"), read=cluster, say=naming.name_of, sort=cluster)
    )
    add = filters.choice("stage", gettext_lazy("Lifecycle stage"), "features__stage", _stages, group=SCORES)
    filters.register(add)
    label, path = gettext_lazy("Lifecycle stage"), "features__stage"
    columns.register(Column("stage", label, read=path, say=_stage_name, sort=path))


def _register_value() -> None:
    """What somebody will bring; chances are shown as percentages and asked for as shares, as in rules."""
    clv, chance, lapse = "features__clv", "features__alive_chance", "features__lapse_chance"
    value, still = gettext_lazy("Expected value"), gettext_lazy("Chance of still being a customer")
    for one in (
        filters.number("clv", value, clv, group=SCORES),
        filters.number(
            "alive_chance", gettext_lazy("Chance of still being a customer (0 to 1)"), chance, group=SCORES
        ),
        filters.number(
            "lapse_chance", gettext_lazy("Chance not to come back in time (0 to 1)"), lapse, group=SCORES
        ),
        filters.day("next_purchase", gettext_lazy("Next purchase from"), "features__next_from", group=SCORES),
    ):
        filters.register(one)
    next_from = gettext_lazy("Next purchase from")
    for column in (
        Column("clv", value, Look.MONEY, read=clv, sort=clv),
        Column("alive_chance", still, read=chance, say=percent, sort=chance),
        Column(
            "lapse_chance",
            gettext_lazy("Chance not to come back in time"),
            read=lapse,
            say=percent,
            sort=lapse,
        ),
        Column(
            "expected_orders",
            gettext_lazy("Expected orders"),
            read="features__expected_orders",
            say=_one_digit,
            sort="features__expected_orders",
        ),
        Column("next_purchase", next_from, Look.DAY, read="features__next_from", sort="features__next_from"),
    ):
        columns.register(column)


def _one_digit(value: float) -> str:
    return number(value, 1)


class ListForm(DressedForm, forms.Form):
    """Which list kept by hand."""

    segment = forms.ModelChoiceField(
        Segment.objects.filter(kind=Segment.Kind.STATIC), label=gettext_lazy("List"), to_field_name="slug"
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        found = data.get("segment")
        return {"segment": found.pk, "name": found.name} if found else data


def _put_on_list(task: kinds.Task, ids: Sequence[int]) -> int:
    segment = Segment.objects.filter(pk=task.options["segment"]).first()
    if segment is None:
        return 0
    people = list(Customer.objects.filter(pk__in=ids).values_list("pk", flat=True))
    before = set(_stays(segment, people))
    new = audience.add(segment, people, at=task.at)
    journal.created(task.journal, Membership, set(_stays(segment, people)) - before)
    return new


def _stays(segment: Segment, people: Sequence[int]) -> list[int]:
    stays = Membership.objects.filter(segment=segment, left_at=None, customer__in=people)
    return list(stays.values_list("pk", flat=True))


def _find(_user: User, words: str) -> list[palette.Hit]:
    found = Segment.objects.filter(name__icontains=words).order_by("name")[: palette.SHOWN]
    return [palette.Hit(one.name, one.get_absolute_url(), "chart-pie") for one in found]
