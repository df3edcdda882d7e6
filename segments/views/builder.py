"""The rule builder: the tree lives in the fields of the form, every button posts it and gets it back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from crm import access
from crm.access import Right
from crm.models import CustomerQuerySet
from crm.templatetags.crm_format import number
from crm.web import HtmxRequest, render_page
from segments import left_out, since_refresh
from segments.drafting import free_slug
from segments.forms import SegmentForm
from segments.models import Segment
from segments.rules import doubts, drafts, versions, writing
from segments.rules.builder import Builder
from segments.rules.drafts import Draft
from segments.rules.fields import Catalogue
from segments.rules.moment import Moment
from segments.rules.parsing import DEEPEST, parse
from segments.rules.preview import Preview, preview
from segments.rules.problems import InvalidRule
from segments.rules.starters import STARTERS, counted
from segments.rules.tree import Node

PAGE = "segments/builder.html"


@dataclass(slots=True)
class Work:
    """A draft on its way: what it would be as a rule, and what it finds."""

    draft: Draft
    catalogue: Catalogue
    rule: dict[str, Any]
    node: Node | None
    preview: Preview | None = None

    def count(self, among: CustomerQuerySet) -> None:
        """Ask the database and put each count beside its line; examples are people of `among`."""
        if self.node is None:
            return
        self.preview = preview(self.node, among=among)
        counts = self.preview.counts()
        for one in self.draft.walk():
            one.count = counts.get(one.place)
        moment = Moment.now()
        odd = doubts.doubts(self.node, moment)
        writing.warn(self.draft, odd + doubts.unheard(self.node, moment, counts))


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def segment_new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _posted(cast("HtmxRequest", request), None)
    name, rule = "", None
    if starter := STARTERS.get(request.GET.get("start", "")):
        name, rule = str(starter.name), starter.rule
    elif text := request.GET.get("rule", ""):
        rule = _readable(text)
        name = request.GET.get("name", "")[:120]
        if rule is None:
            messages.error(request, _("The rule in this link cannot be read. Please build it here."))
    draft = drafts.from_json(rule) if rule is not None else drafts.empty()
    work = _work(draft, Catalogue(), quiet=rule is None)
    return _page(request, None, SegmentForm(initial={"name": name}), work)


@require_GET
@access.needs(Right.MARKET)
def starters(request: HttpRequest) -> HttpResponse:
    """Examples with what each would find in this shop."""
    found = list(counted(cast("HtmxRequest", request).business))
    context = {"section": "segments", "starters": found}
    return render_page(request, "segments/starters.html", context, partial="cards")


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def segment_edit(request: HttpRequest, slug: str) -> HttpResponse:
    segment = get_object_or_404(Segment, slug=slug, kind=Segment.Kind.RULE)
    if request.method == "POST":
        return _posted(cast("HtmxRequest", request), segment)
    work = _work(drafts.from_json(segment.rule), Catalogue(segment))
    return _page(request, segment, SegmentForm(instance=segment), work)


def _posted(request: HtmxRequest, segment: Segment | None) -> HttpResponse:
    action = request.POST.get("act", "refresh")
    draft = drafts.change(drafts.read(request.POST), action)
    work = _work(draft, Catalogue(segment), quiet=action.partition(":")[0] in {"add", "group"})
    if action == "left_out":  # Looks at everybody: only for who opens it.
        missing = left_out.of_rule(work.node, Moment.now()) if work.node else []
        return render_page(request, "segments/_left_out_lines.html", {"left_out": missing})
    form = SegmentForm(request.POST, instance=segment)
    if action != "save":
        part = "preview" if action == "preview" else "builder"
        return _page(request, segment, SegmentForm(_names(request)), work, part=part)
    if work.node is None or not form.is_valid():
        return _page(request, segment, form, work, status=422)
    saved = form.save(commit=False)
    saved.slug = saved.slug or free_slug(saved.name)
    count = versions.save(saved, work.rule, by=request.user, at=timezone.now())
    text = ngettext(
        "“%(name)s” is saved: %(count)s customer.", "“%(name)s” is saved: %(count)s customers.", count
    )
    messages.success(request, text % {"name": saved.name, "count": number(count)})
    address = saved.get_absolute_url()
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _work(draft: Draft, catalogue: Catalogue, *, quiet: bool = False) -> Work:
    """Try to understand a draft; problems go to their lines. `quiet`: new lines are not blamed yet."""
    rule = writing.to_json(draft, catalogue)
    problems: list[tuple[str, str]] = []
    node = None
    try:
        node = parse(rule, catalogue)
    except InvalidRule as invalid:
        problems = invalid.problems
    writing.attach(draft, problems)
    if any(one.errors for one in draft.walk()):
        node = None
    if quiet:
        for one in draft.walk():
            if not one.group and not one.what:
                one.errors = []
    return Work(draft, catalogue, rule, node)


def _page(
    request: HttpRequest, segment: Segment | None, form: SegmentForm, work: Work, **more: Any
) -> HttpResponse:
    part, status = more.get("part", "builder"), more.get("status", 200)
    fragment = bool(cast("HtmxRequest", request).htmx) and part == "builder" and status == 200
    # In a large shop the page stands before the counts do.
    fragment |= request.method == "GET" and since_refresh.is_large()
    if not fragment:  # A fragment asks for its counts itself, once it is drawn.
        work.count(access.customers(request.user))
    context = {
        "section": "segments",
        "segment": segment,
        "form": form,
        "row": Builder(work.catalogue).row(work.draft),
        "work": work,
        "counted": not fragment,
        "lines": list(work.draft.walk()),
        "offers_starters": request.method == "GET" and not request.GET,
        "revision": _revision(request, keep=part == "preview"),
    }
    return render_page(request, PAGE, context, partial=part, status=status)


def _revision(request: HttpRequest, *, keep: bool) -> int:
    """Grows with every redrawn tree, so that a late answer finds no place to write into."""
    last = request.POST.get("revision", "")
    number = int(last) % 100_000 if last.isdecimal() else 0
    return number if keep else number + 1


def _names(request: HttpRequest) -> dict[str, Any]:
    return {name: request.POST.get(name, "") for name in ("name", "description")}


def _readable(text: str) -> Any:
    try:
        rule = json.loads(text)
        json.dumps(rule, ensure_ascii=False).encode()  # Halves of signs are no text for a database.
    except (ValueError, RecursionError):
        return None
    return rule if isinstance(rule, dict) and not _is_deep(rule, DEEPEST * 4) else None


def _is_deep(part: Any, left: int) -> bool:
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return left < 0 or any(_is_deep(one, left - 1) for one in inner)
