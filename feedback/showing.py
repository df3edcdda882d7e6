"""The answers to the browser of somebody who fills in a survey: its pages, thanks, and kind notices."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.csp import CSP
from django.utils.translation import gettext as _

from crm.models import Brand, Business
from crm.prepared import Prepared
from crm.web import HtmxRequest
from feedback import endings, filling, kept_pages, recall, taking, texts, versions
from feedback.logic import Page
from feedback.models import Answer, Invitation, Question
from feedback.sheet import Sheet, scale_options, scale_words

COLOR = re.compile(r"#[0-9a-fA-F]{6}")
RIGHT_TO_LEFT = ("ar", "he")
KEPT = ("score", "thanks", "page", "embed")  # What an address says besides the language.
LONGEST_KEPT = 60
RECALLED = [f"{{{{ {name} }}}}" for name in (*recall.OF_PERSON, "product")]
_LOGO = Prepared(lambda pk: Brand.objects.filter(pk=pk).values_list("logo_id"), -101)
VIA = {one.value: one for one in (Answer.Channel.QR, Answer.Channel.EMBED)}


def page(  # noqa: PLR0913 - where somebody is in the survey.
    request: HttpRequest,
    invitation: Invitation,
    answer: Answer | None,
    sheet: Sheet,
    key: str,
    *,
    status: int = 200,
    more: bool = False,
    quiet: bool = False,
) -> HttpResponse:
    """One page of the survey. `more`: a question came up; `quiet`: nothing is said about what is wrong."""
    if quiet:
        sheet.reads = {name: type(read)(read.value, read.raw) for name, read in sheet.reads.items()}
    pages = sheet.pages
    at = next((at for at, one in enumerate(pages) if one.key == key), 0)
    place = Place(pages[at], at, len(pages))

    def draw() -> str:
        context = _context(request, invitation, answer, sheet, place)
        context |= {"more": more and not quiet, "is_wrong": status == 422 and not more}
        return render_to_string("public/survey.html", context, request)

    is_plain = request.method in ("GET", "HEAD") and not sheet.reads and not invitation.is_test and not more
    is_plain = is_plain and (answer is None or answer.state != Answer.State.COMPLETE)
    html = kept_pages.drawn(_depends_on(request, answer, sheet, place) if is_plain else None, draw)
    return HttpResponse(html.replace(kept_pages.SLOT, _given(request, invitation, sheet)), status=status)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is in a survey: the page, its number from 0, and how many there are."""

    page: Page[Question]
    at: int
    pages: int

    @property
    def is_last(self) -> bool:
        return self.at + 1 == self.pages


def _context(
    request: HttpRequest, invitation: Invitation, answer: Answer | None, sheet: Sheet, place: Place
) -> dict[str, Any]:
    shop, here = _business(request), place.page
    fields, is_first = sheet.fields(here), here.section is None
    context = {
        **frame(request, sheet.language, invitation),
        **_score(sheet, shop.name if is_first else ""),
        "survey": sheet.survey,
        "invitation": invitation,
        "answer": answer,
        "fields": fields,
        "heading": _heading(sheet, here.section) if here.section else None,
        "page_key": here.key,
        "shown": ",".join(one.question.key for one in fields),
        "is_first": is_first,
        "is_last": place.is_last,
        "at": place.at + 1,
        "pages": place.pages,
        "carried": taking.carry(sheet) if invitation.is_test else "",
        "given": kept_pages.SLOT,
    }
    if place.is_last and sheet.survey.look.get("comment", True):
        context["comment"] = _comment(sheet, shop.name, answer)
    return context


def _depends_on(
    request: HttpRequest, answer: Answer | None, sheet: Sheet, place: Place
) -> tuple[Hashable, ...] | None:
    """All that decides how this page looks, but for what `_given` adds; None for one that is not kept."""
    edition, keys = sheet.survey.edition, [one.key for one in place.page.items]
    asked_for = [(name, request.GET[name]) for name in KEPT if name in request.GET]
    if edition is None or any(len(value) > LONGEST_KEPT for _name, value in asked_for):
        return None
    said = sheet.said if edition.recalls else {name: sheet.said.get(name) for name in ("score", *keys)}
    told = [sheet.fill(text) for text in RECALLED] if edition.recalls else []
    shop = _business(request).name
    comment = answer.comment if answer else ""
    return (
        edition, sheet.language, shop, *_LOGO.rows(1), place.page.key, place.at, place.pages, *keys,
        *asked_for, json.dumps([said, told, comment], sort_keys=True), sheet.seed if edition.shuffles else "",
    )  # fmt: skip


def _given(request: HttpRequest, invitation: Invitation, sheet: Sheet) -> str:
    """The part of a page that differs from person to person."""
    name, hidden = _sheet_name(request, invitation), sheet.hidden(request.POST or request.GET)
    if not name and not hidden:
        return ""
    context = {
        "sheet": name,
        "hidden": hidden,
        "via": request.POST.get("via") or request.GET.get("via", ""),
        "place": (request.POST.get("place") or request.GET.get("place", ""))[:60],
    }
    return render_to_string("public/survey/_given.html", context)


def tested(request: HttpRequest, invitation: Invitation, sheet: Sheet, goal: str | None) -> HttpResponse:
    """A test goes on to its next page without anything being stored."""
    if goal is not None:
        sheet.reads = {}
        return page(request, invitation, None, sheet, goal)
    return thanks(request, invitation, sheet.language, None, score=sheet.said.get("score"), sheet=sheet)


def thanks(
    request: HttpRequest,
    invitation: Invitation,
    language: str,
    answer: Answer | None,
    *,
    score: int | None = None,
    sheet: Sheet | None = None,
) -> HttpResponse:
    survey, questions = versions.as_asked(invitation.survey, answer.version if answer else None)
    said = {**answer.values, "score": answer.score} if answer else {}
    fill = sheet.fill if sheet else recall.filler(invitation.customer, questions, said, language)
    score = answer.score if answer else score
    context = {
        **frame(request, language, invitation),
        "invitation": invitation,
        "answer": answer,
        "ending": endings.ending(survey, score, language, _business(request).name, fill),
    }
    return render(request, "public/survey_thanks.html", context)


def notice(request: HttpRequest, language: str, why: str, status: int, text: str = "") -> HttpResponse:
    title, reason = {
        "unknown": (
            _("This link does not work"),
            _("Perhaps a part of it was lost on the way. Please open it again from your mail."),
        ),
        "gone": (
            _("This link has come to its end"),
            _("What it belonged to is deleted, so there is nothing left to fill in. Thank you, good-bye!"),
        ),
        "closed": (
            _("This survey is closed"),
            _("Thank you for wanting to answer! We ask again another time."),
        ),
        "expired": (
            _("This link has expired"),
            _("Thank you for wanting to answer! If you have something to tell us, just reply to our mail."),
        ),
        "crowded": (
            _("Too many answers from one place"),
            _("Very many answers came from your network just now. Please try again in an hour. Thank you!"),
        ),
        "refused": (_("Your answer could not be stored"), text),
    }[why]
    context = {**frame(request, language, None), "title": title, "text": reason, "wrote": _written(request)}
    return render(request, "public/survey_notice.html", context, status=status)


def _written(request: HttpRequest) -> list[str]:
    """The words that somebody sent too late, so that they can keep them."""
    names = [name for name in request.POST if name == "comment" or name.startswith("q-")]
    sent = [str(request.POST[name]) for name in names]
    return [one[: filling.LONGEST] for one in sent if one.strip() and not one.isdecimal()]


def frame(request: HttpRequest, language: str, invitation: Invitation | None) -> dict[str, Any]:
    """What all public pages need: languages to choose, colour, direction of writing."""
    keep = {key: request.GET[key] for key in KEPT if key in request.GET}
    codes = texts.of(invitation.survey) if invitation else texts.LANGUAGES
    switch = [
        {
            "name": texts.NAMES.get(code, code),
            "code": texts.code_of(code),
            "url": f"?{urlencode({**keep, 'lang': code})}",
            "is_current": code == language,
        }
        for code in codes
    ]
    look = invitation.survey.look if invitation else {}
    color = look.get("color", "")
    return {
        "switch": switch if len(switch) > 1 else [],
        "language": language,
        "html_language": texts.code_of(language),
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "color": color[1:] if COLOR.fullmatch(color) else "",
        "query": urlencode({"lang": language, **({"embed": "1"} if "embed" in request.GET else {})}),
        "is_embedded": "embed" in request.GET,
    }


def frameable(request: HttpRequest, response: HttpResponse, invitation: Invitation | None) -> HttpResponse:
    """Let the shop's own websites, and no others, put an open survey into a frame."""
    if "embed" not in request.GET or invitation is None or not invitation.is_open:
        return response
    allowed = [CSP.SELF, *origins(invitation, _business(request))]
    response._csp_config = {**settings.SECURE_CSP, "frame-ancestors": allowed}  # type: ignore[attr-defined]
    response.xframe_options_exempt = True
    return response


def origins(invitation: Invitation, business: Business) -> list[str]:
    """Where an open survey may stand: the website of the shop, and what staff wrote besides."""
    return [*site_of(business), *invitation.survey.look.get("origins", [])]


def site_of(business: Business) -> list[str]:
    own = urlsplit(business.website)
    return [f"{own.scheme}://{own.netloc}"] if own.netloc else []


@cache
def embed_script() -> str:
    return Path(settings.BASE_DIR, "static", "survey-embed.js").read_text("utf-8")


def channel_of(request: HttpRequest) -> str:
    if "embed" in request.GET:
        return Answer.Channel.EMBED
    return VIA.get(request.POST.get("via", ""), Answer.Channel.OPEN)


def _score(sheet: Sheet, shop: str) -> dict[str, Any]:
    if not shop:
        return {}
    survey, told = sheet.survey, sheet.reads.get("score")
    low, high = scale_words(survey, sheet.language)
    return {
        "lead": sheet.fill(texts.say(survey, "question", sheet.language, shop)),
        "lead_error": told.error if told else "",
        "scale": scale_options(survey, survey.look.get("shape"), sheet.said.get("score")),
        "low": low,
        "high": high,
    }


def _comment(sheet: Sheet, shop: str, answer: Answer | None) -> dict[str, str]:
    told = sheet.reads.get("comment")
    before = answer.comment if answer else ""
    return {
        "label": sheet.fill(texts.say(sheet.survey, "comment", sheet.language, shop)),
        "value": str(told.raw or "") if told else before,
        "error": told.error if told else "",
    }


def _heading(sheet: Sheet, section: Any) -> dict[str, str]:
    return {
        "title": sheet.fill(texts.label(section, sheet.language)),
        "text": sheet.fill(texts.hint(section, sheet.language)),
    }


def _sheet_name(request: HttpRequest, invitation: Invitation) -> str:
    if not invitation.is_open or invitation.nonce:
        return ""
    return request.POST.get("sheet") or taking.new_sheet()


def _business(request: HttpRequest) -> Business:
    return cast("HtmxRequest", request).business
