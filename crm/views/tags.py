"""The tags of the shop: renamed, coloured, merged, fading, deleted; and interests that give them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit, fading, interests, tagging
from crm.access import Right
from crm.forms.tags import TagChangeForm, TagMergeForm
from crm.models import CustomerTag, Interest, Tag
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def tags(request: HtmxRequest) -> HttpResponse:
    until = fading.end_of(request.business.today(), request.business.zone)
    sources = dict(CustomerTag.Source.choices)
    uses = tagging.overview(request.user, until)
    rows = [(one, [(sources[name], n) for name, n in one.by.items()]) for one in uses]
    return render_page(request, "crm/people/tags.html", {"section": "customers", "rows": rows})


@require_http_methods(["GET", "POST"])
@access.needs(Right.MANAGE)
def tag_page(request: HtmxRequest, pk: int) -> HttpResponse:
    tag = get_object_or_404(Tag, pk=pk)
    form = TagChangeForm(request.POST or None, instance=tag)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(request.user, "changed", tag, change=audit.change_of(form))
        messages.success(request, _("Saved."))
        return redirect("crm:tags")
    return _page(request, Tag.objects.get(pk=pk), form=form)


def _page(request: HtmxRequest, tag: Tag, **forms: Any) -> HttpResponse:
    bad = any(form.errors for form in forms.values())
    context = {
        "section": "customers",
        "tag": tag,
        "used": access.visible(request.user, CustomerTag.objects.filter(tag=tag)).count(),
        "form": TagChangeForm(instance=tag),
        "merge_form": TagMergeForm(tag=tag),
        **forms,
    }
    return render_page(request, "crm/people/tag.html", context, status=422 if bad else 200)


@require_POST
@access.needs(Right.MANAGE)
def tag_merge(request: HtmxRequest, pk: int) -> HttpResponse:
    tag = get_object_or_404(Tag, pk=pk)
    form = TagMergeForm(request.POST, tag=tag)
    if not form.is_valid():
        return _page(request, tag, merge_form=form)
    into = form.cleaned_data["into"]
    name, key = tag.name, tag.pk
    count = tagging.merge(tag, into)
    detail = f"{name} → {into}"
    audit.record(request.user, "merged", ("tag", str(key)), count=count, detail=detail)
    text = ngettext("%(n)d customer has “%(name)s” now.", "%(n)d customers have “%(name)s” now.", count)
    messages.success(request, text % {"n": count, "name": into})
    return redirect("crm:tags")


@require_POST
@access.needs(Right.MANAGE)
def tag_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    tag = get_object_or_404(Tag, pk=pk)
    count = tag.uses.count()
    audit.record(request.user, "deleted", tag, count=count, detail=tag.name)
    Interest.objects.filter(tag=tag).update(is_on=False)
    tag.delete()
    text = ngettext("The tag is gone from %(n)d customer.", "The tag is gone from %(n)d customers.", count)
    messages.success(request, text % {"n": count})
    return redirect("crm:tags")


@require_GET
@access.needs(Right.MANAGE)
def interest_list(request: HtmxRequest) -> HttpResponse:
    interests.discover()
    rows = interests.explained()
    context = {"section": "customers", "rows": rows, "half_life": interests.HALF_LIFE}
    return render_page(request, "crm/people/interests.html", context)


@require_POST
@access.needs(Right.MANAGE)
def interest_switch(request: HtmxRequest, pk: int) -> HttpResponse:
    interest = get_object_or_404(Interest, pk=pk)
    on = "on" in request.POST
    interests.switch(interest, on=on)
    audit.record(request.user, "changed", interest, detail="on" if on else "off")
    if on:
        messages.success(request, _("Its tags come with the next night."))
    return redirect("crm:interests")
