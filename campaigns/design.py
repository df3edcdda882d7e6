"""The design of a campaign: made ready, checked as its author saves it, shown as a person sees it."""

from __future__ import annotations

from functools import lru_cache

from django.db.models import Count, Q

from campaigns import placeholders
from campaigns.models import Campaign
from campaigns.rendering import DesignProblem, PreparedMail, Rendered, Sources, prepare
from crm import outbox
from crm.errors import Refusal
from crm.models import Business, Customer, CustomerQuerySet, Message
from feedback import invitations
from feedback.models import Survey

ready = lru_cache(maxsize=32)(prepare)


def sources(campaign: Campaign) -> Sources:
    return Sources(campaign.subject, campaign.mjml, campaign.preheader, campaign.text)


def whole(written: Sources) -> Sources:
    """A design with everything in it that it only names."""
    return written


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
        mail.render(_values_of(business, placeholders.sample_customer(), None))
    except DesignProblem as problem:
        return str(problem)
    return ""


def preview(
    written: Sources, business: Business, customer: Customer | None, survey: Survey | None
) -> Rendered:
    """The mail as this person would get it, with links that count nothing."""
    customer = customer or placeholders.sample_customer()
    return compiled(written).render(_values_of(business, customer, survey))


def _values_of(business: Business, customer: Customer, survey: Survey | None) -> dict[str, object]:
    values = placeholders.Values(business, survey=survey, source=invitations.TEST)
    survey_url = invitations.link(survey.pk, invitations.TEST, 0) if survey else ""
    return values.of(customer, outbox.unsubscribe_url(Message()), survey_url=survey_url)


def missing(mail: PreparedMail, found: CustomerQuerySet) -> list[tuple[str, int, bool]]:
    """(label, how many receivers lack it, whether a fallback is written) for each customer field in use."""
    names = placeholders.used(mail)
    columns = {one.name: one for one in placeholders.CUSTOMER if one.name in names}
    columns.pop("customer.language", None)
    custom = [one for one in placeholders.everything() if one.name in names and ".custom." in one.name]
    lacks: dict[str, Q] = {}
    for name in columns:
        part = name.removeprefix("customer.")
        lacks[name] = Q(first_name="", last_name="") if part == "name" else Q(**{part: ""})
    for one in custom:
        key = one.name.removeprefix("customer.custom.")
        lacks[one.name] = (
            ~Q(custom__has_key=key) | Q(**{f"custom__{key}": ""}) | Q(**{f"custom__{key}": None})
        )
    if not lacks:
        return []
    order = list(lacks)
    counted = found.contactable().aggregate(
        **{f"n{n}": Count("pk", filter=lacks[name]) for n, name in enumerate(order)}
    )
    labels = {one.name: str(one.label) for one in placeholders.everything()}
    return [
        (labels[name], counted[f"n{n}"], placeholders.has_fallback(mail, name))
        for n, name in enumerate(order)
        if counted[f"n{n}"]
    ]
