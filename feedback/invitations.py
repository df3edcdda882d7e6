"""Asking somebody: one place for one answer, and the signed link to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import batched, islice
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import Customer, Product
from crm.prepared import Prepared
from feedback import versions
from feedback.models import Answer, Invitation, Survey
from feedback.rating import rating_row

__all__ = [
    "invite_by_hand",
    "invite_many",
    "link",
    "open_link",
    "open_token",
    "rating_row",
    "resolve",
    "sheet_token",
    "test_token",
    "token",
    "was_ours",
]

TEST = Invitation.TEST
_signer = Signer(sep=".", salt="feedback.invitation")


def invite_many(survey: Survey, source: str, customer_ids: Iterable[int], *, at: datetime) -> None:
    """Make a place for the answer of each customer; the same source asks a person once."""
    expires_at = at + timedelta(days=survey.valid_days)
    for some in batched(customer_ids, 2000):
        Invitation.objects.bulk_create(
            [
                Invitation(survey=survey, customer_id=one, source=source, asked_at=at, expires_at=expires_at)
                for one in some
            ],
            ignore_conflicts=True,
        )


@transaction.atomic
def invite_by_hand(survey: Survey, customer: Customer, *, at: datetime) -> Invitation:
    """A link for one person, to be given by hand; one that still works is used again."""
    if not survey.is_open:
        raise Refusal(_("This survey is closed. Open it again to ask somebody."))
    waiting = Invitation.objects.filter(
        survey=survey,
        customer=customer,
        source__startswith="staff:",
        state=Invitation.State.ASKED,
        expires_at__gt=at,
    ).first()
    if waiting:
        return waiting
    source = f"staff:{at:%Y-%m-%d}"
    invite_many(survey, source, [customer.pk], at=at)
    return Invitation.objects.get(survey=survey, customer=customer, source=source)


def token(survey_id: int, source: str, customer_id: int) -> str:
    """The signed name of an invitation; the same for the same three, so that it needs no query."""
    return _signer.sign_object([survey_id, source, customer_id])


def test_token(survey_id: int) -> str:
    """A link that shows the survey as customers see it and stores nothing."""
    return token(survey_id, TEST, 0)


def link(survey_id: int, source: str, customer_id: int) -> str:
    return f"{settings.SITE_URL}/s/{token(survey_id, source, customer_id)}"


def open_link(survey: Survey) -> str:
    """The link for everybody: a poster, a till slip, a website."""
    return f"{settings.SITE_URL}/s/{open_token(survey.pk)}"


def open_token(survey_id: int) -> str:
    return token(survey_id, Invitation.OPEN, 0)


def sheet_token(survey_id: int, nonce: str) -> str:
    """Leads back to what one person began through the open link."""
    return token(survey_id, f"{Invitation.SHEET}{nonce}", 0)


def resolve(signed: str) -> Invitation | None:
    """The invitation that a link means; unsaved for tests and open links; None when tampered with or gone."""
    try:
        survey_id, source, customer_id = _signer.unsign_object(signed)
    except (BadSignature, ValueError, TypeError):
        return None
    if source in (TEST, Invitation.OPEN) or source.startswith(Invitation.SHEET):
        survey = versions.today(survey_id)
        return Invitation(survey=survey, customer=Customer(), source=source) if survey else None
    found = _ASKED.rows(survey_id, source, customer_id)
    return _invitation(*found[0]) if found else None


def _invitation(*row: Any) -> Invitation | None:
    """What one row tells: the invitation with its survey, customer, product and answer."""
    rest = iter(row)
    invitation, customer, product, answer = (
        _part(model, list(islice(rest, len(names)))) for model, names in _PARTS.items()
    )
    assert isinstance(invitation, Invitation)
    survey = versions.today(invitation.survey_id)
    if survey is None:  # Deleted just now.
        return None
    invitation.survey, invitation.customer, invitation.product = survey, customer, product
    Invitation._meta.get_field("answer").set_cached_value(invitation, answer)
    return invitation


def _part(model: type[Model], values: list[Any]) -> Any:
    return None if values[0] is None else model.from_db("default", _PARTS[model], values)


def _names(model: type[Model], *needed: str) -> list[str]:
    """These fields in the order of the model; others are read only should somebody ask for them."""
    return [one.attname for one in model._meta.concrete_fields if one.attname in ("id", *needed)]


_PARTS: dict[type[Model], list[str]] = {
    Invitation: _names(Invitation, "survey_id", "customer_id", "source", "product_id", "state", "expires_at"),
    Customer: _names(
        Customer, "first_name", "last_name", "country", "city", "language", "gender", "source", "erased_at"
    ),
    Product: _names(Product, "name"),
    Answer: _names(Answer, "state", "version", "score", "comment", "values", "answered_at"),
}
_COLUMNS = [
    f"{path}{name}"
    for path, names in zip(("", "customer__", "product__", "answer__"), _PARTS.values(), strict=True)
    for name in names
]
_ASKED = Prepared(
    lambda survey, source, customer: Invitation.objects.filter(
        survey_id=survey, source=source, customer_id=customer
    ).values_list(*_COLUMNS),
    -101,
    "\x00",
    -102,
)


def was_ours(signed: str) -> bool:
    """Whether a link that leads nowhere was made by us: then who it was for, or the survey, is gone."""
    try:
        _signer.unsign_object(signed)
    except (BadSignature, ValueError, TypeError):
        return False
    return True
