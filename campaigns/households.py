"""One mail per household: who of it gets the mail, and who is left out for that."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from crm.models import Customer, CustomerQuerySet, Group, GroupMember, Mailing, Message, Purchase
from crm.models.purchase import counting


def left_out(found: CustomerQuerySet, mailing: Mailing | None = None) -> QuerySet[Customer, int]:
    """The numbers of those who can be written to, but of whose household somebody else gets the mail.

    That one is the main contact, else who bought last. Who has a message of `mailing` already stays the one:
    a planning that was interrupted goes on as it began. Somebody of several households counts to the oldest.
    """
    mine = GroupMember.objects.filter(customer=OuterRef("pk"), group__kind=Group.Kind.HOUSEHOLD)
    sent = Message.objects.filter(mailing=mailing, customer=OuterRef("pk"))
    bought = Purchase.objects.filter(counting(), customer=OuterRef("pk")).order_by("-bought_at")
    consent = Customer.EmailConsent.GRANTED
    reachable = found.filter(email_consent=consent, suppressed_at=None).exclude(email="")
    people = reachable.filter(Exists(mine)).annotate(
        home=Subquery(mine.order_by("group").values("group")[:1]),
        main=Exists(mine.filter(is_main=True)),
        written=Exists(sent.exclude(state=Message.State.SKIPPED)),
        last=Subquery(bought.values("bought_at")[:1]),
    )
    place = Window(
        RowNumber(),
        partition_by=[F("home")],
        order_by=[F("written").desc(), F("main").desc(), F("last").desc(nulls_last=True), F("pk").asc()],
    )
    others: QuerySet[Customer, int] = (
        people.annotate(place=place).filter(place__gt=1).order_by().values_list("pk", flat=True)
    )
    return others
