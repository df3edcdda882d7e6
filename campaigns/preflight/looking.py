"""The pre-flight of one campaign: every text, the sender, and everybody who would get it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.db.models import Exists
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import design, planning, variants
from campaigns.models import Campaign
from campaigns.preflight import content, lacking, pace, sending
from campaigns.preflight.findings import Finding, Report
from campaigns.rendering import DesignProblem
from crm.errors import Refusal
from crm.models import Business, CustomerQuerySet
from crm.outbox import reasons
from crm.outbox.channels import refusal as nothing_may_leave
from feedback.models import Survey


def look(campaign: Campaign, business: Business) -> Report:
    """Everything that was found, what blocks first."""
    texts = variants.texts(campaign, business)
    found = [*_of_texts(texts, campaign, business), *_of_survey(campaign)]
    found += sending.findings(campaign, business)
    if stopped := nothing_may_leave():
        found.append(Finding("stopped", stopped, blocks=True))
    if campaign.one_by_one:
        return Report(_sorted(found), planning.Forecast(0, 0))
    try:
        include, exclude = campaign.include.all(), campaign.exclude.all()
        people = planning.people(include, exclude, planning.as_of_now)
        forecast = planning.forecast(people, per_household=campaign.one_per_household)
    except (Refusal, ValueError) as problem:
        return Report(_sorted(found), trouble=str(problem))
    if not any(one.code == "design" for one in found):
        found += _of_people(campaign, texts, people, forecast)
    sizes = _sizes(texts, campaign, business) if not any(one.code == "design" for one in found) else []
    seconds = pace.seconds(forecast.receivers, campaign)
    return Report(
        _sorted(found), forecast, forecast.refusal, seconds, pace.cost(forecast.receivers, business), sizes
    )


def refuse_unfit(campaign: Campaign, business: Business, *, whole: bool = False) -> None:
    """Refuse a campaign while anything blocks it, naming the first reason, or the `whole` of them."""
    report = look(campaign, business)
    if not report.is_clear:
        found = [f"{one.where}: {one.text}" if one.where else one.text for one in report.blocking]
        found += [report.trouble] if report.trouble else []
        raise Refusal(" ".join(found if whole else found[:1]))


def _sorted(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: not one.blocks)


def _of_texts(texts: variants.Texts, campaign: Campaign, business: Business) -> Iterator[Finding]:
    edit = reverse("campaigns:campaign_edit", args=[campaign.slug])
    several = len(texts.sources) > 1
    for key, written in texts.sources.items():
        where = variants.name(key) if several else ""
        has_survey = campaign.survey_id is not None
        problem = design.problem_in(written, has_survey=has_survey, business=business)
        found = (
            [Finding("design", problem, blocks=True, where=where)]
            if problem
            else content.findings(where, written, campaign, business)
        )
        url = variants.edit_url(campaign, key) if key != (variants.FIRST, "") else edit
        for one in found:
            yield one if one.fix_url else replace(one, fix_url=url, fix=_("Change the text"))


def _of_survey(campaign: Campaign) -> Iterator[Finding]:
    survey = campaign.survey
    if survey is not None and survey.state != Survey.State.OPEN:
        text = _("The survey of this campaign is closed. Open it again or choose another.")
        yield Finding("survey", text, True, "", survey.get_absolute_url(), _("Open the survey"))


def _of_people(
    campaign: Campaign, texts: variants.Texts, people: CustomerQuerySet, forecast: planning.Forecast
) -> Iterator[Finding]:
    mails = [design.compiled(written) for written in texts.sources.values()]
    edit = reverse("campaigns:campaign_edit", args=[campaign.slug])
    for lack in lacking.lacks(mails, people):
        where = reverse("campaigns:lacking", args=[campaign.slug, lack.name])
        text = _missing_words(lack)
        yield Finding("missing", text, False, "", edit, _("Write a fallback"), where, (lack.name,))
    if n := forecast.skipped.get(reasons.DUPLICATE_ADDRESS, 0):
        text = ngettext(
            "One person shares an e-mail address with somebody else; the address gets one mail.",
            "%(n)s people share an e-mail address with somebody else; each address gets one mail.",
            n,
        )
        fix = reverse("crm:duplicates")
        yield Finding("duplicates", text % {"n": n}, False, "", fix, _("Look for duplicates"))
    if bare := people.contactable().filter(~Exists(lacking.proofs())).count():
        text = ngettext(
            "Of one person it is noted that they agreed, but not when and how. Keep a proof.",
            "Of %(n)s people it is noted that they agreed, but not when and how. Keep a proof.",
            bare,
        )
        where = reverse("campaigns:lacking", args=[campaign.slug, lacking.PROOF])
        yield Finding("consent", text % {"n": bare}, people_url=where)
    yield from _of_languages(campaign, texts, people)
    yield from sending.over_cap(campaign, people, timezone.now())


def _of_languages(campaign: Campaign, texts: variants.Texts, people: CustomerQuerySet) -> Iterator[Finding]:
    """Who reads a language in which nothing is written; only where the shop writes in several at all."""
    written = {language for _arm, language in texts.sources if language}
    if not written:
        return
    for one in variants.languages(campaign, texts.business, among=people):
        if one.n and not one.is_shops and one.code not in written:
            text = ngettext(
                "%(n)s person reads %(language)s and gets the text for all others.",
                "%(n)s people read %(language)s and get the text for all others.",
                one.n,
            )
            url = reverse("campaigns:campaign_language", args=[campaign.slug, one.code])
            said = text % {"n": one.n, "language": one.name}
            yield Finding("language", said, False, "", url, _("Write it in this language"))


def _missing_words(lack: lacking.Lack) -> str:
    if lack.has_fallback:
        text = ngettext(
            "“%(label)s” is not known of %(n)s person; the fallback stands there.",
            "“%(label)s” is not known of %(n)s people; the fallback stands there.",
            lack.n,
        )
    else:
        text = ngettext(
            "“%(label)s” is not known of %(n)s person; the place stays empty.",
            "“%(label)s” is not known of %(n)s people; the place stays empty.",
            lack.n,
        )
    return text % {"label": lack.label, "n": lack.n}


def _sizes(texts: variants.Texts, campaign: Campaign, business: Business) -> list[tuple[str, int]]:
    found = []
    for key, written in texts.sources.items():
        try:
            rendered = design.preview(written, business, None, campaign.survey)
        except DesignProblem:
            continue
        size = content.weight(design.compiled(written), rendered)
        found.append((variants.name(key) if len(texts.sources) > 1 else "", max(1, round(size / 1000))))
    return found
