"""Links of a design, judged without a network: their form, and whether our own addresses lead anywhere."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

from campaigns import links

LINK = re.compile(r"<(?:a|mj-[a-z-]+)\b[^<>]*?\shref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
IMAGE = re.compile(r"<(img|mj-image|mj-carousel-image)\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
SOURCE = re.compile(r"\ssrc\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
ALT = re.compile(r"\salt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
ADDRESS = re.compile(r"mailto:[^\s@?]+@[^\s@?]+\.[^\s@?]+(?:\?.*)?", re.IGNORECASE)
PERSONAL = re.compile(r"/(?:c|o|u|s)/[^/]{12,}")  # Pages that a signed token opens for one person.
RESERVED = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net)|example|invalid|test)$")


class Fault(StrEnum):
    BROKEN = "broken_link"
    EMPTY = "empty_link"
    FOREIGN = "somebody_elses_link"
    NOWHERE = "link_to_nowhere"
    PLAIN = "http_link"
    SAMPLE = "sample_link"


@dataclass(frozen=True, slots=True)
class Picture:
    source: str
    alt: str | None


def hrefs(mjml: str) -> list[str]:
    """Addresses of links as written, each once."""
    found = (html.unescape(one[1] if one[1] is not None else one[2]).strip() for one in LINK.finditer(mjml))
    return list(dict.fromkeys(found))


def pictures(mjml: str) -> list[Picture]:
    """Pictures of a design; `alt` None where nothing says what they show."""
    found = []
    for one in IMAGE.finditer(mjml):
        source, alt = SOURCE.search(f" {one[2]}"), ALT.search(f" {one[2]}")
        words = (alt[1] or alt[2] or "") if alt else None
        if words == "" and one[1].lower() != "img":  # An empty one of MJML is one that nobody filled in.
            words = None
        address = html.unescape((source[1] or source[2] or "") if source else "")
        if address or one[1].lower() == "img":  # A place for a picture that nobody chose is left out.
            found.append(Picture(address, words))
    return found


def fault(url: str) -> Fault | None:
    """What is wrong with one address; a personal one is judged by what stands before the placeholder."""
    if not url or url in {"#", "https://", "http://"}:
        return Fault.EMPTY
    if url.startswith("http://"):
        return _of_web(url, Fault.PLAIN)
    if "{{" in url or "{%" in url:
        return None if re.match(r"\{[{%]|https://|mailto:|tel:", url) else Fault.BROKEN
    if url.startswith("#") or re.fullmatch(r"tel:\+?[\d ()/.-]{3,}", url) or ADDRESS.fullmatch(url):
        return None
    return _of_web(url, None)


def _of_web(url: str, otherwise: Fault | None) -> Fault | None:
    if "{{" in url or "{%" in url:
        return otherwise
    if not links.is_web(url) or ("." not in (urlsplit(url).hostname or "") and not _is_own(url)):
        return Fault.BROKEN
    if _is_own(url):
        return _of_own(urlsplit(url).path or "/")
    if RESERVED.search(urlsplit(url).hostname or ""):
        return Fault.SAMPLE
    return otherwise


def _is_own(url: str) -> bool:
    own = urlsplit(settings.SITE_URL)
    return urlsplit(url).netloc.lower() == own.netloc.lower()


def _of_own(path: str) -> Fault | None:
    if PERSONAL.match(path):
        return Fault.FOREIGN
    try:
        found = resolve(path)
    except Resolver404:
        return Fault.NOWHERE
    return None if getattr(found.func, "access", "") == "public" else Fault.NOWHERE
