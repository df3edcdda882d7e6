"""Why a mail came back, in words: by the status code (RFC 3463), else by what servers usually say."""

from __future__ import annotations

import re

from django.utils.translation import gettext_noop

FULL = gettext_noop("the mailbox is full")
UNKNOWN = gettext_noop("the address does not exist")
DISABLED = gettext_noop("the mailbox is switched off")
LARGE = gettext_noop("the mail is too large")
REFUSED = gettext_noop("the server refuses it")
AWAY = gettext_noop("the server cannot be reached")
OTHER = gettext_noop("no reason that we understand was given")
CODES = (  # The class is left out.
    (re.compile(r"2\.2"), FULL),
    (re.compile(r"1\.[0136]|1\.10|2\.0"), UNKNOWN),
    (re.compile(r"2\.1"), DISABLED),
    (re.compile(r"[23]\.[34]"), LARGE),
    (re.compile(r"7\.\d+|6\.\d+|3\.[05]"), REFUSED),
    (re.compile(r"1\.[248]|4\.\d+|3\.2"), AWAY),
)
WORDS = (  # What servers say that give no code, or only 5.0.0.
    (r"quota|mailbox (?:is )?full|insufficient storage|exceeded storage", FULL),
    (
        r"user (?:is )?unknown|unknown user|no such (?:user|recipient|address|mailbox|person)|"
        r"(?:address|user|recipient|mailbox|account)[^.\n]{0,40}(?:not found|does(?: not|n't) exist|"
        r"not exist|unavailable|rejected|invalid|unknown)|not a valid|unrouteable|not listed",
        UNKNOWN,
    ),
    (r"disabled|inactive|suspended|discontinued|deactivated", DISABLED),
    (r"too (?:large|big)|size (?:limit|exceed)|exceeds? (?:the )?(?:maximum|size)", LARGE),
    (r"spam|block(?:ed|list)|blacklist|policy|denied|refused|reject|dmarc|spf", REFUSED),
    (r"timed? ?out|could not connect|connection|host (?:not found|unknown)|expired", AWAY),
)
_status = re.compile(r"^Status:[ \t]*[245]\.(\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_said_code = re.compile(r"\b[45]\d\d[ -]#?[45]\.(\d{1,3}\.\d{1,3})\b")


def reason_of(text: str) -> str:
    """By the status code; a code that says nothing gives way to the words."""
    for code in [*_status.findall(text), *_said_code.findall(text)]:
        for known, reason in CODES:
            if known.fullmatch(code) and code != "0.0":
                return reason
    return next((reason for known, reason in WORDS if re.search(known, text, re.IGNORECASE)), OTHER)
