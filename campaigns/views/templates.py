from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import gallery, placeholders
from campaigns.forms import TemplateForm
from campaigns.models import MailTemplate
from campaigns.rendering import Sources
from campaigns.views.editor import MAIL_CSP, mail_page
from crm import access
from crm.access import Right
from crm.web import HtmxRequest, render_page
from feedback.models import Survey


@require_GET
@access.staff
def templates(request: HttpRequest) -> HttpResponse:
    context = {"section": "campaigns", "own": gallery.own(), "shipped": gallery.shipped().values()}
    return render_page(request, "campaigns/templates.html", context)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def template_new(request: HttpRequest) -> HttpResponse:
    """A design of one's own, begun from the one that ?from names."""
    begun = gallery.find(request.GET.get("from", "")) or gallery.headed(gallery.shipped()["welcome.en"])
    initial = {
        "name": _("%s (copy)") % begun.name,
        "description": begun.description,
        "subject": begun.subject,
        "language": begun.language,
        "mjml": begun.mjml,
    }
    return _edit(cast("HtmxRequest", request), MailTemplate(**initial))


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def template_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(cast("HtmxRequest", request), get_object_or_404(MailTemplate, pk=pk))


def _edit(request: HtmxRequest, template: MailTemplate) -> HttpResponse:
    form = TemplateForm(request.POST or None, instance=template, business=request.business)
    if request.method == "POST" and form.is_valid():
        form.instance.updated_at = timezone.now()
        form.save()
        messages.success(request, _("The template is kept. Campaigns already written stay as they are."))
        return redirect("campaigns:templates")
    context = {
        "section": "campaigns",
        "form": form,
        "template": template,
        "placeholders": placeholders.everything(),
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "campaigns/template.html", context, status=status)


@require_POST
@access.needs(Right.MARKET)
def template_delete(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(MailTemplate, pk=pk).delete()
    messages.success(request, _("The template is deleted. Campaigns written from it stay as they are."))
    return redirect("campaigns:templates")


@csp_override(MAIL_CSP)
@require_GET
@access.staff
def template_preview(request: HttpRequest, key: str) -> HttpResponse:
    """A design as it looks with this shop's name and colour."""
    request = cast("HtmxRequest", request)
    found = gallery.find(key)
    if found is None:
        raise Http404
    written = Sources(found.subject, found.mjml, found.preheader)
    survey = Survey(pk=0, kind=Survey.Kind.NPS) if "survey_" in found.mjml else None
    page = mail_page(written, request.business, None, survey, bare="bare" in request.GET)
    return HttpResponse(page)
