"""Closer looks at one campaign that was sent: by group, on the mail itself, and as a file."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET

from campaigns import groups, link_map, recipients, reports
from campaigns.models import Campaign
from campaigns.rendering import DesignProblem
from campaigns.views.editor import MAIL_CSP
from crm import access, audit
from crm.access import Right
from crm.charts import Chart, Series
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def breakdown(request: HtmxRequest, slug: str) -> HttpResponse:
    """Who opened and clicked, by one kind of group."""
    campaign = get_object_or_404(Campaign, slug=slug)
    asked = request.GET.get("by", "")
    kind = asked if asked in groups.KINDS else "domain"
    found = groups.rows(campaign, kind, request.business)
    rows = groups.read(found, kind)
    context = {
        "section": "campaigns",
        "campaign": campaign,
        "kinds": groups.KINDS.items(),
        "kind": kind,
        "rows": rows,
        "chart": _chart(kind, rows) if rows else None,
        "counted_at": found.counted_at,
        "leads": kind in ("segment", "domain", "language"),
    }
    return render_page(request, "campaigns/breakdown.html", context)


def _chart(kind: str, rows: list[groups.Row]) -> Chart:
    best = max(rows, key=lambda row: (row.clicked, row.opened))
    words = {"group": best.label, "n": best.clicked}
    series = [
        Series(_("Opened"), [row.opened for row in rows]),
        Series(_("Clicked"), [row.clicked for row in rows]),
    ]
    most = ngettext(
        "Most clicks: %(group)s (%(n)d person)", "Most clicks: %(group)s (%(n)d people)", best.clicked
    )
    title = most % words if best.clicked else _("Nobody clicked yet")
    return Chart(
        "bar", title, [row.label for row in rows], series,
        unit=_("people"), first_column=str(groups.KINDS[kind]),
    )  # fmt: skip


@require_GET
@access.staff
def links(request: HtmxRequest, slug: str) -> HttpResponse:
    """The page around the mail with its clicks."""
    campaign = get_object_or_404(Campaign, slug=slug)
    if campaign.mailing_id is None:
        raise Http404
    versions = link_map.versions(campaign, request.business)
    found = [(f"{arm}-{language}", label) for (arm, language), label in versions]
    shown = request.GET.get("version", found[0][0])
    context = {"section": "campaigns", "campaign": campaign, "versions": found, "shown": shown}
    return render_page(request, "campaigns/link_map.html", context)


@require_GET
@csp_override(MAIL_CSP)
@access.staff
def link_picture(request: HtmxRequest, slug: str) -> HttpResponse:
    """The mail itself, in a frame of its own."""
    campaign = get_object_or_404(Campaign, slug=slug)
    arm, _dash, language = request.GET.get("version", "a-").partition("-")
    people = {one.position: one.people for one in reports.links(campaign)}  # type: ignore[attr-defined]
    try:
        return HttpResponse(link_map.drawn(campaign, people, request.business, (arm, language)))
    except DesignProblem as problem:
        raise Http404 from problem


@require_GET
@access.needs(Right.EXPORT)
def recipients_file(request: HtmxRequest, slug: str) -> FileResponse:
    """The list of recipients as it is filtered now."""
    campaign = get_object_or_404(Campaign, slug=slug)
    wish = recipients.Wish.read(request.GET)
    file, count = recipients.file_of(campaign, recipients.found(campaign, wish, request.user))
    audit.record(request.user, "exported", campaign, count=count)
    return FileResponse(file, as_attachment=True, filename=f"{campaign.slug}.csv", content_type="text/csv")
