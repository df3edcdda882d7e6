"""The design of a campaign: made ready, checked as its author saves it, shown as a person sees it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from campaigns import placeholders, snippets
from campaigns.extras import Extras
from campaigns.models import Campaign
from campaigns.rendering import DesignProblem, PreparedMail, Rendered, Sources, prepare
from crm import outbox
from crm.errors import Refusal
from crm.models import Business, Customer, Message
from feedback import invitations, texts
from feedback.models import Survey

SAMPLE_COUPON = "SPRING-15"
SPOKEN = re.compile(r"(<mjml\b[^<>]*?\slang\s*=\s*[\"'])([\w-]*)")

ready = lru_cache(maxsize=32)(prepare)


def sources(campaign: Campaign) -> Sources:
    return Sources(campaign.subject, campaign.mjml, campaign.preheader, campaign.text)


def language(mjml: str, business: Business) -> str:
    """What a design says of its language, where we speak it, else the language of the shop's mails."""
    found = SPOKEN.search(mjml)
    return texts.known(found[2] if found else "") or business.language


def in_language(mjml: str, code: str) -> str:
    """A design that says it is in this language; one that says nothing stays as it is."""
    return SPOKEN.sub(lambda found: found[1] + texts.code_of(code), mjml, count=1)


def whole(written: Sources) -> Sources:
    """A design with the snippets in it that it only names."""
    return replace(written, mjml=snippets.expanded(written.mjml))


def compiled(written: Sources) -> PreparedMail:
    """The design made ready; a DesignProblem says what is wrong with it."""
    return ready(whole(written))


def prepared(written: Sources) -> PreparedMail:
    """The design made ready, or a Refusal that says what is wrong with it."""
    try:
        return compiled(written)
    except DesignProblem as problem:
        raise Refusal(str(problem)) from problem


def problem_in(written: Sources, *, has_survey: bool, business: Business) -> str:
    """What is wrong with a design, "" when it can be sent; tries it once on an invented person."""
    try:
        mail = compiled(written)
        placeholders.check(mail, has_survey=has_survey)
        mail.render(_values_of(business, placeholders.sample_customer(), None, mail))
    except DesignProblem as problem:
        return str(problem)
    return ""


def preview(
    written: Sources, business: Business, customer: Customer | None, survey: Survey | None
) -> Rendered:
    """The mail as this person would get it, with links that count nothing."""
    customer = customer or placeholders.sample_customer()
    mail = compiled(written)
    return mail.render(_values_of(business, customer, survey, mail))


def _values_of(
    business: Business, customer: Customer, survey: Survey | None, mail: PreparedMail
) -> dict[str, object]:
    values = placeholders.Values(business, survey=survey, source=invitations.TEST, coupon=SAMPLE_COUPON)
    survey_url = invitations.link(survey.pk, invitations.TEST, 0) if survey else ""
    more = Extras(placeholders.used(mail)).of(customer.pk or 0)
    spoken, out = language(mail.author, business), outbox.unsubscribe_url(Message())
    return values.of(customer, out, survey_url=survey_url, language=spoken, more=more)
