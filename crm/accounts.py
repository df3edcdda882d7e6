"""Accounts of staff: the first owner, invitations, roles, and links to choose a password."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from crm import audit, outbox
from crm.errors import Refusal
from crm.models import Business, Customer, CustomerQuerySet, User

SOURCE = KIND = "account"
DEMO_EMAIL, DEMO_PASSWORD = "owner@example.com", "closeknit-demo"
RESET_PAUSE = 300  # Seconds in which one address gets one mail, however often somebody asks.


def set_up_code() -> str:
    """What the first owner of a public installation must know, so that no passer-by becomes the owner.

    Made of the secret key: whoever runs the server reads it with `manage.py set_up_code`.
    """
    code = salted_hmac("crm.accounts.set_up", "first owner", algorithm="sha256").hexdigest()[:12]
    return "-".join(code[at : at + 4] for at in (0, 4, 8))


@transaction.atomic
def create_first_owner(*, email: str, password: str, name: str, language: str) -> User:
    """Make the owner of a fresh installation; of two who try at once, one is refused."""
    Business.current()
    Business.objects.select_for_update().get(pk=1)  # One at a time, on both databases.
    if User.objects.exists():
        raise Refusal(_("This shop already has an owner. Please sign in."))
    return User.objects.create_user(email, password, name=name, language=language, role=User.Role.OWNER)


@transaction.atomic
def invite(
    *, email: str, name: str, role: str, language: str, at: datetime, scope: str = User.Scope.ALL
) -> User:
    """Set up an account and send a link to choose its password."""
    user = User.objects.create_user(
        email, None, name=name, role=role, scope=scope, language=language, invited_at=at
    )
    _send(user, "invite", at)
    return user


def invite_again(user: User, *, at: datetime) -> None:
    User.objects.filter(pk=user.pk).update(invited_at=at)
    _send(user, "invite", at)


def send_reset(email: str, *, at: datetime) -> None:
    """Send a link to choose a new password, if there is such an account; never says whether there is."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user:
        _send(user, "reset", at)


def _send(user: User, what: str, at: datetime) -> None:
    outbox.send_one(
        SOURCE,
        kind=KIND,
        key=f"{what}:{user.pk}:{int(at.timestamp() // RESET_PAUSE)}",
        to_email=user.email,
        name=_("Accounts of staff"),
        context={"what": what, "user": user.pk},
    )


def password_link(user: User) -> str:
    """The address where this user chooses a password; valid for some days and until it was used."""
    code = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("crm:password_choose", args=[code, default_token_generator.make_token(user)])
    return f"{settings.SITE_URL}{path}"


@transaction.atomic
def set_role(user: User, role: str) -> None:
    """Make somebody owner or staff; one owner always stays."""
    if role != User.Role.OWNER:
        _refuse_last_owner(user)
    User.objects.filter(pk=user.pk).update(role=role)


@transaction.atomic
def set_place(user: User, role: str, scope: str, *, at: datetime) -> None:
    """Give somebody a role and a scope; they get a mail about a new role. One owner always stays."""
    set_role(user, role)
    User.objects.filter(pk=user.pk).update(scope=scope)
    if role != user.role and user.is_active:
        _send(user, "role", at)


def end_sessions(user: User) -> None:
    """Sign out everywhere: sessions carry a mark of the account, which changes."""
    user.session_mark = secrets.token_hex(8)
    User.objects.filter(pk=user.pk).update(session_mark=user.session_mark)


def invitation_ends(user: User) -> datetime | None:
    """Until when the link of an invitation works; None when nothing is open."""
    if user.last_login or user.invited_at is None:
        return None
    return user.invited_at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


@transaction.atomic
def revoke(user: User) -> None:
    """Take back an invitation that nobody has followed yet."""
    if user.last_login or not User.objects.filter(pk=user.pk, last_login=None).exists():
        raise Refusal(_("This person has signed in already. Switch the account off instead."))
    _refuse_last_owner(user)
    with audit.passage():
        user.delete()


def is_solo(business: Business) -> bool:
    """Whether one person works alone, so that owners and scopes need not be shown."""
    if business.solo == Business.Solo.AUTO:
        return User.objects.filter(is_active=True).count() < 2
    return business.solo == Business.Solo.ON


def customers_by_owner(people: CustomerQuerySet) -> list[tuple[User | None, int]]:
    """How many of these customers each member looks after, the most first."""
    rows = people.order_by().values_list("owner").annotate(n=Count("pk")).order_by("-n")
    members = User.objects.in_bulk([pk for pk, _n in rows if pk])
    return [(members.get(pk), n) for pk, n in rows]


@transaction.atomic
def set_active(user: User, active: bool) -> None:
    """Let somebody in or out; who is out is signed out at the next click."""
    if not active:
        _refuse_last_owner(user)
    User.objects.filter(pk=user.pk).update(is_active=active)


def _refuse_last_owner(user: User) -> None:
    owners = User.objects.select_for_update().filter(role=User.Role.OWNER, is_active=True)
    if list(owners.order_by("pk").values_list("pk", flat=True)) == [user.pk]:
        raise Refusal(_("This is the only owner. Make somebody else owner first."))


def demo_login() -> tuple[str, str] | None:
    """The demo owner's login, while the demo shop is there, unchanged, and only seen on this machine."""
    if settings.SITE_HOST not in ("127.0.0.1", "localhost", "::1"):
        return None
    user = User.objects.filter(email=DEMO_EMAIL, is_active=True).first()
    if user is None or not Customer.objects.filter(is_demo=True).exists():
        return None
    mark = hashlib.sha256(user.password.encode()).hexdigest()[:32]  # Checking a password is slow on purpose.
    known = cache.get_or_set(f"demo-login:{mark}", lambda: user.check_password(DEMO_PASSWORD), 86_400)
    return (DEMO_EMAIL, DEMO_PASSWORD) if known else None
