"""What customers see: the survey behind a link. Looking never stores anything; only sending does."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone, translation
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from crm import access, colors, limits
from crm.errors import Refusal
from crm.web import HtmxRequest
from feedback import answers, invitations, showing, taking, texts
from feedback.models import Answer, Invitation
from feedback.sheet import Sheet

COUNTED_AN_HOUR = 30  # From one address, through one open link; more are kept aside as doubtful.
TAKEN_AN_HOUR = 200  # Even more are turned away.
State = Answer.State


@csrf_exempt  # Opened from mail programs without cookies; the signed token is what proves the person.
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access.public
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a link, and what is sent from it.

    Exempt from the check against forged forms: that check keeps another site from using somebody's cookies,
    and here there are none. Whoever can send a form knows the signed token, which is all that answering asks
    for; a forged form could say no more than whoever holds the link, and an open link everybody holds.
    """
    invitation = invitations.resolve(token)
    language = _language(request, invitation)
    with translation.override(texts.first_known(language)):
        response = _survey(request, invitation, language, token)
    response.headers["Content-Language"] = language
    return showing.frameable(request, response, invitation)


def _survey(request: HttpRequest, invitation: Invitation | None, language: str, token: str) -> HttpResponse:
    if invitation is None or getattr(invitation.customer, "erased_at", None):
        gone = invitation is not None or invitations.was_ours(token)
        return showing.notice(request, language, "gone" if gone else "unknown", 404)
    if not invitation.survey.is_open and not invitation.is_test:
        return showing.notice(request, language, "closed", 410)
    if invitation.pk and invitation.expires_at <= timezone.now():
        return showing.notice(request, language, "expired", 410)
    if invitation.is_open and invitation.survey.doors != invitation.survey.Doors.EVERYBODY:
        return showing.notice(request, language, "closed", 410)
    answer = _answer(invitation)
    if answer and "thanks" in request.GET:
        return showing.thanks(request, invitation, language, answer)
    version = request.POST.get("version", "")
    sheet = taking.open_sheet(
        invitation,
        answer,
        language,
        version=int(version) if version.isdecimal() and len(version) < 7 else None,
        carried=request.POST.get("carried", ""),
    )
    if request.method == "POST":
        return _sent(request, invitation, answer, sheet)
    chosen = request.GET.get("score", "")
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 4 and int(chosen) in sheet.survey.scale:
        sheet.said["score"] = int(chosen)
    more = "more" in request.GET
    return showing.page(request, invitation, answer, sheet, request.GET.get("page", ""), more=more)


def _sent(request: HttpRequest, invitation: Invitation, answer: Answer | None, sheet: Sheet) -> HttpResponse:
    key = request.POST.get("page", "")
    taken = taking.take(sheet, key, request.POST, today=cast("HtmxRequest", request).business.today())
    if "switch" in request.POST:  # The same page in another language; nothing is checked or stored.
        sheet.reads = {name: read for name, read in sheet.reads.items() if not read.error or read.raw}
        return showing.page(request, invitation, answer, sheet, key, quiet=True)
    if "save" in request.POST:
        return _saved(request, invitation, answer, sheet, taken.comment)
    back = sheet.before(key) if "back" in request.POST else None
    more = taken.has_more and not taken.is_wrong and back is None
    if back is None and (taken.is_wrong or (more and invitation.is_test)):
        return showing.page(request, invitation, answer, sheet, key, status=422, more=more)
    following = back or sheet.after(key)
    goal: str | None = key if more else following.key if following else taking.lacking(sheet)
    if invitation.is_test:
        return showing.tested(request, invitation, sheet, goal)
    comment = taken.comment if "comment" in request.POST else answer.comment if answer else ""
    state = State.COMPLETE if goal is None else State.PARTIAL
    try:
        path = _store(request, invitation, sheet, comment, state)
    except Refusal as refusal:
        return showing.notice(request, sheet.language, "refused", 410, str(refusal))
    if not path:
        return showing.notice(request, sheet.language, "crowded", 429)
    # After a reload nothing is sent again: the browser stands on a page of its own.
    query = {"thanks": "1"} if goal is None else {"page": goal, **({"more": "1"} if more else {})}
    return HttpResponseRedirect(f"{path}?{urlencode({**query, **_kept(request, sheet)})}", status=303)


def _saved(
    request: HttpRequest, invitation: Invitation, answer: Answer | None, sheet: Sheet, comment: str
) -> HttpResponse:
    """What a script sends while somebody fills in: kept apart from answers until a person sends the page."""
    if invitation.pk and sheet.said.get("score") is not None:
        try:
            _keep(invitation, sheet, comment, State.PROVISIONAL)
        except Refusal:
            return JsonResponse({}, status=410)
    key = request.POST.get("page", "")
    return showing.page(request, invitation, answer, sheet, key, quiet=True)


def _store(request: HttpRequest, invitation: Invitation, sheet: Sheet, comment: str, state: str) -> str:
    """Keep what was said; the address that shows it, or "" when too much came from one place."""
    if invitation.pk:
        _keep(invitation, sheet, comment, state)
        return request.path
    nonce = invitation.nonce or taking.nonce_of(request.POST.get("sheet", ""))
    is_ours = bool(nonce)
    nonce = nonce or taking.nonce_of(taking.new_sheet())
    if not invitation.nonce:
        name = f"survey:{invitation.survey_id}:{limits.address_of(request)}"
        used = limits.use(name, limit=COUNTED_AN_HOUR, seconds=3600, now=timezone.now().timestamp())
        if used.count > TAKEN_AN_HOUR:
            return ""
        if used.exceeded or not is_ours or request.POST.get("homepage"):
            state = State.DOUBTFUL
    draft = Answer(
        score=sheet.said.get("score"),
        comment=comment,
        values=taking.values_of(sheet),
        language=sheet.language,
        version=sheet.survey.version,
        state=state,
        channel=showing.channel_of(request),
        source=f"place:{request.POST.get('place', '')[:60]}" if request.POST.get("place") else "",
    )
    answers.accept_open(invitation.survey, nonce, draft, at=timezone.now())
    return f"/s/{invitations.sheet_token(invitation.survey_id, nonce)}"


def _keep(invitation: Invitation, sheet: Sheet, comment: str, state: str) -> None:
    answers.accept(
        invitation,
        score=sheet.said.get("score"),
        comment=comment,
        values=taking.values_of(sheet),
        language=sheet.language,
        at=timezone.now(),
        state=state,
        version=sheet.survey.version,
    )


def _answer(invitation: Invitation) -> Answer | None:
    if invitation.pk:
        return getattr(invitation, "answer", None)
    if not invitation.nonce:
        return None
    return Answer.objects.filter(survey=invitation.survey_id, key=f"open:{invitation.nonce}").first()


def _kept(request: HttpRequest, sheet: Sheet) -> dict[str, str]:
    return {"lang": sheet.language, **({"embed": "1"} if "embed" in request.GET else {})}


def _language(request: HttpRequest, invitation: Invitation | None) -> str:
    """As asked in the link, else the customer's, else the browser's, else the shop's."""
    browser = [code for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]
    shop = cast("HtmxRequest", request).business.language
    if invitation is None:
        return texts.first_known(request.GET.get("lang"), *browser, shop)
    return texts.spoken(
        invitation.survey, request.GET.get("lang"), invitation.customer.language, *browser, shop
    )


@require_GET
@cache_control(max_age=3600, public=True)
@access.public
def embed_script(request: HttpRequest) -> HttpResponse:
    """The few lines that put an open survey into a page of the shop's website."""
    return HttpResponse(showing.embed_script(), content_type="text/javascript; charset=utf-8")


@require_GET
@cache_control(max_age=300, public=True)
@access.public
def brand(request: HttpRequest) -> HttpResponse:
    """The shop's colour as a stylesheet, since pages carry no inline styles; ?c= is the one of a survey."""
    wanted = f"#{request.GET.get('c', '')}"
    color = wanted if showing.COLOR.fullmatch(wanted) else cast("HtmxRequest", request).business.brand_color
    css = f":root{{--ck-brand:{color};--ck-on-brand:{colors.ink_on(color)}}}\n"
    return HttpResponse(css, content_type="text/css; charset=utf-8")
