"""The parts of a returned mail, and what those say that keep to no form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message as Mail

MOST = 200_000  # Signs of a text that are looked at.
_field = re.compile(r"^([A-Za-z][A-Za-z-]{2,40}):[ \t]*(.*)$")
_address = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_daemon = re.compile(
    r"mailer[-_.]?(?:daemon|deamon)|post\s?master|mail ?delivery|undeliver|bounce|mta@|mmdf|antivirus|"
    r"symantec|mailsweeper|mailmarshal|mail system|internet mail|no-?reply|system admin",
    re.IGNORECASE,
)
_subject = re.compile(
    r"undeliver|deliver(?:y|ed|able)?.{0,20}(?:fail|problem|status|notification|error|report)|returned|"
    r"fail(?:ed|ure).{0,12}(?:notice|deliver|mail)|non.?deliver|mail (?:error|system error)|bounce|"
    r"can(?:no|')t be delivered|could not be delivered|not delivered|unzustellbar|rejected|message you sent|"
    r"mail failure|user unknown|undelivrable|onbestelbaar|email rejeit|unable to deliver|退信|投递失败|"
    r"配信|エラー|送信でき|delivery report|nondeliverable|bloquead|delayed|warning: could not send",
    re.IGNORECASE,
)
_below = re.compile(
    r"\n(?:[-_=*. ]{2,}[^\n]{0,30}(?:original|copy|returned|below|header|unsent|undelivered)[^\n]{0,60}\n|"
    r"[^\n]{0,20}(?:original message|message headers?|copy of (?:the|your) message|message follows|"
    r"returned message|transcript of (?:the )?message)[^\n]{0,40}:?[^\n]*\n)",
    re.IGNORECASE,
)
_fault = re.compile(
    r"\b[45]\d\d[ -]|[45]\.\d\.\d{1,3}|unknown|not (?:found|exist|listed|known|be delivered)|"
    r"doesn.?t (?:exist|have)|does not exist|"
    r"fail|unable|could ?n.?t|cannot|rejected|refused|denied|invalid|full|quota|disabled|no such|"
    r"unavailable|undeliver|error|expired|suspend|存在|配信|エラー|拒否|受信|reject|over limit|not a valid",
    re.IGNORECASE,
)
_temporary = re.compile(
    r"will (?:keep|continue|be retried)|temporar|delayed|try(?:ing)? again|warning message only|"
    r"full|quota",
    re.IGNORECASE,
)
_automatic = re.compile(
    r"out of (?:the )?office|vacation|auto.?(?:reply|response)|on holiday|away from", re.IGNORECASE
)
_ours_below = re.compile(r"^[> ]*(?:from|message-id|reply-to|sender)\s*:(.*)$", re.IGNORECASE | re.MULTILINE)
_no_recipient = re.compile(
    r"\s*(?:from|message-id|reply-to|return-path|sender|received|references)\s*:", re.IGNORECASE
)
_complaint = re.compile(r"complaint about message from|email feedback report|abuse report", re.IGNORECASE)


def fields_of(part: Mail) -> dict[str, list[str]]:
    """The fields of a part that consists of fields, by their names in small letters."""
    found: dict[str, list[str]] = {}
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else [part]:
        if isinstance(block, Mail):
            for name, value in block.items():
                found.setdefault(name.lower(), []).append(str(value))
    return found or _fields(text_of_part(part))


def _fields(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    last = ""
    for line in text.splitlines():
        if line[:1] in " \t" and last and line.strip():
            found[last][-1] += f" {line.strip()}"
        elif match := _field.match(line):
            last = match[1].lower()
            found.setdefault(last, []).append(match[2].strip())
        else:
            last = ""
    return found


def status_blocks(mail: Mail) -> Iterator[dict[str, list[str]]]:
    """One dictionary of fields for each recipient of a delivery status, in form or in plain text."""
    formal = False
    for part in mail.walk():
        if part.get_content_type() not in {"message/delivery-status", "message/global-delivery-status"}:
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Mail):
                formal = True
                found: dict[str, list[str]] = {}
                for name, value in block.items():
                    found.setdefault(name.lower(), []).append(str(value))
                yield found
        if not isinstance(blocks, list):
            yield from _blocks_in(text_of_part(part))
    if not formal:
        yield from _blocks_in(_below.split(text_of(mail))[0] if mail.is_multipart() else text_of(mail))


def _blocks_in(text: str) -> Iterator[dict[str, list[str]]]:
    if not re.search(r"^(?:Final|Original)-Recipient:", text, re.IGNORECASE | re.MULTILINE):
        return
    for piece in re.split(r"\n\s*\n", text):
        fields = _fields(piece)
        if "final-recipient" in fields or "original-recipient" in fields:
            yield fields


def is_bare_complaint(mail: Mail) -> bool:
    """Without a report: Hotmail's junk mail reporting, and servers that only say so in the subject."""
    hotmail = any(
        part.get("X-HmXmrOriginalRecipient") or part.get("X-Loop") == "scomp" for part in mail.walk()
    )
    subject = str(mail.get("Subject", ""))
    return hotmail or (bool(_complaint.match(subject)) and mail.is_multipart())


def original_recipients(mail: Mail) -> list[str]:
    """Whom the mail that somebody complained about was for."""
    for part in mail.walk():
        if hidden := part.get("X-HmXmrOriginalRecipient"):
            return [str(hidden)]
    found = []
    for part in mail.walk():
        if part is mail or part.get_content_type() not in {"message/rfc822", "text/rfc822-headers"}:
            continue
        inner = part.get_payload()
        head = inner[0] if isinstance(inner, list) and inner else None
        fields = {k.lower(): [str(v)] for k, v in head.items()} if isinstance(head, Mail) else None
        fields = fields or _fields(text_of_part(part))
        for name in ("x-original-to", "delivered-to", "to", "x-rcpt-to"):
            found += fields.get(name, [])
    return found[:1]


def may_be_return(mail: Mail) -> bool:
    """Whether it looks like a machine that returns a mail; answers of people and their machines do not."""
    kind = mail.get_content_type()
    if kind == "multipart/report" and mail.get_param("report-type") not in {
        "disposition-notification",
        "feedback-report",
    }:
        return True
    if mail.get("X-Failed-Recipients"):
        return True
    sender, subject = str(mail.get("From", "")), str(mail.get("Subject", ""))
    if _automatic.search(subject):
        return False
    null = str(mail.get("Return-Path", "")).replace(" ", "") == "<>"
    return bool(_daemon.search(sender) or _subject.search(_readable(subject)) or null)


def _readable(subject: str) -> str:
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(subject)))
    except (LookupError, UnicodeError, ValueError):
        return subject


def text_of_part(part: Mail) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return str(data or "")
    try:
        return data[:MOST].decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return data[:MOST].decode("utf-8", "replace")


def text_of(mail: Mail) -> str:
    """What the report says in words: its texts, without the mail that it sends back."""
    if not mail.is_multipart():
        return text_of_part(mail)
    found = []
    for part in mail.walk():
        kind = part.get_content_type()
        if kind in {"message/rfc822", "text/rfc822-headers"}:
            break  # What follows is the mail itself.
        if kind == "text/html":
            found.append(re.sub(r"<(?!\S+@)[^>]*>", " ", text_of_part(part)).replace("&lt;", "<"))
        elif kind.startswith("text/") or kind == "message/delivery-status":
            found.append(text_of_part(part))
    return "\n".join(found)[:MOST]


def near(text: str, address: str) -> str:
    """What stands around the address, up to the next empty lines."""
    at = text.lower().find(address.lower())
    return text[max(0, at - 300) : at + 600] if at >= 0 else ""


def is_temporary(text: str) -> bool:
    return bool(_temporary.search(text[:3000]))


def failed_addresses(mail: Mail, text: str) -> set[str]:
    """Addresses beside words of failure, without those of the servers and of ourselves."""
    if header := mail.get("X-Failed-Recipients"):
        return {one.lower() for one in _address.findall(str(header))}
    if "auto-replied" in str(mail.get("Auto-Submitted", "")).lower():
        return set()  # It calls itself an answer (RFC 3834): a person should look what it is.
    said = _below.split(text)[0]
    ours = own(mail, text)
    found = _beside_faults(said, ours)
    return found or _beside_faults(text, ours)


def own(mail: Mail, text: str) -> set[str]:
    """Who the report is for and from, who wrote the mail that came back, and what looks like an address."""
    names = ("From", "To", "Reply-To", "Delivered-To", "Sender")
    fields = [str(mail.get(name, "")) for name in names]
    fields += _ours_below.findall(text)
    return {one.lower() for one in _address.findall(" ".join(fields))}


def _beside_faults(text: str, own: set[str]) -> set[str]:
    lines = text.splitlines()
    found = set()
    for number, line in enumerate(lines):
        if _no_recipient.match(line):
            continue
        around = "\n".join(lines[max(0, number - 6) : number + 7])
        for one in _address.findall(line):
            clean = one.strip(".'").lower()
            if clean in own or _daemon.search(clean.partition("@")[0] + "@"):
                continue
            if _fault.search(around):
                found.add(clean)
    return found if len(found) <= 5 else set()
