"""A request sent twice with one Idempotency-Key does its work once and is answered alike.

The answer is remembered in the transaction of the work. A second request that comes meanwhile waits at the
unique key (PostgreSQL) or for the write lock (SQLite) and then finds the answer; work that failed leaves
nothing, so it can be tried again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from crm.api.problems import Problem
from crm.models import ApiToken, RememberedAnswer

HEADER = "Idempotency-Key"
REMEMBERED = timedelta(days=2)
KEY = re.compile(r"[\x21-\x7e]{1,255}")


class _Taken(Exception):
    """Another request has this key."""


def once(request: Request, token: ApiToken, work: Callable[[], Response]) -> Response:
    """Do the work in a transaction, or repeat what an equal request was answered."""
    key = request.headers.get(HEADER)
    if key is None:
        with transaction.atomic():
            return work()
    if not KEY.fullmatch(key):
        raise Problem("not_readable", _("An Idempotency-Key is 1 to 255 plain signs without spaces."))
    fingerprint = _fingerprint(request)
    try:
        with transaction.atomic():
            row = _begin(token, key, fingerprint)
            response = work()
            text = json.dumps(response.data, cls=JSONEncoder, ensure_ascii=False)
            RememberedAnswer.objects.filter(pk=row.pk).update(status=response.status_code, body=text)
            return response
    except _Taken:
        return _again(token, key, fingerprint)


def _begin(token: ApiToken, key: str, fingerprint: str) -> RememberedAnswer:
    try:
        with transaction.atomic():
            return RememberedAnswer.objects.create(token=token, key=key, fingerprint=fingerprint)
    except IntegrityError:
        raise _Taken from None


def _again(token: ApiToken, key: str, fingerprint: str) -> Response:
    known = RememberedAnswer.objects.filter(token=token, key=key).first()
    if known is None:  # Forgotten this very moment.
        raise Problem("refused", _("Please send the request again."))
    if known.fingerprint != fingerprint:
        raise Problem("key_reused", _("Use a new Idempotency-Key for another request."))
    return Response(
        json.loads(known.body or "null"), status=known.status, headers={"Idempotent-Replayed": "true"}
    )


def _fingerprint(request: Request) -> str:
    told = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    told.update(request._request.body)
    return told.hexdigest()


def forget(now: datetime) -> None:
    RememberedAnswer.objects.filter(at__lt=now - REMEMBERED).delete()
