"""Lists kept by hand: made, filled by searching or pasting, and shortened."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access
from crm.access import Right
from crm.templatetags.crm_format import number
from crm.web import render_page
from segments import audience
from segments.drafting import free_slug
from segments.forms import PasteForm, SegmentForm
from segments.membership import finding
from segments.models import Membership, Segment

SHOWN = 10


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def list_new(request: HttpRequest) -> HttpResponse:
    form = SegmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.save(commit=False)
        made.kind, made.slug = Segment.Kind.STATIC, free_slug(made.name)
        made.refreshed_at = timezone.now()
        made.save()
        messages.success(request, _("The list is made. Now put people on it."))
        return redirect(made)
    status = 422 if request.method == "POST" else 200
    context = {"section": "segments", "form": form}
    return render_page(request, "segments/list_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def list_edit(request: HttpRequest, slug: str) -> HttpResponse:
    found = _list(slug)
    form = SegmentForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect(found)
    status = 422 if request.method == "POST" else 200
    context = {"section": "segments", "form": form, "segment": found}
    return render_page(request, "segments/list_form.html", context, status=status)


@require_GET
@access.needs(Right.MARKET)
def list_search(request: HttpRequest, slug: str) -> HttpResponse:
    """Customers to put on the list, with those marked who are on it already."""
    found = _list(slug)
    words = request.GET.get("q", "").strip()
    people = (
        list(access.customers(request.user).search(words).order_by("last_name", "pk")[:SHOWN])
        if words
        else []
    )
    inside = set(
        Membership.objects.filter(segment=found, left_at=None, customer__in=people).values_list(
            "customer_id", flat=True
        )
    )
    context = {"section": "segments", "segment": found, "words": words, "people": people, "inside": inside}
    return render_page(request, "segments/list_search.html", context, partial="found")


@require_POST
@access.needs(Right.MARKET)
def list_add(request: HttpRequest, slug: str) -> HttpResponse:
    found = _list(slug)
    customer = access.find_customer(request, request.POST.get("customer", ""))
    audience.add(found, [customer.pk], at=timezone.now())
    messages.success(request, _("%(name)s is on the list.") % {"name": customer.name})
    return redirect(found)


@require_POST
@access.needs(Right.MARKET)
def list_paste(request: HttpRequest, slug: str) -> HttpResponse:
    found = _list(slug)
    form = PasteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please paste at least one e-mail or customer number."))
        return redirect(found)
    wanted = form.cleaned_data["people"]
    ids, unknown = finding.known(wanted, access.customers(request.user))
    new = audience.add(found, ids, at=timezone.now())
    text = ngettext("%(count)s person was added.", "%(count)s people were added.", new)
    messages.success(request, text % {"count": number(new)})
    if unknown:
        messages.warning(request, finding.not_found(unknown))
    return redirect(found)


@require_POST
@access.needs(Right.MARKET)
def list_remove(request: HttpRequest, slug: str) -> HttpResponse:
    found = _list(slug)
    customer = access.find_customer(request, request.POST.get("customer", ""))
    audience.remove(found, customer.pk, at=timezone.now())
    messages.success(request, _("%(name)s is off the list.") % {"name": customer.name})
    return redirect(found)


def _list(slug: str) -> Segment:
    return get_object_or_404(Segment, slug=slug, kind=Segment.Kind.STATIC)
