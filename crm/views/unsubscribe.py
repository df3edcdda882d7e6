"""The page behind the unsubscribe link: seeing changes nothing, a button or RFC 8058's POST decides."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm import access
from crm.languages import language_of
from crm.models import Business
from crm.outbox import unsubscribing
from crm.outbox.unsubscribing import Reader
from crm.views import preferences


@csrf_exempt  # Mail programs post here without cookies; the signed token is the permission.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.public
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    reader = unsubscribing.reader_of(token)
    with translation.override(language_of(reader.customer if reader else None, Business.current())):
        if reader is None:
            response = preferences.page(request, token, None, status=404)
        elif request.method == "POST":
            response = _decide(request, reader, token)
        else:
            response = preferences.page(request, token, reader)
        response.headers["Content-Language"] = translation.get_language()
    return response


def _decide(request: HttpRequest, reader: Reader, token: str) -> HttpResponse:
    now = timezone.now()
    if request.POST.get("List-Unsubscribe") == "One-Click":
        unsubscribing.leave(reader, at=now)
        return HttpResponse(_("You are unsubscribed."), content_type="text/plain; charset=utf-8")
    if "leave" in request.POST:
        unsubscribing.leave(reader, at=now)
    elif "come_back" in request.POST:
        unsubscribing.come_back(reader, at=now, wording=_("I want mails again"))
    else:
        return preferences.page(request, token, reader, status=400)
    return preferences.page(request, token, unsubscribing.reader_of(token), changed=True)
