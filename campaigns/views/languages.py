"""A campaign in another language, or one version of its test, beside what all others get."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import gallery, placeholders, slot_words, variants
from campaigns.forms import VariantForm
from campaigns.models import Arm, Campaign, Variant
from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.web import HtmxRequest, render_page


def _variant(campaign: Campaign, arm: str, language: str) -> Variant:
    """The text of this arm in this language, begun with what all others get where there is none."""
    rows = {(one.arm, one.language): one for one in campaign.variants.filter(arm=arm)}
    row = rows.get((arm, language))
    if row is None:
        begun = {name: getattr(campaign, name) for name in variants.FIELDS}
        begun = gallery.translated(begun, language) if language and not campaign.text else begun
        return Variant(campaign=campaign, arm=arm, language=language, follows=True, **begun)
    if row.follows:
        row.mjml = variants.poured(row, rows.get((arm, "")))
    for name in ("subject", "preheader", "mjml"):
        setattr(row, name, getattr(row, name) or getattr(campaign, name))
    return row


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def campaign_language(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """Write a campaign in one language."""
    campaign = get_object_or_404(Campaign.objects.select_related("survey"), slug=slug)
    if language not in dict(variants.LANGUAGES):
        raise Http404
    said = _("Kept. Whoever reads this language gets this text.")
    return _write(request, _variant(campaign, variants.FIRST, language), said)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def campaign_version(request: HttpRequest, slug: str, arm: str) -> HttpResponse:
    """Write one version of a test that compares contents."""
    campaign = get_object_or_404(Campaign.objects.select_related("survey"), slug=slug)
    if not Arm.objects.filter(experiment__campaign=campaign, experiment__kind="content", letter=arm).exists():
        raise Http404
    return _write(request, _variant(campaign, arm, ""), _("The version is kept."))


def _write(request: HttpRequest, variant: Variant, said: str) -> HttpResponse:
    request = cast("HtmxRequest", request)
    campaign = variant.campaign
    form = VariantForm(request.POST or None, instance=variant, business=request.business)
    if request.method == "POST" and form.is_valid():
        try:
            form.store()
            messages.success(request, said)
            return redirect(campaign)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    context = {
        "section": "campaigns",
        "campaign": campaign,
        "form": form,
        "language": dict(variants.LANGUAGES).get(variant.language, ""),
        "code": variant.language,
        "arm": variant.arm.upper(),
        "others": [slot_words.words().written(one) for one in (campaign.subject, campaign.preheader)],
        "placeholders": placeholders.everything(),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "campaigns/language.html", context, status=status)


@require_POST
@access.needs(Right.MARKET)
def language_remove(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """Take a language away again; its readers then get the text for all others."""
    campaign = get_object_or_404(Campaign, slug=slug)
    with transaction.atomic():
        if not Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.DRAFT).update(error=""):
            messages.error(request, campaign.why_fixed)
            return redirect(campaign)
        campaign.variants.filter(arm=variants.FIRST, language=language).delete()
    messages.success(request, _("Taken away. Whoever reads this language gets the text for all others."))
    return redirect(campaign)
