"""Mails to staff about cases: the owner and who watches hear what happened, never the customer's words."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import access, outbox
from crm.cases.letters import AUTOMATIC, LOOP
from crm.errors import PermanentFailure
from crm.models import Business, Case, CaseMessage, Mailing, Message, User
from crm.outbox.kinds import Render

KIND, SOURCE = "case_notice", "case-notices"
EVENTS = {"wrote", "note", "given", "late", "bounced"}


def tell(
    case: Case, event: str, *, about: CaseMessage | None = None, but: User | None = None, mark: str = ""
) -> None:
    """Write to the owner and the watchers, except who did it; about one event once."""
    people = {user.pk: user for user in case.watchers.filter(is_active=True)}
    if case.owner is not None and case.owner.is_active:
        people[case.owner.pk] = case.owner
    tell_these(people.values(), case, event, mark=mark or (str(about.pk) if about else ""), but=but)


def tell_these(people: Iterable[User], case: Case, event: str, *, mark: str, but: User | None = None) -> None:
    assert event in EVENTS
    for user in people:
        if but is not None and user.pk == but.pk:
            continue
        outbox.send_one(
            SOURCE,
            kind=KIND,
            key=f"{case.pk}:{event}:{mark}:{user.pk}"[:120],
            to_email=user.email,
            name=gettext_noop("Notices about cases"),
            context={"case": case.pk, "user": user.pk, "event": event},
        )


def managers() -> list[User]:
    """Who answers for service: owners and managers."""
    roles = (User.Role.OWNER, User.Role.MANAGER)
    return list(User.objects.filter(is_active=True, role__in=roles, scope=User.Scope.ALL))


def prepare(mailing: Mailing) -> Render:
    """Write notices in the language of each reader."""
    business = Business.current()

    def render(message: Message) -> outbox.Envelope:
        user = User.objects.filter(pk=message.context.get("user"), is_active=True).first()
        case = Case.objects.select_related("customer").filter(pk=message.context.get("case")).first()
        if user is None or case is None or user.email != message.to_email:
            raise PermanentFailure(gettext_noop("The case or its reader does not exist any more."))
        with translation.override(user.language or business.language):
            return _envelope(business, user, case, str(message.context.get("event")))

    return render


def _envelope(business: Business, user: User, case: Case, event: str) -> outbox.Envelope:
    number = {"number": case.pk}
    words = {
        "wrote": _("The customer wrote on case #%(number)s") % number,
        "note": _("There is a new note on case #%(number)s") % number,
        "given": _("Case #%(number)s is yours now") % number,
        "bounced": _("An answer on case #%(number)s could not be delivered") % number,
        "late": _("Case #%(number)s is late") % number,
    }
    subject = words.get(event, words["wrote"])
    context = {
        "business": business,
        "case": case,
        "said": subject,
        "link": f"{settings.SITE_URL}{case.get_absolute_url()}",
        "may_serve": access.may(user, access.Right.SERVE),
    }
    from_name, from_email = business.sender
    return outbox.Envelope(
        subject=subject,
        html=render_to_string("mail/case_notice.html", context),
        text=render_to_string("mail/case_notice.txt", context),
        from_name=from_name,
        from_email=from_email,
        to_name=user.name,
        headers={LOOP: f"notice-{case.pk}", **AUTOMATIC, "Auto-Submitted": "auto-generated"},
    )
