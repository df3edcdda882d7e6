"""Customers → Sign-up forms: making one, seeing it at once, its numbers, its QR code, its sheet."""

from __future__ import annotations

import io
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit, sign_up
from crm.access import Right
from crm.forms.sign_up import JoinForm, SignUpFormForm
from crm.models import SignUpForm
from crm.web import HtmxRequest, render_page

SIZES = ("a6", "a5")


@require_GET
@access.needs(Right.MARKET)
def sign_up_forms(request: HtmxRequest) -> HttpResponse:
    context = {"section": "customers", "rows": SignUpForm.objects.order_by("state", "name")[:200]}
    return render_page(request, "crm/sign_up/list.html", context)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def sign_up_new(request: HtmxRequest) -> HttpResponse:
    return _edit(request, SignUpForm())


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def sign_up_edit(request: HtmxRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(SignUpForm, pk=pk))


def _edit(request: HtmxRequest, row: SignUpForm) -> HttpResponse:
    fresh = row.pk is None
    form = SignUpFormForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        audit.record(request.user, "created" if fresh else "changed", saved)
        messages.success(request, _("Saved."))
        return redirect(saved)
    shown = _preview(request, row if not fresh else SignUpForm(languages=["en"]), request.user.language)
    context = {"section": "customers", "form": form, "fresh": fresh, **shown}
    return render_page(request, "crm/sign_up/edit.html", context, status=422 if form.errors else 200)


@require_POST
@access.needs(Right.MARKET)
def sign_up_preview(request: HtmxRequest) -> HttpResponse:
    """The form as visitors would see it, from what stands in the fields now; nothing is stored."""
    form = SignUpFormForm(request.POST)
    form.is_valid()
    context = _preview(request, form.draft(), request.POST.get("preview_in", ""))
    return render_page(request, "crm/sign_up/preview.html", context, partial="preview")


def _preview(request: HtmxRequest, row: SignUpForm, language: str) -> dict[str, Any]:
    if language not in row.languages:
        language = next(iter(row.languages), settings.LANGUAGE_CODE)
    with translation.override(language):
        asked = JoinForm(
            questions=sign_up.questions(row), choices=sign_up.choices(row, language), label_suffix=""
        )
        html = render_page(
            request,
            "public/_join_form.html",
            {"form": asked, "say": sign_up.say(row, language), "still": True},
        )
    return {"preview": mark_safe(html.content.decode()), "preview_in": language}  # noqa: S308 - our template.


@require_GET
@access.needs(Right.MARKET)
def sign_up_form(request: HtmxRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(SignUpForm, pk=pk)
    link = sign_up.address(row)
    context = {
        "section": "customers",
        "row": row,
        "link": link,
        "counter": f"{settings.SITE_URL}{reverse('crm:join_counter', args=[row.slug])}",
        "frame": f"{settings.SITE_URL}{reverse('crm:join_embed', args=[row.slug])}",
        "code": _svg(link),
        "rate": row.confirmed / row.sent if row.sent else None,
    }
    return render_page(request, "crm/sign_up/one.html", context)


@require_GET
@access.needs(Right.MARKET)
def sign_up_code(request: HtmxRequest, pk: int, kind: str) -> HttpResponse:
    """The QR code as a file: "svg" for printers, "png" for everything else."""
    row = get_object_or_404(SignUpForm, pk=pk)
    kind = "svg" if kind == "svg" else "png"
    buffer = io.BytesIO()
    segno.make(sign_up.address(row), error="m").save(buffer, kind=kind, scale=16, border=4)
    types = {"svg": "image/svg+xml", "png": "image/png"}
    name = f"qr-{row.pk}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(buffer.getvalue(), content_type=types[kind], headers=headers)


@require_GET
@access.needs(Right.MARKET)
def sign_up_sheet(request: HtmxRequest, pk: int) -> HttpResponse:
    """A sheet for the counter, to print: the shop, the invitation, the code and what people agree to."""
    row = get_object_or_404(SignUpForm, pk=pk)
    size = request.GET.get("size", "")
    language = request.GET.get("lang", "")
    language = language if language in row.languages else next(iter(row.languages), settings.LANGUAGE_CODE)
    link = sign_up.address(row)
    with translation.override(language):
        context = {
            "row": row,
            "say": sign_up.say(row, language),
            "choices": sign_up.choices(row, language),
            "code": _svg(f"{link}?lang={language}"),
            "link": link.partition("://")[2],
            "size": size if size in SIZES else SIZES[0],
        }
        return render_page(request, "crm/sign_up/sheet.html", context)


def _svg(link: str) -> str:
    text = segno.make(link, error="m").svg_inline(scale=4, border=2, svgclass="ck-qr", omitsize=True)
    return mark_safe(text)  # noqa: S308 - drawn by us from an address of ours.
