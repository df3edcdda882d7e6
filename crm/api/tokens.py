"""Tokens of other programs: issued once in full, known by their hash, acting as one member of staff."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from crm import audit
from crm.models import ApiToken, AuditEntry, User

SIGN = "ck_"
SEEN_EVERY = timedelta(minutes=1)
SCOPES: dict[str, str | Promise] = {
    "customers:read": _("Read customers, their tags and consent"),
    "customers:write": _("Add and change customers, tags and consent"),
    "purchases:read": _("Read purchases and refunds"),
    "purchases:write": _("Add purchases and refunds"),
    "products:read": _("Read products"),
    "products:write": _("Add and change products"),
    "events:write": _("Report what customers do"),
    "answers:read": _("Read answers to surveys"),
    "answers:write": _("Send answers to surveys"),
    "cases:read": _("Read cases and their conversation"),
    "cases:write": _("Open and answer cases"),
    "imports:read": _("Read imports and their errors"),
    "imports:write": _("Upload, start and undo imports"),
    "exports:read": _("Fetch customers as files"),
}


def issue(
    name: str, *, user: User, scopes: Sequence[str], by: User, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token and its secret, which can be read this once only."""
    secret = f"{SIGN}{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name,
        prefix=secret[:9],
        digest=_digest(secret),
        scopes=[one for one in SCOPES if one in set(scopes)],
        user=user,
        expires_at=expires_at,
    )
    audit.record(by, AuditEntry.Action.CREATED, token, detail=f"as {user.role}: {' '.join(token.scopes)}")
    return token, secret


def revoke(token: ApiToken, *, by: User, at: datetime) -> bool:
    """End a token at once; False when it had ended already."""
    ended = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at)
    if ended:
        audit.record(by, AuditEntry.Action.DELETED, token)
    return bool(ended)


def recognise(secret: str, *, at: datetime) -> ApiToken | None:
    """The token with this secret, while it, and whom it acts as, are good."""
    if not secret.startswith(SIGN) or len(secret) > 100:
        return None
    good = ApiToken.objects.filter(digest=_digest(secret), revoked_at=None, user__is_active=True)
    token = good.filter(Q(expires_at=None) | Q(expires_at__gt=at)).select_related("user").first()
    if token and (token.last_used_at is None or token.last_used_at < at - SEEN_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token


def bearer(request: HttpRequest | Request) -> str:
    """The secret of the Authorization header, "" without one."""
    kind, _space, secret = get_authorization_header(request).decode("latin-1").partition(" ")  # type: ignore[arg-type]
    return secret.strip() if kind.lower() == "bearer" else ""


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer ck_…`; the request then acts as the token's member of staff."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        secret = bearer(request)
        if not secret:
            return None
        token = recognise(secret, at=timezone.now())
        if token is None:
            raise AuthenticationFailed(_("This token is not valid, or not any more."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="closeknit"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token of Settings → API."}
