"""The texts of a campaign: what is broken, heavy, missing or suspicious in them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import design, placeholders
from campaigns.models import Campaign
from campaigns.preflight import addresses, wording
from campaigns.preflight.addresses import Fault
from campaigns.preflight.findings import Finding
from campaigns.rendering import DesignProblem, PreparedMail, Rendered, Sources
from crm.models import Business

CLIPPED = 102_000  # Bytes after which Gmail hides the rest, and with it the way out.
PER_LINK = 90  # Bytes that the signed address of a link is longer, about.
SHORT_TEXT = 12
LONG_SUBJECT = 70
EMPTY_FALLBACK = re.compile(r"\{\{[^{}]*\|\s*default:?\s*(?:\"\s*\"|'\s*')?\s*(?:\||\}\})")

SAYS = {
    Fault.BROKEN: gettext_lazy("A link is not complete: it needs https:// and a full address."),
    Fault.EMPTY: gettext_lazy("A link leads nowhere: its address is empty."),
    Fault.FOREIGN: gettext_lazy(
        "A link was copied from another mail and belongs to one person. Whoever follows it acts as them."
    ),
    Fault.NOWHERE: gettext_lazy("A link to your own Closeknit leads to no page that customers can open."),
    Fault.PLAIN: gettext_lazy("A link begins with http:// and is not protected. Use https:// where you can."),
    Fault.SAMPLE: gettext_lazy("A link still leads to an example address."),
}
BLOCKING = {Fault.BROKEN, Fault.EMPTY, Fault.FOREIGN, Fault.NOWHERE}


def findings(where: str, written: Sources, campaign: Campaign, business: Business) -> Iterator[Finding]:
    """What is to be said about one text that can be compiled."""
    whole = design.whole(written)
    try:
        mail = design.compiled(written)
        rendered = design.preview(written, business, None, campaign.survey)
    except DesignProblem as problem:  # Said as the problem of the design.
        yield Finding("design", str(problem), blocks=True, where=where)
        return
    yield from _of_links(where, whole.mjml)
    yield from _of_pictures(where, whole.mjml)
    yield from _of_weight(where, mail, rendered)
    yield from _of_text(where, rendered, business)
    yield from _of_words(where, whole, rendered)
    if "coupon" in placeholders.used(mail) and not placeholders.coupon_of(campaign):
        text, fix = _("The design shows a coupon, and this campaign has none."), _("Set the code")
        yield Finding("coupon", text, True, where, reverse("campaigns:measuring", args=[campaign.slug]), fix)


def weight(mail: PreparedMail, rendered: Rendered) -> int:
    """Bytes of the HTML part when its links are signed."""
    return len(rendered.html.encode()) + PER_LINK * len(mail.urls)


def _of_links(where: str, mjml: str) -> Iterator[Finding]:
    found: defaultdict[Fault, list[str]] = defaultdict(list)
    for url in addresses.hrefs(mjml):
        if wrong := addresses.fault(url):
            found[wrong].append(url)
    for wrong, urls in found.items():
        yield Finding(wrong, str(SAYS[wrong]), wrong in BLOCKING, where, examples=urls[:3])


def _of_pictures(where: str, mjml: str) -> Iterator[Finding]:
    found = addresses.pictures(mjml)
    if silent := [one.source for one in found if one.alt is None]:
        text = ngettext(
            "A picture has no description. Many people read mails without pictures, or listen to them.",
            "%(n)s pictures have no description. Many people read mails without pictures, or listen to them.",
            len(silent),
        )
        yield Finding("alt", text % {"n": len(silent)}, where=where, examples=silent[:3])
    lost = [one.source for one in found if not re.match(r"https?://|\{\{|\{%|data:image/|cid:", one.source)]
    if lost:
        text = _("A picture has no full address, so it shows nowhere but here.")
        yield Finding("picture", text, blocks=True, where=where, examples=lost[:3])


def _of_weight(where: str, mail: PreparedMail, rendered: Rendered) -> Iterator[Finding]:
    size = weight(mail, rendered)
    if size > CLIPPED:
        text = _(
            "The mail weighs %(size)d kB. Gmail cuts off after 102 kB, and with it the link to unsubscribe. "
            "Take parts out, or link to a page of your website."
        )
        yield Finding("size", text % {"size": size / 1000}, where=where)


def _of_text(where: str, rendered: Rendered, business: Business) -> Iterator[Finding]:
    body = re.sub(r"https?://\S+", "", rendered.text.partition("\n-- \n")[0])
    if len(re.sub(r"[\W_]", "", body.replace(business.name, ""))) < SHORT_TEXT:
        text = _(
            "The plain-text part says almost nothing. Write words into the design, or write it yourself."
        )
        yield Finding("text", text, where=where)


def _of_words(where: str, written: Sources, rendered: Rendered) -> Iterator[Finding]:
    if not rendered.subject.strip():
        yield Finding("subject", _("The subject is empty."), blocks=True, where=where)
    elif len(rendered.subject) > LONG_SUBJECT:
        yield Finding("subject", _("The subject is long; phones show about 40 signs of it."), where=where)
    if found := wording.suspicious(f"{rendered.subject}\n{rendered.text}"):
        text = _("Mail filters distrust these words. One does no harm, several do.")
        yield Finding("words", text, where=where, examples=found[:6])
    if empty := EMPTY_FALLBACK.findall(f"{written.subject}\n{written.preheader}\n{written.mjml}"):
        text = _("A fallback is empty, so nothing stands there when the data are missing.")
        yield Finding("fallback", text, where=where, examples=empty[:3])
