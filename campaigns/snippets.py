"""Parts that designs share: put in by name before a design is compiled, and looked for when one is to go."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from campaigns.models import Campaign, MailTemplate, Snippet, Variant
from campaigns.rendering import DesignProblem

CALL = re.compile(r"\{%-?\s{0,9}snippet\s{1,9}[\"']([^\"'%{}]{1,60})[\"']\s{0,9}-?%\}")
MOST = 50  # In one design; a design as a whole has a limit of its own.


def expanded(mjml: str) -> str:
    """The design with its snippets in their places, each on one line so that lines keep their numbers."""
    names = [found[1] for found in CALL.finditer(mjml)]
    if not names:
        return mjml
    if len(names) > MOST:
        raise DesignProblem(_("The design names more than %d snippets.") % MOST)
    parts = dict(Snippet.objects.filter(name__in=names).values_list("name", "mjml"))

    def put_in(found: re.Match[str]) -> str:
        if found[1] not in parts:
            line = mjml.count("\n", 0, found.start()) + 1
            raise DesignProblem(_("There is no snippet “%s”.") % found[1], line=line)
        part = parts[found[1]]
        if CALL.search(part):
            raise DesignProblem(_("The snippet “%s” names another one; only designs may.") % found[1])
        return " ".join(part.split())

    return CALL.sub(put_in, mjml)


def users(snippet: Snippet) -> list[str]:
    """Names of drafts and templates that use it; what is already sent has its own copy."""
    states = (Campaign.State.DRAFT, Campaign.State.SCHEDULED, Campaign.State.MISSED)
    drafts = Campaign.objects.filter(state__in=states)
    found = [one.name for one in drafts.filter(mjml__contains=snippet.name) if _names(one.mjml, snippet)]
    others = Variant.objects.select_related("campaign").filter(campaign__in=drafts)
    others = others.filter(mjml__contains=snippet.name)
    found += [one.campaign.name for one in others if _names(one.mjml, snippet)]
    templates = MailTemplate.objects.filter(mjml__contains=snippet.name)
    found += [one.name for one in templates if _names(one.mjml, snippet)]
    return sorted(set(found))


def _names(mjml: str, snippet: Snippet) -> bool:
    return any(found[1] == snippet.name for found in CALL.finditer(mjml))


def trial(snippet: Snippet) -> str:
    """A whole design around a snippet, to try it and to look at it."""
    if snippet.place == Snippet.Place.CONTENT:
        inner = f"<mj-section><mj-column>{snippet.mjml}</mj-column></mj-section>"
    else:
        inner = snippet.mjml
    return f"<mjml><mj-body>{inner}</mj-body></mjml>"
