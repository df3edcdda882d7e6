"""Who stands behind a number: a cell of the RFM grid, a group, a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.ledger import STAGES
from crm.models import Business, Customer
from segments import audience
from segments.clusters import naming
from segments.lifecycle import journey
from segments.measures import periods
from segments.models import ClusterMember, CustomerFeatures, ScoringRun, Segment
from segments.numerics.rfm import LEVELS
from segments.rfm import moves
from segments.rfm import names as rfm_names
from segments.rules.events import EVENTS

EARLIEST, LATEST = date(1970, 1, 2), date(2999, 12, 30)


@dataclass(frozen=True, slots=True)
class Selection:
    """Some customers with a title; `rule` describes them to the rule builder, if rules can."""

    title: str
    people: QuerySet[CustomerFeatures]
    rule: dict[str, Any] | None
    query: str


def select(query: Mapping[str, str]) -> Selection | None:
    """Read the address of a number: a cell, group, stage, cluster, step or cohort; None: it names nothing."""
    if "first" in query and "last" in query:
        return _moved(query) if "was" in query else _journey(query)
    if "cohort" in query:
        return _cohort(query)
    if query.get("stage", "") in STAGES:
        return _stage(query["stage"])
    if query.get("segment"):
        return _segment(query["segment"])
    if query.get("group"):
        return _group(query["group"])
    if "v" in query:
        return _worth(query.get("r", ""), query["v"])
    if "r" in query or "f" in query:
        return _cell(query.get("r", ""), query.get("f", ""))
    if query.get("cluster"):
        return _cluster(query["cluster"])
    run, number = query.get("run", ""), query.get("number", "")
    if run.isdecimal() and number.isdecimal() and len(run + number) < 20:
        return _of_run(int(run), int(number))
    return None


def period_of(first: str, last: str) -> journey.Period | None:
    """The days of an address, if they are days in this order."""
    try:
        period = journey.Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        return None
    is_possible = EARLIEST <= period.first <= period.last <= LATEST
    return period if is_possible else None


def _journey(query: Mapping[str, str]) -> Selection | None:
    """?point=, ?point=&goal=&went= or ?left=&came= with the days of the period."""
    period, business = period_of(query["first"], query["last"]), Business.current()
    if period is None:
        return None
    asked = {key: query[key] for key in ("point", "goal", "went", "left", "came") if query.get(key)}
    address = urlencode({**asked, "first": period.first, "last": period.last})
    point, goal, went = query.get("point", ""), query.get("goal", ""), query.get("went") != "no"
    left, came = query.get("left", ""), query.get("came", "")
    if left in STAGES and came in STAGES:
        title = _("%(before)s → %(after)s") % {"before": STAGES[left], "after": STAGES[came]}
        return Selection(title, journey.movers(period, business, left, came), None, address)
    if point not in journey.POINTS or (goal and (point, goal) not in journey.STEPS):
        return None
    found = journey.people(period, business, point, goal, went=went)
    words = {"start": journey.POINTS[point], "goal": journey.POINTS.get(goal, "")}
    if goal:
        title = (_("%(start)s → %(goal)s") if went else _("%(start)s, and not %(goal)s after it")) % words
        return Selection(title, found, None, address)
    return Selection(str(words["start"]), found, _happened(point, period), address)


def _happened(point: str, period: journey.Period) -> dict[str, Any] | None:
    """The touch point as a rule, where rules know the event."""
    if point not in EVENTS:
        return None
    return {"all": [{"did": point, "from": period.first.isoformat(), "to": period.last.isoformat()}]}


def _cohort(query: Mapping[str, str]) -> Selection | None:
    """?cohort=&by= with the first day of a month or week: whose first purchase it was; with &from=&to= those
    of them who bought in these days."""
    by = query.get("by", "")
    start, bought = period_of(query["cohort"], query["cohort"]), None
    if start is None or by not in (periods.MONTH, periods.WEEK):
        return None
    number = periods.number_of(start.first, by)
    days = [periods.first_day(number, by).isoformat(), periods.last_day(number, by).isoformat()]
    rules: list[dict[str, Any]] = [{"field": "first_bought_on", "op": "between", "value": days}]
    title = _("First purchase: %(period)s") % {"period": periods.spoken(number, by)}
    asked = {"cohort": days[0], "by": by}
    if "from" in query:
        bought = period_of(query["from"], query.get("to", ""))
        if bought is None:
            return None
        asked |= {"from": bought.first.isoformat(), "to": bought.last.isoformat()}
        rules.append({"did": "purchase", "from": asked["from"], "to": asked["to"]})
        words = {"first": date_format(bought.first), "last": date_format(bought.last), "title": title}
        title = _("%(title)s, bought between %(first)s and %(last)s") % words
    people = CustomerFeatures.objects.filter(customer__in=audience.live({"all": rules}))
    return Selection(title, people, {"all": rules}, urlencode(asked))


def _stage(code: str) -> Selection:
    rule = {"all": [{"field": "stage", "op": "is", "value": code}]}
    return Selection(
        str(STAGES[code]), CustomerFeatures.objects.filter(stage=code), rule, urlencode({"stage": code})
    )


def _segment(slug: str) -> Selection | None:
    segment = Segment.objects.filter(slug=slug).first()
    if segment is None:
        return None
    people = CustomerFeatures.objects.filter(audience.met_in_turn(segment, Customer.objects.count()))
    return Selection(segment.name, people, {"in_segment": slug}, urlencode({"segment": slug}))


def _group(code: str) -> Selection | None:
    names = rfm_names.in_use().labels
    if code not in names:
        return None
    rule = {"all": [{"field": "rfm.group", "op": "is", "value": code}]}
    people = CustomerFeatures.objects.filter(rfm_group=code)
    return Selection(str(names[code]), people, rule, urlencode({"group": code}))


def _moved(query: Mapping[str, str]) -> Selection | None:
    """?was=&is= with two days: who stood in one RFM group then and in another later."""
    period, before, after = period_of(query["first"], query["last"]), query["was"], query.get("is", "")
    names = {**rfm_names.in_use().labels, "none": _("not a buyer")}
    if period is None or before not in names or after not in names:
        return None
    codes = [code.removeprefix("none") for code in (before, after)]
    asked = {"was": before, "is": after, "first": period.first, "last": period.last}
    title = _("%(before)s → %(after)s") % {"before": names[before], "after": names[after]}
    return Selection(title, moves.people(period.first, period.last, *codes), None, urlencode(asked))


def _cell(recency: str, frequency: str) -> Selection | None:
    levels = {str(level) for level in range(1, LEVELS + 1)}
    if not {recency, frequency} - {""} or not {recency, frequency} <= levels | {""}:
        return None
    people, rules, texts = CustomerFeatures.objects.all(), [], []
    if recency:
        people = people.filter(rfm_recency=int(recency))
        rules.append({"field": "rfm.recency", "op": "is", "value": int(recency)})
        texts.append(_("recency %(score)s") % {"score": recency})
    if frequency:
        people = people.filter(rfm_frequency=int(frequency))
        rules.append({"field": "rfm.frequency", "op": "is", "value": int(frequency)})
        texts.append(_("frequency %(score)s") % {"score": frequency})
    title = _("Scored %(scores)s") % {"scores": _(", ").join(texts)}
    asked = {key: value for key, value in (("r", recency), ("f", frequency)) if value}
    return Selection(title, people, {"all": rules}, urlencode(asked))


def _worth(recency: str, worth: str) -> Selection | None:
    """A cell of a map by recency and the mean of orders and money."""
    levels = {str(level) for level in range(1, LEVELS + 1)}
    if not {recency, worth} <= levels:
        return None
    totals = (2 * int(worth) - 1, 2 * int(worth))  # Of both scores: their mean, halves rounded up.
    scored = CustomerFeatures.objects.alias(both=F("rfm_frequency") + F("rfm_monetary"))
    people = scored.filter(rfm_recency=int(recency), both__in=totals)
    pairs = [(f, m) for f in range(1, LEVELS + 1) for m in range(1, LEVELS + 1) if f + m in totals]
    either = [
        {
            "all": [
                {"field": "rfm.frequency", "op": "is", "value": f},
                {"field": "rfm.monetary", "op": "is", "value": m},
            ]
        }
        for f, m in pairs
    ]
    rule = {"all": [{"field": "rfm.recency", "op": "is", "value": int(recency)}, {"any": either}]}
    title = _("Scored recency %(recency)s, orders and money %(worth)s")
    words = title % {"recency": recency, "worth": worth}
    return Selection(words, people, rule, urlencode({"r": recency, "v": worth}))


def _cluster(key: str) -> Selection:
    rule = {"all": [{"field": "cluster", "op": "is", "value": key}]}
    people = CustomerFeatures.objects.filter(cluster=key)
    return Selection(naming.name_of(key), people, rule, urlencode({"cluster": key}))


def _of_run(pk: int, number: int) -> Selection | None:
    """The people of a cluster as they were grouped then; only the clustering in use can be a rule."""
    run = ScoringRun.objects.filter(pk=pk, kind=ScoringRun.Kind.CLUSTER, state=ScoringRun.State.DONE).first()
    keys = naming.keys(run) if run else []
    if run is None or number >= len(keys):
        return None
    inside = ClusterMember.objects.filter(run=run, cluster=number).values("customer_id")
    rule = {"all": [{"field": "cluster", "op": "is", "value": keys[number]}]} if run.is_live else None
    people = CustomerFeatures.objects.filter(customer_id__in=inside)
    return Selection(naming.names(run)[number], people, rule, urlencode({"run": pk, "number": number}))
