"""Staff teach the program topics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.web import HtmxRequest, render_page
from feedback import theming
from feedback.forms.themes import MergeForm, NewThemeForm, SplitForm, ThemeForm
from feedback.models import Theme
from feedback.views.comments import theme_page


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def theme_new(request: HtmxRequest) -> HttpResponse:
    form = NewThemeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = theming.create(form.cleaned_data["label"], form.cleaned_data["pinned"])
        messages.success(request, _sorted())
        return redirect(made)
    context = {"section": "feedback", "form": form}
    return render_page(request, "feedback/theme_new.html", context, status=422 if form.errors else 200)


@require_POST
@access.needs(Right.MARKET)
def theme_change(request: HtmxRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Theme, pk=pk)
    form = ThemeForm(request.POST, theme=one)
    if _done(form, lambda said: theming.change(one, **said)):
        messages.success(request, _sorted())
        return redirect(one)
    return _again(request, pk, form=form)


@require_POST
@access.needs(Right.MARKET)
def theme_merge(request: HtmxRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Theme, pk=pk)
    form = MergeForm(request.POST, theme=one)
    if _done(form, lambda said: theming.merge(one, said["into"])):
        messages.success(request, _sorted())
        return redirect(form.cleaned_data["into"])
    return _again(request, pk, merge=form)


@require_POST
@access.needs(Right.MARKET)
def theme_split(request: HtmxRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Theme, pk=pk)
    form = SplitForm(request.POST, theme=one)
    if _done(form, lambda said: theming.split(one, said["label"], said["moved"])):
        messages.success(request, _sorted())
        return redirect(one)
    return _again(request, pk, split=form)


def _done(form: forms.Form, verb: Callable[[dict[str, Any]], object]) -> bool:
    """Do what a valid form says; what is refused stands in the form."""
    if not form.is_valid():
        return False
    try:
        verb(form.cleaned_data)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _again(request: HtmxRequest, pk: int, **form: forms.Form) -> HttpResponse:
    context = theme_page(request, get_object_or_404(Theme, pk=pk), **form)
    return render_page(request, "feedback/theme.html", context, status=422)


def _sorted() -> str:
    return _("Kept. All comments are sorted anew within a minute or so.")
