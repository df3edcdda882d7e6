"""Whom an action means: the chosen ones or all that match, frozen when it is asked for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction

from crm import access
from crm.bulk_actions.kinds import Action
from crm.customer_list import Filters
from crm.models import BulkJob, BulkTarget, Customer, CustomerQuerySet, User

MOST_CHOSEN = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """Some customers of one reader: named one by one, or everybody whom the filters find."""

    filters: Filters
    chosen: tuple[str, ...] = ()
    everybody: bool = False

    @classmethod
    def read(cls, filters: Filters, ids: Sequence[str], everybody: bool) -> Selection:
        return cls(filters, tuple(dict.fromkeys(ids))[:MOST_CHOSEN], everybody)

    def people(self, user: User) -> CustomerQuerySet:
        among = access.customers(user).order_by()
        return self.filters.apply(among) if self.everybody else among.filter(public_id__in=self.chosen)


def ask(
    selection: Selection, action: Action, options: dict[str, object], *, by: User, key: uuid.UUID
) -> tuple[BulkJob, bool]:
    """Write the job and whom it means; the same key again gives the first job and False."""
    try:
        with transaction.atomic():
            job = BulkJob.objects.create(
                key=key,
                action=action.key,
                options=options,
                title=action.title(options)[:200],
                by=by,
                back=selection.filters.query()[:2000],
            )
            freeze(job, selection.people(by))
    except IntegrityError:
        return BulkJob.objects.get(key=key), False
    return job, True


def freeze(job: BulkJob, people: CustomerQuerySet) -> None:
    """One INSERT … SELECT: who matches later is not meant."""
    sql, params = people.order_by("pk").values("id").query.sql_with_params()
    table = connection.ops.quote_name(BulkTarget._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (job_id, customer_id) SELECT %s, found.id FROM ({sql}) found",
            [job.pk, *params],
        )
        job.total = cursor.rowcount
    job.save(update_fields=["total"])


def sample(people: CustomerQuerySet, size: int = 5) -> list[Customer]:
    return list(people.order_by("last_name", "first_name", "id")[:size])
