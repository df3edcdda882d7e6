"""Taking in what somebody sends, page by page, so that no answer ever breaks a rule of the survey."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import QueryDict

from crm.models import Customer
from feedback import filling, logic, recall, versions
from feedback.models import Answer, Invitation, Question
from feedback.sheet import Sheet

PERSON = ("country", "city", "language", "gender", "source")  # What rules may ask of the customer.
_signer = Signer(salt="feedback.sheet")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a page brought: `is_wrong` must be mended first, `has_more` means a new question came up on it."""

    is_wrong: bool
    has_more: bool
    comment: str


def open_sheet(
    invitation: Invitation, answer: Answer | None, language: str, *, version: int | None, carried: str = ""
) -> Sheet:
    """The survey as this person began it, with what they said."""
    number = version or (answer.version if answer else None)
    survey, questions = versions.as_asked(invitation.survey, number)
    said = _carried(carried) if invitation.is_test else _said(answer)
    said |= {
        f"{logic.PERSON}{name}": value for name in PERSON if (value := getattr(invitation.customer, name, ""))
    }
    product = invitation.product.name if invitation.product else ""
    fill = recall.filler(invitation.customer or Customer(), questions, said, language, product)
    seed = str(invitation.pk or invitation.nonce or "")
    return Sheet(survey, questions, language, fill, said, seed)


def take(sheet: Sheet, page_key: str, data: QueryDict, *, today: date) -> Taken:
    """Read one page into the sheet. What stood on it is `shown`; without that, everything of the page."""
    page = sheet.page(page_key)
    shown = data.get("shown", "").split(",") if "shown" in data else [one.key for one in page.items]
    if page.section is None:
        _keep(sheet, "score", filling.score(sheet.survey, data))
    for question in sheet.questions:
        is_filled_by_link = question.kind == Question.Kind.HIDDEN and filling.name_of(question.key) in data
        if is_filled_by_link or (question.key in shown and question.kind != Question.Kind.HIDDEN):
            _keep(sheet, question.key, filling.read(question, data, today=today))
    # Without scripts a condition on the same page cannot be seen before: its question comes up now.
    now = [one.key for one in sheet.page(page_key).items if one.kind != Question.Kind.HIDDEN]
    said_before = [one.key for one in page.items]
    if "shown" not in data:  # Everything came at once: what is asked now is judged by what came.
        for question in sheet.page(page_key).items:
            if question.key not in said_before:
                _keep(sheet, question.key, filling.read(question, data, today=today))
        shown = now
    comment = filling.text(data.get("comment", ""))
    sheet.reads["comment"] = comment
    looked_at = {"score", "comment", *now} & {*shown, "score", "comment"}
    wrong = any(read.error for key, read in sheet.reads.items() if key in looked_at)
    return Taken(wrong, any(key not in shown for key in now), comment.value or "")


def values_of(sheet: Sheet) -> dict[str, Any]:
    """What is stored: answers to questions that are asked, and no others."""
    return logic.kept(sheet.questions, sheet.said)


def lacking(sheet: Sheet) -> str | None:
    """The page on which something that must be answered is still open; None when all is there."""
    if sheet.said.get("score") is None:
        return ""
    open_keys = {one.key for one in logic.missing(sheet.questions, sheet.said)}
    return next((one.key for one in sheet.pages if any(item.key in open_keys for item in one.items)), None)


def carry(sheet: Sheet) -> str:
    """What a test remembers in its own page, since nothing of it is stored."""
    return json.dumps({"score": sheet.said.get("score"), **values_of(sheet)}, ensure_ascii=False)


def new_sheet() -> str:
    """A signed name for a sheet of the open link; the same form sent twice names the same sheet."""
    return _signer.sign(secrets.token_hex(8))


def nonce_of(signed: str) -> str:
    """The name again, or "" for one that we did not give."""
    try:
        return _signer.unsign(signed)
    except BadSignature:
        return ""


def _keep(sheet: Sheet, key: str, read: filling.Read) -> None:
    sheet.reads[key] = read
    if read.value is None:
        sheet.said.pop(key, None)
    else:
        sheet.said[key] = read.value


def _said(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {}
    score = {} if answer.score is None else {"score": answer.score}
    comment = {"comment": answer.comment} if answer.comment else {}
    return {**answer.values, **score, **comment}


def _carried(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
