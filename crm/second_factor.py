"""The second step of signing in: codes of an authenticator app, and recovery codes for the day it is lost."""

from __future__ import annotations

import secrets
from datetime import datetime

import pyotp
import segno
from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import Business, RecoveryCode, SecondFactor, User

STEP = 30  # Seconds, as every app has it.
TRIES, PAUSE = 6, 300
CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # None that look alike.


def is_on(user: User) -> bool:
    return SecondFactor.objects.filter(user=user).exclude(confirmed_at=None).exists()


def begin(user: User) -> SecondFactor:
    """The secret to be shown until a code proves that the app has it."""
    factor, _made = SecondFactor.objects.get_or_create(user=user, defaults={"secret": pyotp.random_base32()})
    return factor


def picture(factor: SecondFactor, user: User) -> str:
    """The QR code for the app, as the address of a picture."""
    issuer = f"Closeknit {Business.current().name}".replace(":", " ")
    uri = pyotp.TOTP(factor.secret, name=user.email, issuer=issuer).provisioning_uri()
    return str(segno.make(uri, error="m").svg_data_uri(scale=5, light="#fff"))


@transaction.atomic
def confirm(user: User, code: str, *, at: datetime) -> list[str]:
    """Put the codes in force; returns fresh recovery codes, to be shown once."""
    factor = begin(user)
    if not _take(factor, user, code, at):
        raise Refusal(_("This code does not fit. Look at the app again; the code changes every half minute."))
    SecondFactor.objects.filter(pk=factor.pk, confirmed_at=None).update(confirmed_at=at)
    return renew_recovery(user)


def check(user: User, code: str, *, at: datetime) -> bool:
    """Whether this is the code of the app now, or an unused recovery code; each works once."""
    factor = SecondFactor.objects.filter(user=user).exclude(confirmed_at=None).first()
    if factor is None:
        return False
    return _take(factor, user, code, at) or _use_recovery(user, code, at)


def _take(factor: SecondFactor, user: User, code: str, at: datetime) -> bool:
    _count_try(user)
    given = "".join(code.split())
    now, totp = int(at.timestamp()) // STEP, pyotp.TOTP(factor.secret)
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(totp.at(step * STEP).encode(), given.encode()):
            fresh = SecondFactor.objects.filter(pk=factor.pk, used_step__lt=step)
            return fresh.update(used_step=step) == 1
    return False


def _use_recovery(user: User, code: str, at: datetime) -> bool:
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(user, code), used_at=None)
    return unused.update(used_at=at) == 1


def _count_try(user: User) -> None:
    """Six tries in five minutes; a million codes need years then."""
    key = f"second-factor:{user.pk}"
    if not cache.add(key, 1, PAUSE) and cache.incr(key) > TRIES:
        raise Refusal(_("Too many tries. Please wait five minutes."))


def forget_tries(user: User) -> None:
    cache.delete(f"second-factor:{user.pk}")


@transaction.atomic
def renew_recovery(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    raw = ["".join(secrets.choice(LETTERS) for _n in range(10)) for _code in range(CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(user, one)) for one in raw)
    return [f"{one[:5]}-{one[5:]}" for one in raw]


def recovery_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


@transaction.atomic
def switch_off(user: User) -> None:
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def _digest(user: User, code: str) -> str:
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return salted_hmac("crm.recovery_code", f"{user.pk}:{plain}", algorithm="sha256").hexdigest()
