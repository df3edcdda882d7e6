"""Pictures and snippets: what designs are put together from."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import placeholders, snippets
from campaigns.forms_media import PictureForm, SnippetForm, UploadForm
from campaigns.models import Campaign, MailTemplate, Snippet, Variant
from campaigns.rendering import Sources
from campaigns.views.editor import MAIL_CSP, mail_page
from crm import access, pictures
from crm.access import Right
from crm.errors import Refusal
from crm.models import Picture
from crm.paging import page_of
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def media(request: HttpRequest) -> HttpResponse:
    """All pictures; a POST takes one more, and answers JSON where the visual editor asks."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            picture = pictures.take_upload(form.cleaned_data["file"], alt=form.cleaned_data["alt"])
        except Refusal as refusal:
            form.add_error("file", str(refusal))
        else:
            if _wants_json(request):
                return JsonResponse(_told(request, picture))
            messages.success(request, _("The picture is kept."))
            return redirect("campaigns:media")
    if request.method == "POST" and _wants_json(request):
        return JsonResponse(
            {"error": " ".join(str(one) for found in form.errors.values() for one in found)}, status=422
        )
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(Picture.objects.all(), ("-pk",), after=after, before=before, size=24)
    context = {"section": "campaigns", "page": page, "form": form}
    return render_page(request, "campaigns/media.html", context, status=422 if form.errors else 200)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _told(request: HttpRequest, picture: Picture) -> dict[str, object]:
    return {
        "src": placeholders.address_of(picture),
        "name": picture.name,
        "alt": picture.alt,
        "width": picture.width,
        "height": picture.height,
    }


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """One picture: its name, its words, its address, and where it is used."""
    found = get_object_or_404(Picture, pk=pk)
    form = PictureForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("campaigns:media")
    context = {
        "section": "campaigns",
        "form": form,
        "picture": found,
        "address": placeholders.address_of(found),
        "used": _users(found),
    }
    return render_page(request, "campaigns/picture.html", context, status=422 if form.errors else 200)


def _users(found: Picture) -> list[str]:
    holds = Q(mjml__contains=found.token)
    names = set(Campaign.objects.filter(holds).values_list("name", flat=True))
    names |= set(Variant.objects.filter(holds).values_list("campaign__name", flat=True))
    names |= set(MailTemplate.objects.filter(holds).values_list("name", flat=True))
    return sorted(names | set(Snippet.objects.filter(holds).values_list("name", flat=True)))


@require_POST
@access.needs(Right.MARKET)
def picture_remove(request: HttpRequest, pk: int) -> HttpResponse:
    pictures.remove(get_object_or_404(Picture, pk=pk))
    messages.success(request, _("The picture is deleted."))
    return redirect("campaigns:media")


@require_GET
@access.needs(Right.MARKET)
def snippet_list(request: HttpRequest) -> HttpResponse:
    context = {"section": "campaigns", "snippets": Snippet.objects.all()}
    return render_page(request, "campaigns/snippets.html", context)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def snippet(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Write a snippet; 0 is a new one."""
    request = cast("HtmxRequest", request)
    found = get_object_or_404(Snippet, pk=pk) if pk else Snippet()
    form = SnippetForm(request.POST or None, instance=found, business=request.business)
    if request.method == "POST" and form.is_valid():
        form.instance.updated_at = timezone.now()
        form.save()
        messages.success(request, _("The snippet is kept. Designs that name it show it as it is now."))
        return redirect("campaigns:snippets")
    context = {
        "section": "campaigns",
        "form": form,
        "snippet": found,
        "used": snippets.users(found) if pk else [],
        "placeholders": placeholders.everything(),
    }
    return render_page(request, "campaigns/snippet.html", context, status=422 if form.errors else 200)


@require_POST
@access.needs(Right.MARKET)
def snippet_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Only while no draft or template names it: they could not be sent without."""
    found = get_object_or_404(Snippet, pk=pk)
    if used := snippets.users(found):
        names = ", ".join(used[:5])
        messages.error(request, _("It is still used by: %s. Take it out there first.") % names)
        return redirect("campaigns:snippet", pk)
    found.delete()
    messages.success(request, _("The snippet is deleted."))
    return redirect("campaigns:snippets")


@csp_override(MAIL_CSP)
@require_GET
@access.needs(Right.MARKET)
def snippet_look(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Snippet, pk=pk)
    business = cast("HtmxRequest", request).business
    return HttpResponse(mail_page(Sources("", snippets.trial(found)), business, None, None, bare=True))
