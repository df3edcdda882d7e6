"""Take the invented shop away and leave everything that people made themselves."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from campaigns import snippets
from campaigns.demo import furnishing, groups, guidance, loading
from campaigns.models import Campaign, Link, MailTemplate, MessageEvent, Snippet
from crm import audit
from crm.consent import email_hash
from crm.models import (
    Business,
    Consent,
    Customer,
    CustomerTag,
    CustomField,
    Interaction,
    Mailing,
    Message,
    Product,
    Purchase,
    PurchaseLine,
    Refund,
    SandboxMail,
    Subscription,
    Suppression,
    Tag,
    User,
)
from feedback import reasking
from feedback.asking import running
from feedback.models import Answer, Invitation, Listener, Listening, Survey, Theme
from segments.models import (
    ClusterMember,
    CustomerFeatures,
    DriftAlarm,
    DriftReference,
    Following,
    HandPick,
    Membership,
    ModelTag,
    RfmChoice,
    ScoringRun,
    Segment,
    Touched,
)


def what_goes() -> dict[str, int]:
    """How much of everything would be removed."""
    people = Customer.objects.filter(is_demo=True)
    return {
        "customers": people.count(),
        "purchases": Purchase.objects.filter(_invented_sale("")).count(),
        "products": Product.objects.filter(is_demo=True).count(),
        "segments": Segment.objects.filter(is_demo=True).count(),
        "campaigns": Campaign.objects.filter(is_demo=True).count(),
        "surveys": Survey.objects.filter(is_demo=True).count(),
        "answers": Answer.objects.filter(customer__is_demo=True).count(),
    }


@transaction.atomic
def remove(*, keep_user: User | None) -> dict[str, int]:
    """Remove all that is invented. What people made and that needs an invented part keeps that part."""
    gone = what_goes()
    _letters()
    _answers()
    _sales()
    _people()
    _groups()
    guidance.remove_articles()
    furnishing.remove_senders()
    _profile(keep_user)
    if not Customer.objects.exists():
        for learned in (RfmChoice, DriftReference, DriftAlarm, Touched, Following):
            learned._default_manager.all().delete()
    return gone


def _invented_sale(path: str) -> Q:
    """Sales of the invented shop, and whatever was sold to its people since."""
    return Q(**{f"{path}key__startswith": "demo:"}) | Q(**{f"{path}customer__is_demo": True})


def _letters() -> None:
    theirs = Q(message__customer__is_demo=True) | Q(message__mailing__is_demo=True)
    MessageEvent.objects.filter(theirs).delete()
    Link.objects.filter(campaign__is_demo=True).delete()
    mailings = list(Campaign.objects.filter(is_demo=True).values_list("mailing_id", flat=True))
    Campaign.objects.filter(is_demo=True).delete()
    messages = Message.objects.filter(
        Q(customer__is_demo=True) | Q(mailing__is_demo=True) | Q(mailing__in=[pk for pk in mailings if pk])
    )
    SandboxMail.objects.filter(message__in=messages).delete()
    messages.delete()
    Mailing.objects.filter(Q(is_demo=True) | Q(pk__in=[pk for pk in mailings if pk])).delete()
    MailTemplate.objects.filter(is_demo=True).delete()
    needed = {one.pk for one in Snippet.objects.filter(is_demo=True) if snippets.users(one)}
    Snippet.objects.filter(is_demo=True).exclude(pk__in=needed).delete()


def _answers() -> None:
    Answer.objects.filter(customer__is_demo=True).delete()
    Invitation.objects.filter(customer__is_demo=True).delete()
    used = Campaign.objects.exclude(survey=None).values("survey")
    answered = Answer.objects.values("survey")
    demo = Survey.objects.filter(is_demo=True)
    demo.filter(Q(pk__in=used) | Q(pk__in=answered)).update(is_demo=False)
    Survey.objects.filter(is_demo=True).delete()
    # Mailings of single mails and of automatic questions open again with the next one.
    Mailing.objects.filter(kind__in=(running.KIND, reasking.KIND), messages=None).delete()
    if not Answer.objects.exclude(comment="").exists():
        for learned in (Listening, Listener, Theme):
            learned._default_manager.all().delete()


def _sales() -> None:
    Refund.objects.filter(_invented_sale("") | _invented_sale("purchase__")).delete()
    PurchaseLine.objects.filter(_invented_sale("purchase__")).delete()
    Purchase.objects.filter(_invented_sale("")).delete()
    Subscription.objects.filter(customer__is_demo=True).delete()
    demo = Product.objects.filter(is_demo=True)
    demo.filter(
        Q(pk__in=Subscription.objects.values("product"))
        | Q(pk__in=PurchaseLine.objects.exclude(product=None).values("product"))
        | Q(pk__in=Refund.objects.exclude(product=None).values("product"))
    ).update(is_demo=False)
    Product.objects.filter(is_demo=True).delete()


def _people() -> None:
    people = Customer.objects.filter(is_demo=True)
    hashes = [email_hash(one) for one in people.exclude(suppressed_at=None).values_list("email", flat=True)]
    Suppression.objects.filter(email_hash__in=hashes).delete()
    for model in (Interaction, Consent, CustomerTag, Membership, HandPick, CustomerFeatures, ClusterMember):
        model._default_manager.filter(customer__is_demo=True).delete()
    people.delete()
    CustomField.objects.filter(is_demo=True).delete()
    Tag.objects.filter(name__in=(*groups.TAGS, groups.CARE), uses=None).delete()
    idle = ModelTag.objects.filter(tag__isnull=False, tag__uses=None)
    Tag.objects.filter(pk__in=list(idle.values_list("tag_id", flat=True))).delete()
    ModelTag.objects.filter(
        tag=None, is_on=True, limit=None
    ).delete()  # They come again with the next refresh.
    if not Customer.objects.exists():
        ScoringRun.objects.exclude(state=ScoringRun.State.RUNNING).delete()


def _groups() -> None:
    """Segments go, except those that a campaign or a rule of the owner's still names."""
    needed = set(Campaign.include.through.objects.values_list("segment_id", flat=True))
    needed |= set(Campaign.exclude.through.objects.values_list("segment_id", flat=True))
    names = {one for segment in Segment.objects.filter(is_demo=False) for one in _named(segment.rule)}
    Segment.objects.filter(Q(pk__in=needed) | Q(slug__in=names), is_demo=True).update(is_demo=False)
    Segment.objects.filter(is_demo=True).delete()


def _named(rule: object) -> set[str]:
    """Short names of the segments that a rule refers to."""
    if isinstance(rule, dict):
        own = {rule["in_segment"]} if isinstance(rule.get("in_segment"), str) else set()
        return own.union(*(_named(one) for one in rule.values()))
    if isinstance(rule, list):
        return set().union(*(_named(one) for one in rule))
    return set()


def _profile(keep_user: User | None) -> None:
    """Forget the invented profile and accounts; somebody must still be able to sign in."""
    business = Business.current()
    if business.name == loading.NAME:
        fresh = Business()
        values = {name: getattr(fresh, name) for name in loading.PROFILE}
        Business.objects.filter(pk=1).update(**values, set_up_at=None)
    invented = User.objects.filter(email__in=(loading.OWNER, loading.STAFF))
    if keep_user:
        invented = invented.exclude(pk=keep_user.pk)
    others = User.objects.filter(role=User.Role.OWNER, is_active=True).exclude(pk__in=invented)
    if others.exists():
        with audit.passage():  # What they did stays; who did it is nobody now.
            invented.delete()
