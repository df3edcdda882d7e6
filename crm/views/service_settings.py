"""The house rules of service: hours, holidays, promises and ready replies."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, audit
from crm.access import Right
from crm.cases import canned, levels
from crm.cases.promises import USUAL
from crm.forms.cases import CannedForm, HolidayForm, HoursForm, LevelForm
from crm.models import BusinessHours, CannedReply, Case, Holiday, ServiceLevel, SlaPolicy
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.needs(Right.MANAGE)
def hours(request: HtmxRequest) -> HttpResponse:
    house = BusinessHours.current()
    names = [str(WEEKDAYS[day]) for day in range(7)]
    before = dict(house.week)
    form = HoursForm(request.POST or None, instance=house, weekdays=names)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(request.user, "changed", house, change=({"week": before}, {"week": house.week}))
        messages.success(request, _("Saved. Cases that are open keep what they were promised."))
        return redirect("crm:service_hours")
    return _page(request, form, HolidayForm())


def _page(
    request: HtmxRequest, form: HoursForm, holiday_form: HolidayForm, level_form: LevelForm | None = None
) -> HttpResponse:
    level_form = level_form or LevelForm(initial={"position": ServiceLevel.objects.count() + 1})
    known = {one.priority: (one.first_minutes, one.solve_minutes) for one in SlaPolicy.objects.all()}
    rows = [
        (value, label, *(minutes / 60 for minutes in known.get(value, USUAL[value])))
        for value, label in reversed(Case.Priority.choices)
    ]
    context = {
        "section": "service",
        "form": form,
        "holiday_form": holiday_form,
        "holidays": Holiday.objects.all(),
        "promises": rows,
        "level_form": level_form,
        "levels": _levels(),
    }
    refused = form.errors or holiday_form.errors or level_form.errors
    return render_page(request, "crm/service/hours.html", context, status=422 if refused else 200)


def _levels() -> list[tuple[ServiceLevel, str, float, float]]:
    """Each level with the name of its group ("" when that is gone) and its hours."""
    found = list(ServiceLevel.objects.all())
    names = dict(levels.choices()) if found else {}
    return [(one, names.get(one.group, ""), one.first_minutes / 60, one.solve_minutes / 60) for one in found]


@require_POST
@access.needs(Right.MANAGE)
def level_add(request: HtmxRequest) -> HttpResponse:
    form = LevelForm(request.POST)
    if not form.is_valid():
        names = [str(WEEKDAYS[day]) for day in range(7)]
        hours_form = HoursForm(instance=BusinessHours.current(), weekdays=names)
        return _page(request, hours_form, HolidayForm(), form)
    audit.record(request.user, "created", form.save())
    messages.success(request, _("Saved. Cases that are open keep what they were promised."))
    return redirect("crm:service_hours")


@require_POST
@access.needs(Right.MANAGE)
def level_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ServiceLevel, pk=pk)
    audit.record(request.user, "deleted", found)
    found.delete()
    return redirect("crm:service_hours")


@require_POST
@access.needs(Right.MANAGE)
def promises(request: HtmxRequest) -> HttpResponse:
    """Hours until the first answer and the solution, for each priority."""
    found: dict[int, tuple[int, int]] = {}
    for value in Case.Priority.values:
        try:
            first, solve = (
                round(float(request.POST.get(f"{name}_{value}", "").replace(",", ".")) * 60)
                for name in ("first", "solve")
            )
        except (ValueError, OverflowError):
            first = solve = 0
        if not 1 <= first <= solve <= 100_000:
            messages.error(request, _("Write hours as numbers. The solution is due after the answer."))
            return redirect("crm:service_hours")
        found[value] = (first, solve)
    for value, (first, solve) in found.items():
        values = {"first_minutes": first, "solve_minutes": solve}
        SlaPolicy.objects.update_or_create(priority=value, defaults=values)
    messages.success(request, _("Saved. Cases that are open keep what they were promised."))
    return redirect("crm:service_hours")


@require_POST
@access.needs(Right.MANAGE)
def holiday_add(request: HtmxRequest) -> HttpResponse:
    form = HolidayForm(request.POST)
    if not form.is_valid():
        names = [str(WEEKDAYS[day]) for day in range(7)]
        return _page(request, HoursForm(instance=BusinessHours.current(), weekdays=names), form)
    audit.record(request.user, "created", form.save())
    return redirect("crm:service_hours")


@require_POST
@access.needs(Right.MANAGE)
def holiday_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Holiday, pk=pk)
    audit.record(request.user, "deleted", found)
    found.delete()
    return redirect("crm:service_hours")


@require_http_methods(["GET", "POST"])
@access.needs(Right.SERVE)
def replies(request: HtmxRequest) -> HttpResponse:
    form = CannedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        audit.record(request.user, "created", form.save())
        messages.success(request, _("Saved."))
        return redirect("crm:canned_replies")
    context = {
        "section": "service",
        "form": form,
        "replies": CannedReply.objects.all(),
        "places": list(canned.PLACES),
    }
    return render_page(request, "crm/service/replies.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access.needs(Right.SERVE)
def reply(request: HtmxRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(CannedReply, pk=pk)
    form = CannedForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        audit.record(request.user, "changed", form.save())
        messages.success(request, _("Saved."))
        return redirect("crm:canned_replies")
    context = {"section": "service", "form": form, "reply": found, "places": list(canned.PLACES)}
    return render_page(request, "crm/service/reply.html", context, status=422 if form.errors else 200)


@require_POST
@access.needs(Right.SERVE)
def reply_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(CannedReply, pk=pk)
    audit.record(request.user, "deleted", found)
    found.delete()
    return redirect("crm:canned_replies")
