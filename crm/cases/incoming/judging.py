"""Whether a person wrote it: RFC 3834, the habits of the usual clients, and our own mark.

Sources: RFC 3834 (Auto-Submitted, null return path), RFC 6522 (multipart/report), RFC 2919 (List-Id), and
X-Auto-Response-Suppress of Exchange.
"""

from __future__ import annotations

import re

from crm.cases.incoming import reasons
from crm.cases.incoming.reading import Letter
from crm.cases.letters import LOOP

AUTO_HEADERS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-AutoReply-From",
    "X-Auto-Reply",
    "X-Mail-Autoreply",
    "Autoreply",
)
AUTO_PRECEDENCE = {"auto_reply", "auto-reply", "junk"}
SUPPRESSED = {"all", "oof", "autoreply", "dr", "rn", "nrn"}
LIST_HEADERS = ("List-Id", "List-Unsubscribe", "List-Post", "Mailing-List", "X-Mailing-List")
MACHINES = ("mailer-daemon@", "postmaster@", "no-reply-bounce@")
_auto_subject = re.compile(
    r"\s*(automatic reply|auto(?:matic)?[- ]?(?:reply|response|antwort)|automatische antwort|"
    r"out of (?:the )?office|abwesenheitsnotiz|réponse automatique|respuesta automática|"
    r"risposta automatica|自动回复|自動回覆|不在オフィス)\s*[:：\]]?",
    re.IGNORECASE,
)


def verdict(letter: Letter, ours: set[str]) -> str:
    """Why this mail is left alone (a code of `reasons`), or "" when a person wants something."""
    if letter.header(LOOP) or letter.sender in ours:
        return reasons.OWN
    if _is_report(letter):
        return reasons.REPORT
    if _is_automatic(letter):
        return reasons.AUTO
    if _null_path(letter):
        return reasons.NULL_PATH
    if _is_list(letter):
        return reasons.LIST
    if not letter.text.strip() and not letter.files and (not letter.subject or letter.ids):
        return reasons.EMPTY
    return ""


def _is_report(letter: Letter) -> bool:
    kind = letter.headers.get_content_type()
    if kind in ("multipart/report", "message/delivery-status", "message/disposition-notification"):
        return True
    return letter.sender.startswith(MACHINES)


def _is_automatic(letter: Letter) -> bool:
    submitted = letter.header("Auto-Submitted").lower().partition(";")[0].strip()
    if submitted and submitted != "no":
        return True
    for name in AUTO_HEADERS:
        if letter.header(name).lower() not in ("", "no", "false"):
            return True
    if letter.header("Precedence").lower() in AUTO_PRECEDENCE:
        return True
    suppress = {part.strip() for part in letter.header("X-Auto-Response-Suppress").lower().split(",")}
    if suppress & SUPPRESSED:
        return True
    if letter.header("X-FC-MachineGenerated").lower() == "true":
        return True
    return _auto_subject.match(letter.subject) is not None


def _null_path(letter: Letter) -> bool:
    return letter.header("Return-Path").replace(" ", "") == "<>"


def _is_list(letter: Letter) -> bool:
    if any(letter.header(name) for name in LIST_HEADERS):
        return True
    return letter.header("Precedence").lower() in ("bulk", "list")
