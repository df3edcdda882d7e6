"""A mail made ready once, then rendered for each person."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from liquid import BoundTemplate
from mjml import mjml2html

from campaigns import links
from campaigns.rendering import folding, gaps, liquid, structure
from campaigns.rendering.plain import plain_text
from campaigns.rendering.problems import LIQUID, DesignProblem, liquid_explained

HIDDEN = "ckliquid{}ckend"  # Letters and digits pass the compiler unchanged, in text as in attributes.
SHOWN = re.compile(r"ckliquid(\d+)ckend")
PREVIEW = re.compile(r"<mj-preview>(?:[^<]|<(?!/?mj))*</mj-preview>")
BLANK = re.compile(r"\n\s*\n\s*\n+")
EDGES = re.compile(r"^ (?! )|[ \t]+$", re.MULTILINE)
SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Sources:
    """What an author wrote. Without `text` the plain part is made from the design."""

    subject: str
    mjml: str
    preheader: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class PreparedMail:
    subject: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate
    urls: list[str]  # Addresses of counted links, by position.
    author: str  # The design as written, for the lines of errors.
    subject_source: str
    plain: str  # The text part as it is made from the design, for an author to go on with.

    def folded(self, shared: Mapping[str, Any]) -> PreparedMail:
        """The same mail with everything written in it that is alike for all; for many people in a row."""
        subject, body, text = (folding.fold(one, shared) for one in (self.subject, self.html, self.text))
        return replace(self, subject=subject, html=body, text=text)

    def render(self, values: Mapping[str, Any], tracker: links.Tracker | None = None) -> Rendered:
        """The mail for one person; `values` come from `campaigns.placeholders`."""
        tracker = tracker or links.Tracker(self.urls)
        plain = {**values, "survey_row": values.get("survey_link", "")}
        with liquid_explained(self.author), liquid.one_clock():
            subject = SPACE.sub(" ", self.subject.render(plain)).strip()[:300]
            body = self.html.render(values)
            text = self.text.render(plain)
        body = tracker.fill(body, is_html=True)
        text = EDGES.sub("", BLANK.sub("\n\n", tracker.fill(text, is_html=False)))
        return Rendered(subject, _with_way_out(body, values), _with_written_way_out(text, values))


def prepare(sources: Sources) -> PreparedMail:
    """Compile a design and parse its Liquid code; raises `DesignProblem` with the line."""
    sources = replace(sources, mjml=sources.mjml.replace("\r\n", "\n"))  # As browsers send it.
    structure.check_size(sources.mjml)
    with liquid_explained():
        liquid.HTML.from_string(sources.mjml)  # Only for errors with the author's own line numbers.
    mjml, codes = _hide(_with_preheader(sources.mjml, sources.preheader))
    structure.check(mjml)
    compiled = _compile(gaps.closed(mjml))
    lost = [
        code for n, code in enumerate(codes) if code.startswith("{%") and HIDDEN.format(n) not in compiled
    ]
    if lost:
        line = sources.mjml.count("\n", 0, max(sources.mjml.find(lost[0]), 0)) + 1
        problem = _("%s stands where no text may stand. Put it around a section or inside a text.")
        raise DesignProblem(problem % lost[0], line=line)

    def reveal(text: str) -> str:
        return SHOWN.sub(lambda found: codes[int(found[1])], text)

    marked, urls = links.mark(compiled, reveal)
    made = reveal(plain_text(marked))
    text = links.mark_text(sources.text.replace("\r\n", "\n"), urls) or made
    body = re.sub(r"</body>", lambda end: links.TRAP + links.PIXEL + end[0], marked, count=1)
    with liquid_explained():
        return PreparedMail(
            subject=_subject(sources.subject),
            html=liquid.HTML.from_string(reveal(body)),
            text=liquid.TEXT.from_string(text),
            urls=urls,
            author=sources.mjml,
            subject_source=sources.subject,
            plain=links.unmarked_text(made, urls),
        )


def _subject(written: str) -> BoundTemplate:
    try:
        with liquid_explained():
            return liquid.TEXT.from_string(written)
    except DesignProblem as problem:
        raise DesignProblem(_("In the subject: %s") % problem) from problem


def _hide(mjml: str) -> tuple[str, list[str]]:
    """Put words in the place of Liquid code, so that quotes and signs in it cannot disturb the compiler."""
    codes: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        codes.append(found[0])
        return HIDDEN.format(len(codes) - 1) + "\n" * found[0].count("\n")  # Lines keep their numbers.

    hidden = LIQUID.sub(put_away, SHOWN.sub("", mjml))
    if odd := "".join(sorted({sign for sign in hidden if _is_odd(sign)})):
        hidden = re.sub(f"[{re.escape(odd)}]+", put_away, hidden)
    return hidden, codes


def _is_odd(sign: str) -> bool:
    """Signs that the compiler would write as codes: backslash, joiners, accents, special spaces."""
    return sign == "\\" or (not sign.isascii() and unicodedata.category(sign)[0] in "MCZ")


def _with_preheader(mjml: str, preheader: str) -> str:
    if not preheader:
        return mjml
    safe = "".join(
        part if LIQUID.fullmatch(part) else html.escape(part, quote=False)
        for part in re.split(f"({LIQUID.pattern})", preheader, flags=re.DOTALL)
    )
    line = f"<mj-preview>{safe}</mj-preview>"
    if PREVIEW.search(mjml):
        return PREVIEW.sub(lambda _found: line, mjml, count=1)
    if re.search(r"<mj-head[\s>]", mjml):
        return re.sub(r"<mj-head[^<>]*>", lambda head: head[0] + line, mjml, count=1)
    return re.sub(r"<mjml[^<>]*>", lambda start: f"{start[0]}<mj-head>{line}</mj-head>", mjml, count=1)


def _compile(mjml: str) -> str:
    try:
        return str(mjml2html(mjml, fonts={}, disable_comments=True))
    except ValueError as error:
        place = re.search(r"at position (\d+)", str(error))
        line = mjml.encode()[: int(place[1])].count(b"\n") + 1 if place else 0
        text = _("The design cannot be read there. Look for a missing quote, bracket or closing tag.")
        raise DesignProblem(text if line else _first_suspect(str(error)), line=line) from error


def _first_suspect(error: str) -> str:
    return (
        _("The design cannot be read: %s. Look for a missing quote, bracket or closing tag.")
        % (error.partition(" in root template")[0])
    )


def _with_way_out(body: str, values: Mapping[str, Any]) -> str:
    """Every mail names the sender's address and how to unsubscribe, whatever its design forgot."""
    url = html.escape(str(values["unsubscribe_url"]))
    if url in body:
        return body
    business = values["business"]
    who = ", ".join(html.escape(part) for part in (business["name"], business["postal_address"]) if part)
    footer = (
        '<div style="padding:24px 16px;text-align:center;font:12px/1.6 Arial,sans-serif;color:#6b7280">'
        f'{who}<br><a href="{url}" style="color:#6b7280">{html.escape(values["_unsubscribe"])}</a></div>'
    )
    return body.replace("</body>", f"{footer}</body>", 1)


def _with_written_way_out(text: str, values: Mapping[str, Any]) -> str:
    if values["unsubscribe_url"] in text:
        return text
    business = values["business"]
    who = ", ".join(part for part in (business["name"], business["postal_address"]) if part)
    return f"{text.rstrip()}\n\n-- \n{who}\n{values['_unsubscribe']}: {values['unsubscribe_url']}\n"
