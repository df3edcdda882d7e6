"""Double opt-in: a yes counts, and a form's answers are taken over, once the link in a mail was confirmed.

    waiting = opt_in.request(email="mia@…", wanted=[("marketing", "email")], wording="…", source="form:7",
                             at=now, payload={"first_name": "Mia", "tags": ["tea"]})
    opt_in.register("form", apply)          # In AppConfig.ready(): apply(opt_in, at) gives the customer.

Nothing tells whoever asks whether the address is known. The link is made when the mail is written and kept
nowhere. Somebody who was erased comes back this way: they alone can confirm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer, b62_decode, b62_encode
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Sum

from crm import addresses, consent, ledger, outbox, webhooks
from crm.models import Consent, ConsentWording, Customer, Interaction, Message, OptIn
from crm.privacy import identities

KIND = "opt_in"
DAYS = 7  # A link works so long …
KEPT = timedelta(
    days=30
)  # … and can be renewed so long after that; then what was never confirmed is deleted.
PAUSE = timedelta(minutes=5)
MAILS = 3  # A day for each wish, the first one included, …
MAILS_A_DAY = 6  # … and for an address, whoever typed it into how many forms.
State = OptIn.State
type Apply = Callable[[OptIn, datetime], Customer]
type Wanted = Collection[tuple[str, str]]

_appliers: dict[str, Apply] = {}


def register(kind: str, apply: Apply) -> None:
    """Say what confirming does for sources "kind:…": make or change the customer by `payload`, return them.

    It runs within the transaction of the confirmation, may find `opt_in.customer` empty, and must not ask
    whether the person was erased: they have just come back. A `Refusal` leaves everything as it was.
    """
    _appliers[kind] = apply


def request(  # noqa: PLR0913 - what evidence consists of.
    *,
    email: str,
    wanted: Wanted,
    wording: str,
    source: str,
    at: datetime,
    customer: Customer | None = None,
    payload: Mapping[str, Any] | None = None,
    language: str = "",
    version: ConsentWording | None = None,
    proof: Mapping[str, Any] | None = None,
) -> OptIn:
    """Write to this address that the yes to `wanted` [(purpose, channel), …] must be confirmed.

    The same address from the same source waits once, with what was said last. ValueError when nobody can have
    such an address.
    """
    address = addresses.normalise(email)
    if not address:
        raise ValueError(email)
    values = {
        "customer": customer or _known(address), "language": language[:10], "wording": wording[:2000],
        "wanted": [list(pair) for pair in wanted], "version": version, "proof": dict(proof or {}),
        "payload": dict(payload or {}), "asked_at": at, "expires_at": at + timedelta(days=DAYS),
    }  # fmt: skip
    waiting = _stored(address, source, values)
    send(waiting, at)
    return waiting


def _known(address: str) -> Customer | None:
    return Customer.objects.filter(email=address, erased_at=None).order_by("pk").first()


def _stored(address: str, source: str, values: dict[str, Any]) -> OptIn:
    mine: dict[str, Any] = {"address": address, "source": source, "state": State.WAITING}
    try:
        with transaction.atomic():
            return OptIn.objects.update_or_create(**mine, defaults=values)[0]
    except IntegrityError:  # Sent twice in the same moment.
        return OptIn.objects.update_or_create(**mine, defaults=values)[0]


@transaction.atomic
def send(opt_in: OptIn, at: datetime) -> bool:
    """Queue the mail with the link, within limits; False when it must wait or was sent often enough."""
    if _sent_today(opt_in.address, at) >= MAILS_A_DAY:
        return False
    mine = OptIn.objects.filter(pk=opt_in.pk, state=State.WAITING)
    mine.filter(sent_at__lte=at - timedelta(days=1)).update(sent_count=0)
    rested = mine.filter(sent_count__lt=MAILS).exclude(sent_at__gt=at - PAUSE)
    if not rested.update(sent_count=F("sent_count") + 1, sent_at=at):
        return False
    opt_in.refresh_from_db()
    outbox.send_one(
        KIND,
        kind=KIND,
        key=f"{opt_in.pk}:{opt_in.sent_count}:{int(at.timestamp())}",
        to_email=opt_in.address,
        name="Double opt-in",
        customer=opt_in.customer,
        context={"opt_in": opt_in.pk},
    )  # The key: a counter alone begins anew each day.
    if opt_in.customer:
        _pend(opt_in, opt_in.customer, at)
    return True


def _sent_today(address: str, at: datetime) -> int:
    lately = OptIn.objects.filter(address=address, sent_at__gt=at - timedelta(days=1))
    return int(lately.aggregate(n=Sum("sent_count"))["n"] or 0)


def _pend(opt_in: OptIn, customer: Customer, at: datetime) -> None:
    for purpose, channel in opt_in.wanted:
        consent.pend(customer, _evidence(opt_in, customer, purpose, channel, at))


def _evidence(opt_in: OptIn, customer: Customer, purpose: str, channel: str, at: datetime) -> Consent:
    return Consent(
        customer=customer, purpose=purpose, channel=channel, action=Consent.Action.ASKED,
        source=opt_in.source, wording=opt_in.wording[:400], version=opt_in.version,
        proof=_proof(opt_in), at=at,
    )  # fmt: skip


def _proof(opt_in: OptIn, **more: Any) -> dict[str, Any]:
    hashed = {"address_sha256": consent.email_hash(opt_in.address)}
    return {**opt_in.proof, "opt_in": opt_in.pk, **hashed, "asked_at": opt_in.asked_at.isoformat(), **more}


def confirm(opt_in: OptIn, *, at: datetime, proof: Mapping[str, Any] | None = None) -> bool:
    """The person said yes by the link in the mail; True when that changed something. May be repeated."""
    with transaction.atomic():
        mine = OptIn.objects.filter(pk=opt_in.pk, state=State.WAITING, expires_at__gt=at)
        if not mine.update(state=State.CONFIRMED, confirmed_at=at):
            return False
        opt_in.refresh_from_db()
        _welcome_back(opt_in)
        asked_before = opt_in.customer_id
        customer = _appliers.get(opt_in.source.partition(":")[0], _plain)(opt_in, at)
        _grant(opt_in, customer, at, dict(proof or {}), tell_of_asking=customer.pk != asked_before)
        OptIn.objects.filter(pk=opt_in.pk).update(customer=customer, payload={})
        messages(opt_in).update(customer=customer)
    opt_in.refresh_from_db()
    return True


def _grant(
    opt_in: OptIn, customer: Customer, at: datetime, proof: dict[str, Any], *, tell_of_asking: bool
) -> None:
    for purpose, channel in opt_in.wanted:
        if tell_of_asking:
            _evidence(opt_in, customer, purpose, channel, opt_in.asked_at).save()
        consent.grant(
            customer, source=opt_in.source, at=at, wording=opt_in.wording, purpose=purpose, channel=channel,
            version=opt_in.version, proof=_proof(opt_in, confirmed_at=at.isoformat(), **proof),
        )  # fmt: skip
    entry = Interaction(
        customer=customer, kind="consent", at=at, source=f"opt_in:{opt_in.pk}", key="confirmed",
        subject=opt_in.source, properties={"granted": True, "double_opt_in": True},
    )  # fmt: skip
    ledger.record([entry])


def _welcome_back(opt_in: OptIn) -> None:
    """Lift an erasure of this address; of a number beside it only then, since only the address is proven."""
    if identities.is_erased(email=opt_in.address):
        phone = str(opt_in.payload.get("phone") or "")
        identities.lift(Customer(email=opt_in.address, phone=phone))


def _plain(opt_in: OptIn, at: datetime) -> Customer:
    """Where nobody registered: whoever has the address, else somebody new of whom only that is known."""
    if found := opt_in.customer or _known(opt_in.address):
        return found
    fresh = Customer(email=opt_in.address, language=opt_in.language, source=opt_in.source).prepare()
    fresh.save()
    consent.recall(fresh)
    webhooks.emit("customer.created", {"customer": fresh.public_id})
    return fresh


def renew(opt_in: OptIn, at: datetime) -> bool:
    """A new link for one that ended, within the same limits a day; True when a mail goes out."""
    ended = OptIn.objects.filter(pk=opt_in.pk, state__in=[State.WAITING, State.LAPSED], expires_at__lte=at)
    try:
        with transaction.atomic():
            ended.update(state=State.WAITING, expires_at=at + timedelta(days=DAYS))
    except IntegrityError:  # A newer one waits already: that one is sent again.
        newer = OptIn.objects.filter(address=opt_in.address, source=opt_in.source, state=State.WAITING)
        return send(newer.get(), at)
    opt_in.refresh_from_db()
    return send(opt_in, at)


def waiting(customer: Customer, at: datetime) -> QuerySet[OptIn]:
    """What this customer has not confirmed yet."""
    return OptIn.objects.filter(customer=customer, state=State.WAITING, expires_at__gt=at)


def messages(opt_in: OptIn) -> QuerySet[Message]:
    """The mails that asked for this confirmation."""
    ours = Message.objects.filter(mailing__source=KIND, mailing__kind=KIND)
    return ours.filter(key__startswith=f"{opt_in.pk}:")


def _signer() -> Signer:
    return Signer(sep=".", salt="crm.opt_in")


def link(opt_in: OptIn) -> str:
    return f"{settings.SITE_URL}/confirm/{_signer().sign(b62_encode(opt_in.pk))}"


def read(token: str) -> OptIn | None:
    """Whose link this is; None when it is not ours or nothing is kept of it."""
    try:
        number = b62_decode(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None
    return OptIn.objects.select_related("customer").filter(pk=number).first()


def has_ended(opt_in: OptIn, at: datetime) -> bool:
    return opt_in.state == State.LAPSED or (opt_in.state == State.WAITING and opt_in.expires_at <= at)


def lapse_old(now: datetime) -> None:
    """The nightly chore: a yes that never came is as if nobody had asked; later nothing is left of it."""
    ended = OptIn.objects.filter(state=State.WAITING, expires_at__lte=now).select_related("customer")
    for one in ended.iterator(chunk_size=500):
        OptIn.objects.filter(pk=one.pk, state=State.WAITING, expires_at__lte=now).update(state=State.LAPSED)
        if one.customer:
            for purpose, channel in one.wanted:
                consent.lapse(one.customer, purpose, channel)
    for one in OptIn.objects.filter(state=State.LAPSED, expires_at__lte=now - KEPT).iterator(chunk_size=500):
        forget(one)


@transaction.atomic
def forget(opt_in: OptIn) -> None:
    messages(opt_in).filter(customer=None).delete()
    opt_in.delete()


def forget_people(customers: Collection[int]) -> int:
    """For an erasure: wishes of these addresses that do not hang on the customer yet."""
    known = Customer.objects.filter(pk__in=customers).exclude(email="").values("email")
    found = list(OptIn.objects.filter(address__in=known, customer=None))
    for one in found:
        forget(one)
    return len(found)
