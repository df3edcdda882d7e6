"""The merge itself: one transaction, everything written down before it is changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import audit, custom_fields, journal, signals, tagging, webhooks
from crm.duplicates import searching
from crm.errors import Refusal
from crm.merging import children, choosing, marks
from crm.merging.choosing import Wishes
from crm.models import (
    AuditEntry,
    BulkMerge,
    Customer,
    CustomerAlias,
    CustomerMerge,
    CustomerTag,
    DuplicateGroup,
    DuplicateMember,
    Journal,
    Message,
    User,
)
from crm.outbox import reasons

State = DuplicateGroup.State
Kind = CustomerAlias.Kind


@transaction.atomic
def merge(
    ids: Sequence[int],
    *,
    by: User | None,
    at: datetime,
    wishes: Wishes | None = None,
    group: DuplicateGroup | None = None,
    bulk: BulkMerge | None = None,
) -> CustomerMerge:
    """Make these customers one, the first of them staying; refuses when somebody was quicker."""
    wishes = wishes or Wishes()
    people = _locked(ids)
    survivor, losers = people[0], people[1:]
    done = CustomerMerge.objects.create(
        survivor=survivor.pk,
        merged_away=[one.pk for one in losers],
        group=group,
        bulk=bulk,
        merged_by=by,
        merged_at=at,
    )
    book = journal.begin(journal.Kind.MERGE, title=survivor.name, by=by, reference=str(done.pk))
    if group:
        _settle_group(book, group, by, at)
    journal.keep(book, Customer, [one.pk for one in people])
    tagging.forget_given([one.pk for one in people])
    _leave_out(book, [one.pk for one in people], wishes.without_tags)
    _one_mail_each(book, survivor.pk, [one.pk for one in losers])
    moved = children.take_over(book, Customer, survivor.pk, [one.pk for one in losers])
    _tidy_groups(book, survivor.pk, group)
    before = {one.pk: _keys(one) for one in people}
    choosing.apply(people, list(custom_fields.plain()), wishes.values)
    Customer.objects.filter(pk__in=[one.pk for one in losers]).delete()
    survivor.save()
    _remember(book, survivor, before)
    journal.seal(book)
    done.journal, done.left_as = book.pk, marks.of(done)
    done.save(update_fields=["journal", "left_as"])
    gone = [one.public_id for one in losers]
    webhooks.emit("customer.merged", {"customer": survivor.public_id, "merged": gone})
    audit.record(by, AuditEntry.Action.MERGED, survivor, count=len(losers), detail=f"{moved}")
    transaction.on_commit(lambda: signals.merged.send(sender=CustomerMerge, merge=done))
    return done


def _locked(ids: Sequence[int]) -> list[Customer]:
    """The people in the order asked for, nobody else writing them; refuses when one is gone."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) < 2:
        raise Refusal(_("Choose at least two people to merge."))
    found = {one.pk: one for one in Customer.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
    missing = len(wanted) - len(found)
    if missing:
        raise Refusal(
            ngettext(
                "Somebody was quicker: one of these people was merged or deleted meanwhile."
                " Nothing was changed.",
                "Somebody was quicker: %(count)d of these people were merged or deleted meanwhile."
                " Nothing was changed.",
                missing,
            )
            % {"count": missing}
        )
    if any(one.erased_at for one in found.values()):
        raise Refusal(_("An erased customer is nobody any more and cannot be merged."))
    return [found[pk] for pk in wanted]


def _settle_group(book: Journal, group: DuplicateGroup, by: User | None, at: datetime) -> None:
    """OPEN → MERGED, by one of those who try."""
    journal.keep(book, DuplicateGroup, [group.pk])
    ours = DuplicateGroup.objects.filter(pk=group.pk, state=State.OPEN)
    if not ours.update(state=State.MERGED, settled_at=at, settled_by=by):
        raise Refusal(_("Somebody was quicker: this group was decided meanwhile. Nothing was changed."))


def _leave_out(book: Journal, people: list[int], tags: Collection[int]) -> None:
    """Tags that the survivor shall not have."""
    unwanted = CustomerTag.objects.filter(customer__in=people, tag__in=list(tags))
    journal.keep(book, CustomerTag, list(unwanted.values_list("pk", flat=True)))
    unwanted.delete()


def _one_mail_each(book: Journal, winner: int, losers: list[int]) -> None:
    """Nobody gets a mailing twice because they were two people when it was planned."""
    State = Message.State
    taken = (State.QUEUED, State.SENDING, State.SENT, State.UNSURE)
    mailings = set(
        Message.objects.filter(customer=winner, state__in=taken).values_list("mailing_id", flat=True)
    )
    waiting = Message.objects.filter(customer__in=losers, state=State.QUEUED).order_by("pk")
    doubled = []
    for pk, mailing in waiting.values_list("pk", "mailing_id"):
        if mailing in mailings:
            doubled.append(pk)
        mailings.add(mailing)
    journal.keep(book, Message, doubled)
    Message.objects.filter(pk__in=doubled, state=State.QUEUED).update(
        state=State.SKIPPED, reason=reasons.DUPLICATE_ADDRESS
    )


def _tidy_groups(book: Journal, survivor: int, settled: DuplicateGroup | None) -> None:
    """Other open groups name the survivor now; one with a single person left has nothing to ask any more."""
    touched = DuplicateGroup.objects.filter(members__customer=survivor, state=State.OPEN)
    for group in touched.exclude(pk=settled.pk if settled else 0).annotate(n=Count("members")):
        members = list(DuplicateMember.objects.filter(group=group).values_list("customer_id", flat=True))
        key = searching.key_of(members)
        journal.keep(book, DuplicateGroup, [group.pk])
        if len(members) < 2 or DuplicateGroup.objects.filter(key=key).exclude(pk=group.pk).exists():
            rows = DuplicateMember.objects.filter(group=group)
            journal.keep(book, DuplicateMember, list(rows.values_list("pk", flat=True)))
            group.delete()
        else:
            DuplicateGroup.objects.filter(pk=group.pk).update(key=key)


def _keys(person: Customer) -> dict[str, str]:
    return {
        Kind.PUBLIC: person.public_id,
        Kind.NUMBER: person.external_id or "",
        Kind.EMAIL: person.email,
        Kind.PHONE: person.phone,
    }


def _remember(book: Journal, survivor: Customer, before: dict[int, dict[str, str]]) -> None:
    """Old keys of everybody stay known, so that later imports and links land on the survivor."""
    now = _keys(survivor)
    wanted = {
        (kind, value)
        for keys in before.values()
        for kind, value in keys.items()
        if value and value != now[kind]
    }
    known = set(CustomerAlias.objects.filter(customer=survivor).values_list("kind", "value"))
    rows = [
        CustomerAlias(kind=kind, value=value, customer=survivor) for kind, value in sorted(wanted - known)
    ]
    journal.created(book, CustomerAlias, [one.pk for one in CustomerAlias.objects.bulk_create(rows)])
