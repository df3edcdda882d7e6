"""One run of an automatic question: who is asked gets an invitation and a mail, who is not gets a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from crm import outbox
from crm.errors import Refusal
from crm.models import Customer, Mailing, Message
from feedback.asking import reasons, whom
from feedback.asking.whom import Candidate
from feedback.models import Answer, Asking, Invitation, NotAsked

KIND = "survey"
Occasion = Asking.Occasion


def switch_on(asking: Asking, *, at: datetime) -> None:
    """From now on; what happened before is not asked about."""
    if not asking.survey.is_open:
        raise Refusal(_("This survey is closed. Open it again to ask somebody."))
    mark = at - timedelta(days=asking.delay_days)
    Asking.objects.filter(pk=asking.pk, state=Asking.State.OFF).update(
        state=Asking.State.ON, mark=mark, since=mark
    )


def switch_off(asking: Asking) -> None:
    """Nobody new is asked; mails that still wait are not sent."""
    Asking.objects.filter(pk=asking.pk).update(state=Asking.State.OFF)
    waiting = Message.objects.filter(mailing__source=asking.source, state=Message.State.QUEUED)
    waiting.update(state=Message.State.CANCELLED)


def run_all(*, now: datetime) -> int:
    """Ask whomever the questions that are on would ask now; returns how many mails were planned."""
    planned = 0
    for asking in Asking.objects.filter(state=Asking.State.ON, survey__state="open").select_related("survey"):
        planned += run(asking, now=now) + remind(asking, now=now)
    if planned:
        outbox.deliver_soon()
    return planned


@transaction.atomic
def run(asking: Asking, *, now: datetime) -> int:
    """From the mark on; a run that died half-way left nothing, one that is repeated asks nobody twice."""
    held = Asking.objects.select_for_update(of=("self",)).select_related("survey").get(pk=asking.pk)
    found = whom.candidates(held, now=now)
    if not found:
        return 0
    chosen = _choose(held, found, now)
    planned = _plan(held, chosen, now)
    if held.occasion != Occasion.SCHEDULE:
        reached = max(one.at for one in found)  # Lower than the mark where all were imported late.
        Asking.objects.filter(pk=held.pk).update(mark=max(reached, held.mark or reached))
    return planned


def remind(asking: Asking, *, now: datetime) -> int:
    """Once, to those who got the first mail and have not answered."""
    if asking.remind_after_days is None:
        return 0
    answered = Answer.objects.counted().filter(invitation=OuterRef("pk"))
    waiting = Invitation.objects.filter(
        ~Exists(answered),
        survey=asking.survey_id,
        source__startswith=f"{asking.source}:",
        state=Invitation.State.ASKED,
        reminded_at=None,
        asked_at__lte=now - timedelta(days=asking.remind_after_days),
        expires_at__gt=now,
    ).select_related("customer")[: whom.BATCH]
    rows = list(waiting)
    keys = {_key(one): one for one in rows}
    sent = Message.objects.filter(mailing__source=asking.source, key__in=list(keys), state=Message.State.SENT)
    got = [keys[key] for key in sent.values_list("key", flat=True)]
    Invitation.objects.filter(pk__in=[one.pk for one in rows], reminded_at=None).update(reminded_at=now)
    drafts = [_message(one, f"{_key(one)}:again", is_reminder=True) for one in got]
    return outbox.plan(_mailing(asking), drafts) if drafts else 0


def _choose(asking: Asking, found: Sequence[Candidate], now: datetime) -> list[Candidate]:
    """Those who may be asked; of the others it is kept why not."""
    ids = [one.customer for one in found]
    people = Customer.objects.in_bulk(ids)
    inside = whom.in_segment(asking, ids)
    lately = reasons.resting(asking, now, ids)
    today = Invitation.objects.filter(
        survey=asking.survey_id, source__startswith=f"{asking.source}:", asked_at__gt=now - timedelta(days=1)
    ).count()
    chosen: list[Candidate] = []
    left_out = []
    for one in found:
        why = reasons.of(
            asking,
            people[one.customer],
            now=now,
            inside=one.customer in inside,
            asked_lately=one.customer in lately,
        )
        if not why and today + len(chosen) >= asking.a_day:
            why = reasons.FULL
        if why:
            left_out.append(
                NotAsked(asking=asking, customer_id=one.customer, reason=why, about=one.about, at=now)
            )
            continue
        lately.add(one.customer)  # Two orders on one day are one question.
        chosen.append(one)
    NotAsked.objects.bulk_create(left_out, ignore_conflicts=True, batch_size=1000)
    return chosen


def _plan(asking: Asking, chosen: Sequence[Candidate], now: datetime) -> int:
    if not chosen:
        return 0
    expires_at = now + timedelta(days=asking.survey.valid_days)
    drafts = [
        Invitation(
            survey=asking.survey,
            customer_id=one.customer,
            source=f"{asking.source}:{one.about}",
            product_id=one.product,
            asked_at=now,
            expires_at=expires_at,
        )
        for one in chosen
    ]
    Invitation.objects.bulk_create(drafts, ignore_conflicts=True, batch_size=1000)
    sources = {one.source for one in drafts}
    made = Invitation.objects.filter(
        survey=asking.survey, source__in=sources, customer__in=[one.customer for one in chosen], asked_at=now
    ).select_related("customer")
    return outbox.plan(_mailing(asking), [_message(one, _key(one)) for one in made])


def _mailing(asking: Asking) -> Mailing:
    own = asking.occasion == Occasion.CASE
    purpose = Mailing.Purpose.TRANSACTIONAL if own else Mailing.Purpose.MARKETING
    return outbox.open_mailing(asking.source, kind=KIND, name=asking.name, purpose=purpose)


def _message(invitation: Invitation, key: str, *, is_reminder: bool = False) -> Message:
    return Message(
        key=key,
        customer=invitation.customer,
        to_email=invitation.customer.email,
        context={"invitation": invitation.pk, "reminder": is_reminder},
    )


def _key(invitation: Invitation) -> str:
    return f"{invitation.source.partition(':')[2].partition(':')[2]}:customer:{invitation.customer_id}"
