"""The page of the day, and tasks wherever they are shown."""

from __future__ import annotations

from datetime import datetime, time

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit, cases, my_day
from crm.access import Right
from crm.forms.tasks import QuickTaskForm, TaskForm
from crm.models import Task
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def day(request: HtmxRequest) -> HttpResponse:
    return _day(request)


def _day(request: HtmxRequest, form: QuickTaskForm | None = None) -> HttpResponse:
    now, today = timezone.now(), request.business.today()
    midnight = datetime.combine(today, time.min, tzinfo=request.business.zone)
    found = my_day.of(request.user, now=now, today=today, midnight=midnight)
    form = form or QuickTaskForm(user=request.user, initial={"due_on": today})
    sections = [
        (_("Overdue"), found.late, "late"),
        (_("Today"), found.today, "today"),
        (_("Next seven days"), found.coming, "coming"),
        (_("No day set"), found.someday, "someday"),
    ]
    context = {"section": "my_day", "day": found, "sections": sections, "form": form, "today": today}
    return render_page(request, "crm/people/my_day.html", context, status=422 if form.errors else 200)


@require_POST
@access.needs(Right.EDIT)
def day_add(request: HtmxRequest) -> HttpResponse:
    form = QuickTaskForm(request.POST, user=request.user, instance=Task(owner=request.user))
    if not form.is_valid():
        return _day(request, form)
    _keep(request, form)
    return redirect("crm:my_day")


@require_GET
@access.staff
def badge(request: HtmxRequest) -> HttpResponse:
    """How much is due, for the rail."""
    count = my_day.badge(request.user, request.business.today())
    return render_page(request, "crm/people/badge.html", {"count": count})


@require_GET
@access.staff
def tasks_panel(request: HtmxRequest, public_id: str) -> HttpResponse:
    """The open tasks about one customer, for their page."""
    person = access.find_customer(request, public_id)
    tasks = my_day.visible(request.user).filter(customer=person).select_related("owner", "customer")
    context = {
        "section": "customers",
        "customer": person,
        "open_tasks": tasks.filter(done_at=None)[:20],
        "done_tasks": tasks.filter(done_at__isnull=False).order_by("-done_at")[:5],
        "form": TaskForm(user=request.user, customer=person, prefix="task"),
        "today": request.business.today(),
    }
    return render_page(request, "crm/people/tasks_panel.html", context, partial="panel")


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def task_new(request: HtmxRequest, public_id: str) -> HttpResponse:
    """A task about one customer; `case` names one of their cases."""
    person = access.find_customer(request, public_id)
    task = Task(customer=person)
    number = request.GET.get("case", "")
    if number.isdecimal() and len(number) < 16:
        task.case = person.cases.filter(pk=int(number)).first()
    return _edit(request, task)


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def case_task(request: HtmxRequest, pk: int) -> HttpResponse:
    """A task about a case, and about its customer where one is known."""
    case = cases.find_case(request, pk)
    return _edit(request, Task(case=case, customer=case.customer))


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def task(request: HtmxRequest, pk: int) -> HttpResponse:
    return _edit(request, _find(request, pk))


def _edit(request: HtmxRequest, task: Task) -> HttpResponse:
    fresh, was = task.pk is None, task.owner_id
    prefix = "task" if "task-title" in request.POST else None
    form = TaskForm(
        request.POST or None, user=request.user, customer=task.customer, instance=task, prefix=prefix
    )
    if request.method == "POST" and form.is_valid():
        _keep(request, form)
        my_day.forget_badge(was)
        messages.success(request, _("The task is noted.") if fresh else _("Saved."))
        return redirect(_where(request, task))
    kept = Task.objects.select_related("customer").get(pk=task.pk) if not fresh else None
    context = {"section": "my_day", "form": form, "task": kept, "customer": task.customer, "case": task.case}
    return render_page(
        request, "crm/people/task.html", context | {"back_url": _where(request, task)},
        status=422 if form.errors else 200,
    )  # fmt: skip


def _keep(request: HtmxRequest, form: TaskForm) -> None:
    fresh, change = form.instance.pk is None, audit.change_of(form)
    task = form.save()
    my_day.forget_badge(task.owner_id)
    audit.record(request.user, "created" if fresh else "changed", task, change=change)


@require_POST
@access.needs(Right.EDIT)
def task_done(request: HtmxRequest, pk: int) -> HttpResponse:
    task = _find(request, pk)
    if my_day.finish(task, at=timezone.now(), today=request.business.today()):
        audit.record(request.user, "changed", task, detail="done")
    return _row(request, pk)


@require_POST
@access.needs(Right.EDIT)
def task_undo(request: HtmxRequest, pk: int) -> HttpResponse:
    task = _find(request, pk)
    if my_day.reopen(task):
        audit.record(request.user, "changed", task, detail="opened again")
    return _row(request, pk)


@require_POST
@access.needs(Right.EDIT)
def task_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    task = _find(request, pk)
    where = _where(request, task)
    audit.record(request.user, "deleted", task)
    task.delete()
    my_day.forget_badge(task.owner_id)
    messages.success(request, _("The task is gone."))
    return redirect(where)


def _find(request: HtmxRequest, pk: int) -> Task:
    tasks = my_day.visible(request.user).select_related("customer", "case", "owner")
    return get_object_or_404(tasks, pk=pk)


def _row(request: HtmxRequest, pk: int) -> HttpResponse:
    """The line of the task again, done or open; without a script the page where it was clicked."""
    task = _find(request, pk)
    if not request.htmx:
        return redirect(_where(request, task))
    context = {"task": task, "today": request.business.today()}
    return render_page(request, "crm/people/_task.html", context)


def _where(request: HtmxRequest, task: Task) -> str:
    """Where somebody came from, if it is one of our pages; else the customer or the day."""
    there = request.POST.get("next") or request.GET.get("next", "")
    if there.startswith("/") and url_has_allowed_host_and_scheme(there, allowed_hosts=None):
        return there
    if task.case:
        return task.case.get_absolute_url()
    return task.customer.get_absolute_url() if task.customer else reverse("crm:my_day")
