"""Secrets and sensitive values at rest: sealed with the newest of FIELD_KEYS, opened with any of them.

    password = EncryptedText(_("password"))     # A model field; Python sees the plain text.
    sealed = encryption.seal("…")               # For text that lies elsewhere; `encryption.open(sealed)`.

A sealed text begins with the name of its key, so that `crm.key_rotation` finds what an old one
sealed. Such columns cannot be searched or compared: every sealing of the same text looks different.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup, Transform
from django.utils.translation import gettext as _

from crm.errors import Refusal

SIGN = "ck1:"  # What every sealed text begins with; a later way of sealing gets another number.
WITHIN = re.compile(r"ck1:[0-9a-f]{8}:[A-Za-z0-9_=-]+")  # Sealed texts in a longer one.


class Unreadable(Refusal):
    """None of the keys in FIELD_KEYS opens this value."""


def seal(text: str) -> str:
    """The text, readable only with a key; "" stays "", so that emptiness can be asked for."""
    return prefix() + _ring(settings.FIELD_KEYS).encrypt(text.encode()).decode() if text else ""


def open(sealed: str) -> str:  # noqa: A001 - the opposite of sealing.
    """What was sealed, with whichever key."""
    if not sealed:
        return ""
    try:
        _sign, _key, token = sealed.split(":")
        return _ring(settings.FIELD_KEYS).decrypt(token).decode()
    except (ValueError, InvalidToken):
        raise Unreadable(
            _("A value is encrypted with a key that FIELD_KEYS does not hold. Put the old key back.")
        ) from None


def seal_anew(text: str) -> str:
    """The same with every sealed text in it sealed by the newest key."""

    def anew(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith(prefix()) else seal(open(found[0]))

    return WITHIN.sub(anew, text)


def is_sealed(text: str) -> bool:
    return text.startswith(SIGN)


def sealed_value(value: Any) -> str:
    """A value of JSON as sealed text that can stand in its place."""
    return value if isinstance(value, str) and is_sealed(value) else seal(json.dumps(value))


def open_value(value: Any) -> Any:
    """The value behind such a text; any other one, and one that no key opens, as it is."""
    if not isinstance(value, str) or not is_sealed(value):
        return value
    try:
        return json.loads(open(value))
    except (Unreadable, ValueError):
        return value


def prefix() -> str:
    """What texts sealed with the newest key begin with."""
    return f"{SIGN}{key_name(_keys(settings.FIELD_KEYS)[0])}:"


def key_name(key: str) -> str:
    """A short name that tells keys apart and gives nothing away."""
    return hashlib.sha256(b"closeknit.field_key:" + key.encode()).hexdigest()[:8]


def key_names() -> list[str]:
    """The names of all keys, newest first."""
    return [key_name(key) for key in _keys(settings.FIELD_KEYS)]


def _keys(field_keys: str) -> list[str]:
    return [key.strip() for key in field_keys.split(",") if key.strip()]


@cache
def _ring(field_keys: str) -> MultiFernet:
    return MultiFernet([Fernet(_fernet_key(key)) for key in _keys(field_keys)])


def _fernet_key(key: str) -> bytes:
    """A Fernet key as it is; any other text is hashed into one, so that a long passphrase serves too."""
    try:
        if len(base64.urlsafe_b64decode(key)) == 32:
            return key.encode()
    except (ValueError, binascii.Error):
        pass
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())


class EncryptedText(models.TextField):  # type: ignore[type-arg]
    """Text that lies encrypted in the database and is plain in Python; found by `rotate_keys` by itself."""

    def get_prep_value(self, value: Any) -> Any:
        return seal(str(value)) if value else value

    def from_db_value(
        self, value: str | None, expression: Any, connection: BaseDatabaseWrapper
    ) -> str | None:
        return open(value) if value else value

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]] | None:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError("Encrypted text cannot be searched or compared.")

    def get_transform(self, lookup_name: str) -> type[Transform] | None:
        return None
