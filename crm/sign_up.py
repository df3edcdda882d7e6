"""Sign-up forms: what a form asks and says, what becomes of what somebody sends, and how often.

Nothing of it touches a customer before the link in the mail is confirmed (`crm.opt_in`). A form without that
step takes over at once whom nobody knew; for a known address it asks all the same, and answers the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import consent, custom_fields, ledger, opt_in, tagging, webhooks
from crm.models import (
    Business,
    Channel,
    ConsentWording,
    Customer,
    CustomField,
    Interaction,
    OptIn,
    Purpose,
    SignUpForm,
    Suppression,
)
from crm.privacy import identities

KIND = "form"
FIELDS: dict[str, str | Promise] = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "phone": gettext_lazy("Phone"),
    "birth_date": gettext_lazy("Date of birth"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
}
MUST = "!"  # Behind a field that may not stay empty.
WAYS = ("page", "counter", "embed")


@dataclass(frozen=True, slots=True)
class Question:
    key: str
    label: str
    required: bool
    own: CustomField | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A permission that the form asks for, in the words that are valid now."""

    purpose: str
    channel: str
    text: str
    version: ConsentWording | None

    @property
    def name(self) -> str:
        return f"{self.purpose}.{self.channel}"


def may_ask() -> list[Question]:
    """Everything a form can ask: usual fields and the shop's own, without sensitive ones."""
    own = custom_fields.plain()
    usual = [Question(key, str(label), required=False) for key, label in FIELDS.items()]
    return [*usual, *(Question(f"custom.{one.key}", one.label, required=False, own=one) for one in own)]


def questions(form: SignUpForm) -> list[Question]:
    """What this form asks besides the address, in the order of the form."""
    known = {one.key: one for one in may_ask()}
    asked = [(key.removesuffix(MUST), key.endswith(MUST)) for key in form.fields]
    return [Question(key, known[key].label, must, known[key].own) for key, must in asked if key in known]


def permissions() -> list[tuple[str, str]]:
    """All that a form can ask permission for, as choices."""
    channels = dict(Channel.choices)
    return [
        (f"{purpose.key}.{channel}", f"{purpose.label} · {channels[channel]}")
        for purpose in Purpose.objects.all()
        for channel in purpose.channels
        if channel in channels
    ]


def choices(form: SignUpForm, language: str) -> list[Choice]:
    """The permissions of this form with their newest wording in a language."""
    wanted = [tuple(name.partition(".")[::2]) for name in form.permissions]
    purposes = {one.key: one for one in Purpose.objects.filter(key__in=[key for key, _channel in wanted])}
    versions: dict[int, ConsentWording] = {}
    for one in ConsentWording.objects.filter(purpose__in=purposes.values(), language=language):
        if one.purpose_id not in versions or one.version > versions[one.purpose_id].version:
            versions[one.purpose_id] = one
    return [
        _choice(purposes[key], channel, versions.get(purposes[key].pk))
        for key, channel in wanted
        if key in purposes and channel in Channel.values
    ]


def _choice(purpose: Purpose, channel: str, version: ConsentWording | None) -> Choice:
    words = {"shop": Business.current().name, "what": purpose.label, "channel": Channel(channel).label}
    usual = (
        _("Yes, %(shop)s may contact me: %(what)s (%(channel)s). I can change my mind at any time.") % words
    )
    return Choice(purpose.key, channel, version.text if version else usual, version)


def say(form: SignUpForm, language: str) -> dict[str, str]:
    """The texts of a form in a language, with ours where the shop wrote none."""
    with translation.override(language):
        usual = {
            "title": _("Stay in touch with us"),
            "intro": "",
            "button": _("Sign up"),
            "thanks": _("Thank you!"),
        }
    own = {key: text for key, text in dict(form.texts.get(language) or {}).items() if text}
    return {**usual, **own}


def address(form: SignUpForm) -> str:
    return f"{settings.SITE_URL}{reverse('crm:join', args=[form.slug])}"


def count(form: SignUpForm, what: str) -> None:
    SignUpForm.objects.filter(pk=form.pk).update(**{what: F(what) + 1})


@transaction.atomic
def receive(  # noqa: PLR0913 - what somebody sent.
    form: SignUpForm,
    email: str,
    answers: Mapping[str, Any],
    agreed: list[Choice],
    *,
    language: str,
    way: str,
    at: datetime,
) -> None:
    """Take what somebody sent. The answer to them is the same whoever they are."""
    count(form, "sent")
    source = f"{KIND}:{form.pk}"
    proof = {
        "form": form.slug,
        "way": way,
        "versions": {one.name: one.version.pk for one in agreed if one.version},
    }
    known = Customer.objects.filter(email=email).exists() or _needs_proof(email)
    if form.double_opt_in or known:
        opt_in.request(
            email=email,
            wanted=[(one.purpose, one.channel) for one in agreed],
            wording="\n".join(one.text for one in agreed)[:2000],
            source=source,
            at=at,
            payload=answers,
            language=language,
            version=agreed[0].version if len(agreed) == 1 else None,
            proof=proof,
        )
        return
    person = apply(OptIn(address=email, language=language, source=source, payload=dict(answers)), at)
    for one in agreed:
        consent.grant(
            person, source=source, at=at, wording=one.text, purpose=one.purpose, channel=one.channel,
            version=one.version, proof=proof,
        )  # fmt: skip


def _needs_proof(email: str) -> bool:
    """Whether the address was erased or blocked: only a mail proves that its owner is back."""
    hashed = consent.email_hash(email)
    return identities.is_erased(email=email) or Suppression.objects.filter(email_hash=hashed).exists()


def apply(said: OptIn, at: datetime) -> Customer:
    """What a confirmed sign-up changes: who it is, the form's tags, a line in the ledger."""
    form = SignUpForm.objects.filter(pk=int(said.source.partition(":")[2] or 0)).first()
    known = (
        said.customer or Customer.objects.filter(email=said.address, erased_at=None).order_by("pk").first()
    )
    person = known or Customer(email=said.address, created_on=at.date())
    _fill(person, said.payload)
    person.language = person.language or said.language
    if form and not known:
        person.source = form.source or form.name
    person.prepare().save()
    if not known:
        consent.recall(person)
    webhooks.emit("customer.updated" if known else "customer.created", {"customer": person.public_id})
    if form:
        for tag in form.tags.all():
            tagging.add(person, tag.name, at=at, reason=form.name)
        count(form, "confirmed")
        _remember(person, form, at)
    return person


def _fill(person: Customer, answers: Mapping[str, Any]) -> None:
    custom = dict(person.custom)
    for key, value in answers.items():
        if value in (None, ""):
            continue
        if key.startswith("custom."):
            custom[key.removeprefix("custom.")] = value
        elif key == "birth_date":
            person.birth_date = date.fromisoformat(value)
        elif key in FIELDS:
            setattr(person, key, value)
    person.custom = custom


def _remember(person: Customer, form: SignUpForm, at: datetime) -> None:
    source = f"{KIND}:{form.pk}"
    key = f"{person.pk}:{at.isoformat()}"
    ledger.record(
        [
            Interaction(
                customer=person,
                kind="sign_up",
                at=at,
                source=source,
                key=key,
                subject=source,
                title=form.name,
            )
        ]
    )
