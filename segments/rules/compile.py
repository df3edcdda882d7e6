"""A rule as one condition on customers, for the database to answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import CharField, DecimalField, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from crm import fading
from crm.models import CustomerTag, Interaction, Subscription
from segments.models import CustomerScore, HandPick, Membership
from segments.rules import compare, json_values
from segments.rules.fields import MAIL, Field
from segments.rules.happened import did
from segments.rules.moment import Moment
from segments.rules.operators import NEGATIVE, Kind
from segments.rules.tree import All, AnyOf, Condition, Did, InSegment, Node, Not, Picked


def to_q(node: Node, moment: Moment) -> Q:
    """Always true or false for every customer, so that it may be turned round and combined."""
    match node:
        case All(children):
            found = to_q(children[0], moment)
            for child in children[1:]:
                found &= to_q(child, moment)
            return found
        case AnyOf(children):
            return compare.either([to_q(child, moment) for child in children])
        case Not(child):
            return ~to_q(child, moment)
        case Did():
            return did(node, moment)
        case InSegment():
            return _in_segment(node, moment)
        case Picked():
            return _picked(node, moment)
    return _condition(node, moment)


def is_costly(node: Node) -> bool:
    """Whether other tables than customers and their features must be read."""
    match node:
        case All(children) | AnyOf(children):
            return any(is_costly(child) for child in children)
        case Not(child):
            return is_costly(child)
        case Condition():
            return node.field.how in {"tag", "answer", "answer_score", "score", "subscription"}
        case InSegment():
            return node.rule is None or is_costly(node.rule)
    return True


def _in_segment(node: InSegment, moment: Moment) -> Q:
    if node.rule is not None:
        return to_q(node.rule, moment)
    stays = Membership.objects.filter(customer=OuterRef("pk"), segment_id=node.pk)
    if moment.end:
        left = Q(left_at=None) | Q(left_at__gte=moment.end)
        return Q(Exists(stays.filter(left, entered_at__lt=moment.end)))
    return Q(Exists(stays.filter(left_at=None)))


def _picked(node: Picked, moment: Moment) -> Q:
    picks = HandPick.objects.filter(segment_id=node.segment, included=node.included)
    if moment.end:
        picks = picks.filter(Q(ended_at=None) | Q(ended_at__gte=moment.end), made_at__lt=moment.end)
    else:
        picks = picks.filter(ended_at=None)
    return Q(pk__in=picks.values("customer_id"))


def _condition(node: Condition, moment: Moment) -> Q:
    found = _positive(node.field, NEGATIVE.get(node.op, node.op), node.value, moment)
    return ~found if node.op in NEGATIVE else found


def _positive(field: Field, op: str, value: Any, moment: Moment) -> Q:
    path = F(field.path)
    match field.how:
        case "age":
            return compare.counted(op, value, path, lambda n: compare.years_ago(moment.real, n))
        case "days_since":
            return compare.counted(op, value, path, lambda n: compare.days_ago(_day(field, moment), n))
        case "answer" | "answer_score":
            return _answered(field, op, value, moment)
        case "custom_list":
            return json_values.has("custom", field.key, op, value)
        case "custom":
            return _own(field, op, value, moment)
        case "tag":
            weight = CustomerTag.objects.filter(customer=OuterRef("pk"), tag_id=int(field.key))
            now = fading.weight(fading.end_of(moment.real, moment.zone))
            return compare.figure(Subquery(weight.values_list(now)[:1]), op, value)
        case "score":
            said = CustomerScore.objects.filter(customer=OuterRef("pk"), score_id=int(field.key))
            return compare.figure(Subquery(said.values("value")[:1]), op, value, compare.floating)
        case "subscription":
            return _subscribed(field, op, value, moment)
        case "zero":
            zero = Coalesce(path, compare.decimal(0), output_field=DecimalField())
            return compare.figure(zero, op, value)
        case "float":
            return compare.figure(path, op, value, compare.floating)
    return _plain(field, _filled(field), op, value, moment)


def _day(field: Field, moment: Moment) -> date:
    """Mails are read while the real days go by, whatever day analysis stands on."""
    return moment.real if field.group == MAIL else moment.today


def _from(op: str, moment: Moment) -> date:
    return moment.real if op == "anniversary_in_days" else moment.today


def _plain(field: Field, expression: Any, op: str, value: Any, moment: Moment) -> Q:
    match field.kind:
        case Kind.CHOICE:
            return compare.codes(expression, op, value)
        case Kind.TEXT:
            return compare.text(expression, op, value)
        case Kind.DATE:
            return compare.days(expression, op, value, _from(op, moment))
        case Kind.YES_NO:
            return compare.yes_no(expression, op, value)
    return compare.figure(expression, op, value)


def _filled(field: Field) -> Any:
    """Texts of customers without features are blank, not NULL."""
    is_text = field.kind in {Kind.TEXT, Kind.CHOICE}
    if is_text and field.path.startswith("features__"):
        return Coalesce(F(field.path), Value(""), output_field=CharField())
    return F(field.path)


def _own(field: Field, op: str, value: Any, moment: Moment) -> Q:
    match field.kind:
        case Kind.NUMBER:
            return compare.figure(json_values.JsonNumber("custom", field.key), op, value)
        case Kind.DATE:
            day = json_values.JsonDay("custom", field.key)
            return compare.days(day, op, value, _from(op, moment), as_text=True)
        case Kind.YES_NO:
            return compare.yes_no(json_values.JsonYes("custom", field.key), op, value)
        case Kind.CHOICE:
            return compare.codes(json_values.JsonText("custom", field.key), op, value)
    return compare.text(json_values.JsonText("custom", field.key), op, value)


def _subscribed(field: Field, op: str, value: Any, moment: Moment) -> Q:
    """Some subscription of the customer, as it is now; only one that runs renews."""
    theirs = Subscription.objects.filter(customer=OuterRef("pk"))
    match field.name:
        case "subscription.status":
            return Q(Exists(theirs.filter(compare.codes(F("state"), op, value))))
        case "subscription.product":
            return Q(Exists(theirs.filter(compare.text(F("product__name"), op, value))))
    soon = compare.ahead(op, value, F("renews_on"), moment.real)
    return Q(Exists(theirs.filter(soon, state=Subscription.State.ACTIVE)))


def _answered(field: Field, op: str, value: Any, moment: Moment) -> Q:
    """The latest answer of this survey in which the question was answered."""
    answers = Interaction.objects.filter(moment.seen("at"), kind="answer", subject=field.path)
    if field.how == "answer_score":
        answers = answers.filter(number__isnull=False)
        holds = compare.figure(F("number"), op, value, compare.floating)
    else:
        answers = answers.filter(json_values.has("properties", field.key, "known", None))
        holds = json_values.has("properties", field.key, op, value)
    latest = answers.filter(customer=OuterRef(OuterRef("pk"))).order_by("-at", "-pk").values("pk")[:1]
    return Q(Exists(Interaction.objects.filter(holds, pk=Subquery(latest))))
