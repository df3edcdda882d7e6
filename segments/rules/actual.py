"""What one person's own data say to a line of a rule, in words: "3 times", "Germany", "not known"."""

from __future__ import annotations

from calendar import isleap
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import fading, masking
from crm.models import Customer, CustomerTag, Interaction, Subscription
from segments.models import CustomerScore, HandPick, Membership
from segments.rules import json_values
from segments.rules.describe import shown
from segments.rules.fields import MAIL, Field
from segments.rules.happened import measured
from segments.rules.moment import Moment
from segments.rules.operators import Kind
from segments.rules.tree import Did, InSegment, Leaf, Picked

type Values = dict[str, Any]


def to_read(leaf: Leaf, moment: Moment) -> Values:
    """What to read of the person of the moment so that `words` can say it: {name: expression}."""
    match leaf:
        case Did():
            return measured(leaf, moment)
        case InSegment():
            return {"at": Subquery(_stays(leaf, moment).values("entered_at")[:1])}
        case Picked():
            picks = HandPick.objects.filter(
                segment_id=leaf.segment, included=leaf.included, customer=OuterRef("pk")
            )
            return {"at": Subquery(picks.order_by("-made_at").values("made_at")[:1])}
    return {} if is_hidden(leaf.field) else _of_field(leaf.field, moment)


def words(leaf: Leaf, found: Values, moment: Moment) -> str:
    """What was read, as the reader says it."""
    match leaf:
        case Did():
            return _amount(leaf, found)
        case InSegment():
            return _since(found["at"], moment) if found["at"] else _("not on the list")
        case Picked():
            return _since(found["at"], moment) if found["at"] else ""
    if is_hidden(leaf.field):
        return masking.HIDDEN
    return _value(leaf.field, found, moment)


def is_hidden(field: Field) -> bool:
    """Whether this reader may not see what the person's value is."""
    telling = field.path in Customer.PERSONAL or field.how in {"custom", "custom_list", "answer"}
    return telling and masking.active()


def _stays(leaf: InSegment, moment: Moment) -> Any:
    stays = Membership.objects.filter(segment_id=leaf.pk, customer=OuterRef("pk"))
    if moment.end is None:
        return stays.filter(left_at=None)
    stays = stays.filter(entered_at__lt=moment.end)
    return stays.exclude(left_at__lt=moment.end).order_by("-entered_at")


def _of_field(field: Field, moment: Moment) -> Values:
    match field.how:
        case "answer" | "answer_score":
            return {"value": _answered(field, moment)}
        case "custom" | "custom_list":
            return {"value": F("custom")}
        case "tag":
            held = CustomerTag.objects.filter(customer=OuterRef("pk"), tag_id=int(field.key))
            now = fading.weight(fading.end_of(moment.real, moment.zone))
            return {"value": Subquery(held.values_list(now)[:1])}
        case "score":
            said = CustomerScore.objects.filter(customer=OuterRef("pk"), score_id=int(field.key))
            return {"value": Subquery(said.values("value")[:1])}
        case "subscription":
            return {}  # There may be several: they are read when they are said.
    return {"value": F(field.path)}


def _answered(field: Field, moment: Moment) -> Subquery:
    answers = Interaction.objects.filter(moment.seen("at"), kind="answer", subject=field.path)
    answers = answers.filter(customer=OuterRef("pk")).order_by("-at", "-pk")
    if field.how == "answer_score":
        return Subquery(answers.filter(number__isnull=False).values("number")[:1])
    known = answers.filter(json_values.has("properties", field.key, "known", None))
    return Subquery(known.values("properties")[:1])


def _value(field: Field, found: Values, moment: Moment) -> str:
    value = found.get("value")
    match field.how:
        case "subscription":
            return _subscriptions(field, moment)
        case "custom" | "custom_list" | "answer":
            value = value.get(field.key) if isinstance(value, dict) else None
        case "tag":
            return _("does not have it") if value is None else _("weight %(n)s") % {"n": shown(value)}
        case "zero":
            value = value or Decimal(0)
        case "age":
            return _("not known") if value is None else shown(_years(value, moment.real))
        case "days_since" if value is not None:
            today = moment.real if field.group == MAIL else moment.today
            return _days_ago((today - value).days, value)
    return _said(field, value)


def _said(field: Field, value: Any) -> str:
    if value is None or value in ("", []):
        return _("not known")
    if isinstance(value, list):
        return _(", ").join(_said(field, one) for one in value)
    if isinstance(value, str) and field.kind is Kind.DATE:
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return str(value)
    if isinstance(value, str):
        return _("“%(text)s”") % {"text": field.label_of(value)}
    return shown(_short(value) if isinstance(value, float | Decimal) else value)


def _amount(node: Did, found: Values) -> str:
    count, total = found.get("n"), found.get("total")
    match node.measure:
        case "times":
            text = ngettext("once", "%(count)s times", count or 0) if count else _("never")
            return text % {"count": shown(count)} if count else text
        case "distinct":
            return ngettext("%(count)s different", "%(count)s different", count or 0) % {
                "count": shown(count or 0)
            }
        case "sum":
            return _("%(amount)s in total") % {"amount": shown(_short(total or 0))}
    if not count or total is None:
        return _("too few to say") if node.measure == "days_between" else _("nothing to average")
    mean = shown(_short(Decimal(str(total)) / count))
    if node.measure == "days_between":
        return ngettext(
            "every %(days)s day on average", "every %(days)s days on average", 1 if mean == "1" else 2
        ) % {"days": mean}
    return _("%(amount)s on average") % {"amount": mean}


def _subscriptions(field: Field, moment: Moment) -> str:
    theirs = Subscription.objects.filter(customer=moment.person).order_by("pk")
    match field.name:
        case "subscription.status":
            texts = [str(field.label_of(one)) for one in theirs.values_list("state", flat=True)]
        case "subscription.product":
            texts = list(theirs.values_list("product__name", flat=True))
        case _:
            days = theirs.filter(state=Subscription.State.ACTIVE, renews_on__isnull=False)
            texts = [shown((day - moment.real).days) for day in days.values_list("renews_on", flat=True)]
    return _(", ").join(texts) or _("none")


def _since(at: datetime, moment: Moment) -> str:
    return _("since %(day)s") % {"day": date_format(at.astimezone(moment.zone).date(), "DATE_FORMAT")}


def _days_ago(days: int, day: date) -> str:
    text = ngettext("%(days)s day (%(day)s)", "%(days)s days (%(day)s)", days)
    return text % {"days": shown(days), "day": date_format(day, "DATE_FORMAT")}


def _years(born: date, today: date) -> int:
    """Full years; 29 February has its birthday on the 28th in other years."""
    day = (2, 28) if (born.month, born.day) == (2, 29) and not isleap(today.year) else (born.month, born.day)
    return today.year - born.year - ((today.month, today.day) < day)


def _short(value: Any) -> Decimal:
    return round(Decimal(str(value)), 2)


__all__ = ["is_hidden", "to_read", "words"]
