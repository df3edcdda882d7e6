"""Links of a mail: marked once in the design, signed per message, verified when they come back.

A static link's token names campaign, message and position; the address stays in the database. An address with
placeholders travels inside its token. Nothing unsigned is ever followed, and only http and https.
Who does not want to be measured gets the addresses themselves, and no picture.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from django.conf import settings
from django.core import signing
from django.core.signing import b62_decode, b62_encode
from django.utils.crypto import constant_time_compare

from crm.outbox.tokens import mac, signed

# Marks that no mail client knows: START position [MIDDLE address] END. START "o" END: here goes the pixel,
# START "h" END: the link that no person sees, so that whoever follows it is a machine.
START, MIDDLE, END = "\ue000", "\ue001", "\ue002"
MARK = re.compile(f"{START}([oh]|\\d+)(?:{MIDDLE}([^{END}]*))?{END}")
ANCHOR = re.compile(r"(<a\b[^<>]*?\bhref=\")([^\"]*)(\")", re.IGNORECASE)
DIRECT = re.compile(r"\b(?:unsubscribe_url|preferences_url|survey_link)\b")
PIXEL = f'<img src="{START}o{END}" width="1" height="1" alt="" style="display:block;border:0">'

TRAP = (
    f'<a href="{START}h{END}" aria-hidden="true" tabindex="-1" rel="nofollow"'
    ' style="display:none;mso-hide:all;font-size:0;line-height:0;max-height:0;overflow:hidden"></a>'
)
HIDDEN = 32_000  # The position of that link.
FULL, HYGIENE = "full", "hygiene"

NO_MARKS = dict.fromkeys(map(ord, (START, MIDDLE, END)))

_click = signing.Signer(salt="campaigns.click", sep=".")
OPEN_SALT = "campaigns.open"
_open = signing.Signer(salt=OPEN_SALT, sep=".")
URL_SALT = "campaigns.click.url"


@dataclass(frozen=True, slots=True)
class Click:
    """What a verified token says; `url` is empty when the address is stored."""

    campaign_id: int
    message_id: int
    position: int
    url: str = ""


def is_web(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return bool(host) and url.startswith(("https://", "http://")) and not any(sign <= " " for sign in url)


def unmarked(value: object) -> object:
    """A customer's value that cannot pass for one of our marks and so get its own address signed."""
    return value.translate(NO_MARKS) if isinstance(value, str) else value


def mark(design: str, reveal: Callable[[str], str]) -> tuple[str, list[str]]:
    """Replace the addresses of links by marks; return the design and the addresses by position.

    `reveal` shows the Liquid code behind the marks that the compiler has seen. Survey and unsubscribe links
    stay direct: following them is an answer of its own and no click.
    """
    urls: list[str] = []

    def replace(found: re.Match[str]) -> str:
        address = reveal(found[2])
        dynamic = "{{" in address or "{%" in address
        if DIRECT.search(address) or not (dynamic or is_web(html.unescape(address))):
            return found[0]
        if not dynamic and (known := html.unescape(address)) in urls:
            return f"{found[1]}{START}{urls.index(known)}{END}{found[3]}"
        urls.append(address if dynamic else html.unescape(address))
        rest = f"{MIDDLE}{found[2]}" if dynamic else ""
        return f"{found[1]}{START}{len(urls) - 1}{rest}{END}{found[3]}"

    return ANCHOR.sub(replace, design), urls


def mark_text(text: str, urls: list[str]) -> str:
    """The same in a text part that somebody wrote: links that the design has too are counted as well."""
    if not urls:
        return text
    longest = sorted(urls, key=len, reverse=True)
    known = re.compile(rf"(?<![\w/])(?:{'|'.join(map(re.escape, longest))})(?![\w/?&=#%-])")

    def replace(found: re.Match[str]) -> str:
        rest = f"{MIDDLE}{found[0]}" if "{{" in found[0] or "{%" in found[0] else ""
        return f"{START}{urls.index(found[0])}{rest}{END}"

    return known.sub(replace, text)


def unmarked_text(text: str, urls: list[str]) -> str:
    """A text part with its addresses in the places of their marks, as a person would write it."""
    return MARK.sub(lambda found: found[2] or urls[int(found[1])], text)


@dataclass(frozen=True, slots=True)
class Tracker:
    """Fills the marks of one message: with signed links, or with the addresses themselves."""

    urls: list[str]
    campaign_id: int = 0
    message_id: int = 0  # 0: a preview or a test, which is not counted.
    places: tuple[int, ...] = ()  # Of these addresses among all of the campaign; () when they are all.
    mode: str = FULL  # Of measuring this person's mail.
    utm: str = ""  # The campaign's name for the shop's own statistics, where the mail leads there directly.
    stored: Mapping[int, str] = field(default_factory=dict)  # Addresses that a token need not carry.
    signed: dict[tuple[int, str], str] = field(
        default_factory=dict
    )  # The text part has the same links again.

    @property
    def _counts(self) -> bool:
        return bool(self.message_id) and self.mode == FULL

    def fill(self, text: str, *, is_html: bool) -> str:
        def replace(found: re.Match[str]) -> str:
            address = self._address(found[1], found[2], is_html)
            return html.escape(address) if is_html else address

        if is_html and not (self.message_id and self.mode in (FULL, HYGIENE)):
            text = text.replace(PIXEL, "")
        if is_html and not self._counts:
            text = text.replace(TRAP, "")
        return MARK.sub(replace, text)

    def _address(self, place: str, resolved: str | None, is_html: bool) -> str:
        if place == "o":
            return open_url(self.message_id)
        if place == "h":
            return click_url(self.campaign_id, self.message_id, HIDDEN)
        position = int(place)
        if resolved is None:
            if not self._counts:
                return with_utm(self.urls[position], self.utm) if position < len(self.urls) else "#"
            return self._click(self._place(position))
        url = (html.unescape(resolved) if is_html else resolved).strip()
        if not is_web(url):
            return url if url.startswith(("mailto:", "tel:")) else "#"
        if not self._counts:
            return with_utm(url, self.utm)
        where = self._place(position)
        known = self.stored.get(where) == url  # Personal is then only whose click it is.
        return self._click(where, "" if known else url)

    def _click(self, place: int, url: str = "") -> str:
        if (place, url) not in self.signed:
            self.signed[place, url] = click_url(self.campaign_id, self.message_id, place, url)
        return self.signed[place, url]

    def _place(self, position: int) -> int:
        return self.places[position] if position < len(self.places) else position


def with_utm(url: str, campaign: str) -> str:
    """The address with the marks by which the shop's own statistics know the campaign; its own ones stay."""
    if not campaign or not is_web(url):
        return url
    parts = urlsplit(url)
    marks = {"utm_source": "closeknit", "utm_medium": "email", "utm_campaign": campaign}
    has = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode({name: value for name, value in marks.items() if name not in has}, quote_via=quote_plus)
    return parts._replace(query="&".join(filter(None, (parts.query, added)))).geturl()


def click_url(campaign_id: int, message_id: int, position: int, url: str = "") -> str:
    if url:
        token = signing.dumps([campaign_id, message_id, position, url], salt=URL_SALT, compress=True)
    else:
        what = "-".join(b62_encode(part) for part in (campaign_id, message_id, position))
        token = f"{what}~{_proof(what)}"
    return f"{settings.SITE_URL}/c/{token}"


def _proof(what: str) -> str:
    """96 bits: short, and not to be guessed."""
    return signing.b64_encode(mac("campaigns.click.short", what).digest()[:12]).decode()


def open_url(message_id: int) -> str:
    return f"{settings.SITE_URL}/o/{signed(OPEN_SALT, str(message_id))}"


def read_click(token: str) -> Click | None:
    """What the token of a click says, or None when it is not ours; mails already out have longer ones."""
    try:
        if "~" in token:
            what, _, proof = token.partition("~")
            if not constant_time_compare(proof, _proof(what)):
                return None
            campaign_id, message_id, position = (b62_decode(part) for part in what.split("-"))
            return Click(campaign_id, message_id, position)
        if ":" in token:
            return Click(*signing.loads(token, salt=URL_SALT))
        campaign_id, message_id, position = (int(part) for part in _click.unsign(token).split("-"))
        return Click(campaign_id, message_id, position)
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        return None


def read_open(token: str) -> int | None:
    try:
        return int(_open.unsign(token))
    except (signing.BadSignature, ValueError):
        return None
