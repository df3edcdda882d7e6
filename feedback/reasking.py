"""Asking somebody again, some days after their trouble was put right, to see whether they came back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import outbox
from crm.errors import PermanentFailure
from crm.models import Business, Case, Mailing, Message
from crm.outbox.kinds import Render
from feedback import closing, invitations, texts
from feedback.models import Invitation, Reask

KIND, SOURCE = "reask", "reask"
BATCH = 500


def notice_solved(now: datetime) -> int:
    """Give those a day whose case was solved since."""
    waiting = Reask.objects.filter(state=Reask.State.WAITING, due_at=None).select_related("answer")[:BATCH]
    sources = {closing.source_of(one.answer): one for one in waiting}
    solved = Case.objects.filter(source__in=sources, state__in=Case.DONE, solved_at__isnull=False)
    rows = []
    for source, at in solved.values_list("source", "solved_at"):
        one = sources[source]
        one.due_at = at + timedelta(days=one.days)
        rows.append(one)
    Reask.objects.bulk_update(rows, ["due_at"])
    return len(rows)


def ask_due(now: datetime) -> int:
    """Send the questions that are due; who cannot get mail or was asked meanwhile is left out."""
    notice_solved(now)
    due = Reask.objects.filter(state=Reask.State.WAITING, due_at__lte=now)
    done = 0
    for one in due.select_related("answer__survey", "customer")[:BATCH]:
        done += _ask(one, now)
    return done


@transaction.atomic
def _ask(one: Reask, now: datetime) -> bool:
    """One claim, one invitation, one message; a second worker finds nothing left."""
    reason = _why_not(one)
    state = Reask.State.SKIPPED if reason else Reask.State.ASKED
    mine = Reask.objects.filter(pk=one.pk, state=Reask.State.WAITING)
    if not mine.update(state=state, reason=reason, asked_at=None if reason else now) or reason:
        return False
    survey = one.answer.survey
    invitations.invite_many(survey, f"reask:{one.pk}", [one.customer_id], at=now)
    outbox.send_one(
        SOURCE,
        kind=KIND,
        key=f"reask:{one.pk}",
        to_email=one.customer.email,
        name=gettext_noop("Questions asked again after a case"),
        customer=one.customer,
        context={"reask": one.pk},
    )
    return True


def _why_not(one: Reask) -> str:
    if not one.answer.survey.is_open:
        return "closed"
    if not one.customer.email or one.customer.erased_at:
        return "no_address"
    later = Invitation.objects.filter(
        survey=one.answer.survey_id,
        customer=one.customer_id,
        asked_at__gt=one.answer.answered_at + timedelta(minutes=1),
    )
    return "asked_meanwhile" if later.exists() else ""


def prepare(mailing: Mailing) -> Render:
    """Write the mails: one sentence, one link."""
    business = Business.current()

    def render(mail: Message) -> outbox.Envelope:
        one = (
            Reask.objects.filter(pk=mail.context.get("reask"))
            .select_related("answer__survey", "customer")
            .first()
        )
        if one is None or one.customer.email != mail.to_email:
            raise PermanentFailure(gettext_noop("The question of this mail does not exist any more."))
        language = texts.first_known(one.answer.language, one.customer.language, business.language)
        with translation.override(language):
            return _envelope(one, business)

    return render


def _envelope(one: Reask, business: Business) -> outbox.Envelope:
    from_name, from_email = business.sender
    survey = one.answer.survey
    context = {
        "business": business,
        "name": one.customer.first_name,
        "link": invitations.link(survey.pk, f"reask:{one.pk}", one.customer_id),
    }
    return outbox.Envelope(
        subject=_("Is it better now? %(shop)s would like to know") % {"shop": business.name},
        html=render_to_string("mail/reask.html", context),
        text=render_to_string("mail/reask.txt", context),
        from_name=from_name,
        from_email=from_email,
    )
