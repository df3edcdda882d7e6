"""The mail that asks, as the outbox wants it."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import outbox
from crm.errors import PermanentFailure
from crm.languages import language_of
from crm.models import Business, Mailing, Message
from crm.outbox import Envelope
from crm.outbox.kinds import Render
from feedback import invitations, recall, texts
from feedback.asking.running import KIND
from feedback.models import Asking, Invitation

PARTS = ("subject", "intro", "reminder")


def register() -> None:
    outbox.register(KIND, prepare)


def default_texts(language: str, shop: str) -> dict[str, str]:
    """Subject and words that fit most occasions."""
    with translation.override(texts.first_known(language)):
        return {
            "subject": _("How was it, {{ first_name | dear customer }}?"),
            "intro": _(
                "Hello {{ first_name | there }}, thank you for choosing %(shop)s. One click is enough:"
            )
            % {"shop": shop},
            "reminder": _("Hello {{ first_name | there }}, may we ask you once more? One click is enough:"),
        }


def prepare(mailing: Mailing) -> Render:
    """Write the mails of one automatic question."""
    asking = Asking.objects.select_related("survey").filter(pk=mailing.source.partition(":")[2]).first()
    if asking is None or not asking.survey.is_open:
        raise PermanentFailure(gettext_noop("The survey of these mails is closed or gone."))
    business = Business.current()

    def render(message: Message) -> Envelope:
        found = Invitation.objects.select_related("customer", "product")
        invitation = found.filter(pk=message.context.get("invitation")).first()
        if invitation is None or message.customer is None:
            raise PermanentFailure(gettext_noop("The customer does not exist any more."))
        if invitation.state == Invitation.State.ANSWERED:
            raise PermanentFailure(gettext_noop("Answered already, so this mail is not needed."))
        with translation.override(language_of(invitation.customer, business)):
            return _envelope(business, asking, invitation, message)

    return render


def _envelope(business: Business, asking: Asking, invitation: Invitation, message: Message) -> Envelope:
    survey, customer = asking.survey, invitation.customer
    language = texts.spoken(survey, customer.language, business.language)
    product = invitation.product.name if invitation.product else ""
    fill = recall.filler(customer, [], {}, language, product)
    link = invitations.link(survey.pk, invitation.source, customer.pk)
    is_marketing = message.mailing.purpose == Mailing.Purpose.MARKETING
    said = {**default_texts(language, business.name), **_written(asking, language)}
    row = invitations.rating_row(survey, link, language)
    context: dict[str, Any] = {
        "business": business,
        "subject": fill(said["subject"]),
        "intro": fill(said["reminder" if message.context.get("reminder") else "intro"]),
        "question": fill(texts.say(survey, "question", language, business.name)),
        "row": mark_safe(row),  # noqa: S308 - made by feedback.rating, which escapes.
        "link": link,
        "unsubscribe": outbox.unsubscribe_url(message) if is_marketing else "",
    }
    from_name, from_email = business.sender
    return Envelope(
        subject=context["subject"].replace("\n", " "),
        html=render_to_string("mail/survey.html", context),
        text=render_to_string("mail/survey.txt", context),
        from_name=from_name,
        from_email=from_email,
        to_name=customer.name,
        reply_to=business.reply_to,
    )


def _written(asking: Asking, language: str) -> dict[str, str]:
    own = asking.texts.get(language, {})
    return {part: own[part] for part in PARTS if own.get(part)}
