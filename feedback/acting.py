"""Rules for answers: if score, topic and segment are so, then a case, a tag, a webhook, a new question.

Score and segment are known when the answer comes, topics a minute later, when the comment was read. Each rule
is carried out once for each answer, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation

from crm import tagging, webhooks
from crm.models import Business, Case
from feedback import closing
from feedback.models import Answer, ClosingRule, Followed, Reask
from segments.models import Membership

RECENT = timedelta(days=14)  # An imported answer of last year calls for nothing today.


def rules_in_force() -> list[ClosingRule]:
    return list(ClosingRule.objects.filter(state=ClosingRule.State.ON).select_related("owner"))


def follow(answer: Answer, rules: Iterable[ClosingRule] | None = None) -> list[ClosingRule]:
    """Carry out every rule that fits and was not carried out yet; returns those."""
    if answer.state not in Answer.COUNTED:
        return []
    rules = rules_in_force() if rules is None else rules
    fitting = [one for one in rules if fits(one, answer)]
    return [one for one in fitting if _once(one, answer)]


def follow_read(keys: Iterable[int], now: datetime) -> int:
    """After comments were read: the rules that ask for a topic."""
    rules = [one for one in rules_in_force() if one.theme_id]
    if not rules:
        return 0
    answers = Answer.objects.counted().filter(
        pk__in=list(keys),
        answered_at__gte=now - RECENT,
        remark__mentions__theme__in=[one.theme_id for one in rules],
    )
    done = 0
    for answer in answers.select_related("customer", "survey").distinct():
        done += len(follow(answer, rules))
    return done


def fits(rule: ClosingRule, answer: Answer) -> bool:
    if rule.survey_id and rule.survey_id != answer.survey_id:
        return False
    if rule.score_from is not None and (answer.score is None or answer.score < rule.score_from):
        return False
    if rule.score_to is not None and (answer.score is None or answer.score > rule.score_to):
        return False
    if rule.theme_id and not answer_speaks_of(answer, rule.theme_id):
        return False
    if rule.segment:
        members = Membership.objects.filter(segment__slug=rule.segment, left_at=None)
        return bool(answer.customer_id) and members.filter(customer=answer.customer_id).exists()
    return True


def answer_speaks_of(answer: Answer, theme: int) -> bool:
    return Answer.objects.filter(pk=answer.pk, remark__mentions__theme=theme).exists()


@transaction.atomic
def _once(rule: ClosingRule, answer: Answer) -> bool:
    thanks = Followed.Thanks.WAITING if rule.campaign and answer.customer_id else Followed.Thanks.NONE
    _row, fresh = Followed.objects.get_or_create(
        rule=rule, answer=answer, defaults={"at": answer.answered_at, "thanks": thanks}
    )
    if not fresh:
        return False
    case = _open(rule, answer) if rule.opens_case else None
    customer = answer.customer
    if customer is None:
        return True
    if rule.tag:
        tagging.add(customer, rule.tag, at=answer.answered_at, reason=rule.name)
    if rule.tells:
        said = {"answer": answer.pk, "customer": customer.public_id, "rule": rule.name, "score": answer.score}
        webhooks.emit("answer.followed", {**said, "case": case.pk if case else None}, at=answer.answered_at)
    if rule.reask_days is not None:
        due = None if case else answer.answered_at + timedelta(days=rule.reask_days)
        Reask.objects.get_or_create(
            answer=answer, defaults={"customer": customer, "days": rule.reask_days, "due_at": due}
        )
    return True


def _open(rule: ClosingRule, answer: Answer) -> Case | None:
    """The case of the answer, with the owner and the time that the rule gives."""
    with translation.override(Business.current().language):
        case = closing.open_for(answer, owner=rule.owner)
    if case is None:
        return None
    if rule.owner and case.owner_id is None:
        Case.objects.filter(pk=case.pk, owner=None).update(owner=rule.owner)
    if rule.due_hours:
        due = answer.answered_at + timedelta(hours=rule.due_hours)
        Case.objects.filter(pk=case.pk, first_response_at=None).update(first_due_at=due)
    return case
