"""Closing the loop: a bad answer opens a case once, so that somebody looks after the customer."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from crm import cases
from crm.models import Business, Case, User
from feedback import measuring
from feedback.models import Answer, Survey
from segments.models import CustomerFeatures

BEST = 5  # The upper fifth by what they spend.


def threshold(survey: Survey) -> int | None:
    """The highest score that counts as bad; None when bad answers open no cases."""
    if not survey.opens_cases:
        return None
    _good_from, middle_from = measuring.bounds(survey)
    return survey.bad_at_most if survey.bad_at_most is not None else middle_from - 1


def source_of(answer: Answer) -> str:
    return f"answer:{answer.pk}"


def follow_up(answer: Answer) -> Case | None:
    """Open the case of a bad answer; a corrected answer is noted on the case that is there."""
    known = Case.objects.filter(source=source_of(answer)).select_related("customer", "owner").first()
    with translation.override(Business.current().language):
        if known is not None:
            cases.note(known, _said(answer), by=None, at=answer.answered_at, key=_mark(answer))
            return known
        worst = threshold(answer.survey)
        if worst is None or answer.score is None or answer.score > worst or answer.customer is None:
            return None
        return open_for(answer)


def open_for(answer: Answer, *, owner: User | None = None) -> Case | None:
    """The case of an answer, opened once; None for an anonymous one, which nobody can be answered to."""
    if answer.customer is None:
        return None
    subject = (
        _("Unhappy: %(score)s in “%(survey)s”") if is_bad(answer) else _("Answer: %(score)s in “%(survey)s”")
    )
    score = "–" if answer.score is None else answer.score
    return cases.open_case(
        subject % {"score": score, "survey": answer.survey.name},
        at=answer.answered_at,
        channel=Case.Channel.ANSWER,
        customer=answer.customer,
        text=_said(answer),
        source=source_of(answer),
        priority=_priority(answer),
        owner=owner,
        sender_name=answer.customer.full_name,
        sender_email=answer.customer.email,
        language=answer.language,
    )


def is_bad(answer: Answer) -> bool:
    worst = threshold(answer.survey)
    return answer.score is not None and worst is not None and answer.score <= worst


def _priority(answer: Answer) -> int:
    """The lower half of the bad scores comes first, and who is worth most to the shop one step earlier."""
    if not is_bad(answer):
        return Case.Priority.NORMAL
    worst = threshold(answer.survey) or 0
    least = answer.survey.scale[0]
    low = answer.score is not None and (answer.score - least) * 2 <= worst - least
    best = CustomerFeatures.objects.filter(customer=answer.customer_id, rfm_monetary=BEST).exists()
    return min(Case.Priority.NORMAL + low + best, Case.Priority.URGENT)


def _said(answer: Answer) -> str:
    line = _("Answered %(score)s in “%(survey)s”.") % {"score": answer.score, "survey": answer.survey.name}
    return f"{line}\n\n{answer.comment}".strip()


def _mark(answer: Answer) -> str:
    return f"corrected:{answer.answered_at.isoformat()}"
