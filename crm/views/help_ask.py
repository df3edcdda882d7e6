"""Write to the shop, and follow what becomes of it."""

from __future__ import annotations

import time
import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crm import access, limits
from crm.cases import asking, following
from crm.errors import Refusal
from crm.forms.asking import AskForm, WordForm
from crm.knowledge import reading, searching
from crm.models import Case
from crm.views.help_centre import in_language
from crm.web import HtmxRequest

FROM_ONE_ADDRESS, TO_ONE_MAILBOX, FROM_ALL = 10, 5, 300  # Cases of an hour.


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.public
def help_ask(request: HtmxRequest) -> HttpResponse:
    language = reading.language_for(request, request.business)
    with translation.override(language):
        return _ask(request, language)


def _ask(request: HtmxRequest, language: str) -> HttpResponse:
    template, found = "public/help/ask.html", []
    if request.method != "POST":
        form = AskForm(initial={"key": uuid.uuid4().hex})
        return in_language(request, template, language, form=form, thanks="thanks" in request.GET)
    form = AskForm(request.POST, request.FILES)
    if request.POST.get("do") == "look":
        words = f"{request.POST.get('subject', '')} {request.POST.get('text', '')}"[:2000]
        found = searching.suggest(words, language)
        again = AskForm(initial={name: request.POST.get(name, "") for name in form.fields})
        return in_language(request, template, language, form=again, found=found, looked=True)
    if form.is_trapped:
        return _thank(language)
    if form.is_valid() and not _may_send(request, form.cleaned_data["email"]):
        form.add_error(None, _("That was a lot of messages in a short time. Please try again in an hour."))
    if not form.is_valid():
        return in_language(request, template, language, status=422, form=form)
    said = form.cleaned_data
    asking.ask(
        said["subject"],
        said["text"],
        name=said["name"],
        email=said["email"],
        at=timezone.now(),
        language=language,
        key=said["key"] or uuid.uuid4().hex,
        files=form.taken,
    )
    return _thank(language)


def _thank(language: str) -> HttpResponse:
    """The same for everybody, known or not, person or program."""
    return redirect(f"{reverse('crm:help_ask')}?{urlencode({'thanks': 1, 'lang': language})}")


def _may_send(request: HtmxRequest, email: str) -> bool:
    names = {
        f"ask:{limits.address_of(request)}": FROM_ONE_ADDRESS,
        f"ask_to:{email.strip().lower()}": TO_ONE_MAILBOX,
        "ask": FROM_ALL,
    }
    now = time.time()
    return not any(
        limits.use(name, limit=limit, seconds=3600, now=now).exceeded for name, limit in names.items()
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.public
def help_case(request: HtmxRequest, token: str) -> HttpResponse:
    """One's own case, by the link of the mail."""
    case = following.find(token)
    language = case.language if case and reading.known_language(case.language) == case.language else ""
    language = (
        language
        if language and "lang" not in request.GET
        else reading.language_for(request, request.business)
    )
    with translation.override(language):
        if case is None:
            return in_language(request, "public/help/case_gone.html", language, status=404)
        return _case(request, case, language)


def _case(request: HtmxRequest, case: Case, language: str) -> HttpResponse:
    form = WordForm(initial={"key": uuid.uuid4().hex})
    if request.method == "POST":
        form = WordForm(request.POST, request.FILES)
        use = limits.use(f"follow:{case.pk}", limit=20, seconds=3600, now=time.time())
        if use.exceeded:
            form.add_error(
                None, _("That was a lot of messages in a short time. Please try again in an hour.")
            )
        elif form.is_valid():
            key = form.cleaned_data["key"] or uuid.uuid4().hex
            try:
                now_on = following.add(
                    case, form.cleaned_data["text"], at=timezone.now(), key=key, files=form.taken
                )
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Your message arrived."))
                return redirect(following.path_of(now_on if now_on.follows_id else case))
    context = {"case": case, "conversation": following.conversation(case), "form": form}
    status = 422 if form.errors else 200
    return in_language(request, "public/help/case.html", language, status=status, **context)
