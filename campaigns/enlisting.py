"""The rows of a campaign: one for each person of the audience, written by the database itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Count, F, Value, When, Window
from django.db.models.functions import RowNumber

from campaigns import households
from crm.models import Customer, CustomerQuerySet, Mailing, Message
from crm.outbox import reasons

OWN = {
    "key": "'customer:' || r.id",
    "customer_id": "r.id",
    "to_email": "r.email",
    "state": "CASE WHEN r.why = '' THEN 'queued' ELSE 'skipped' END",
    "reason": "r.why",
}


def why(found: CustomerQuerySet, *, per_household: bool, mailing: Mailing | None = None) -> Case:
    """Why somebody of the audience cannot be written to, as a code; "" when they can."""
    consent = Customer.EmailConsent
    home = (
        [When(pk__in=households.left_out(found, mailing), then=Value(reasons.HOUSEHOLD))]
        if per_household
        else []
    )
    return Case(
        When(email="", then=Value(reasons.NO_ADDRESS)),
        When(email_consent=consent.UNKNOWN, then=Value(reasons.NO_CONSENT)),
        When(email_consent=consent.WITHDRAWN, then=Value(reasons.WITHDRAWN)),
        When(suppressed_at__isnull=False, then=Value(reasons.SUPPRESSED)),
        *home,
        default=Value(""),
        output_field=CharField(),
    )


def enlist(mailing: Mailing, found: CustomerQuerySet, *, per_household: bool, now: datetime) -> int:
    """Freeze the audience; who has a row already keeps it. Returns how many rows are new."""
    people = found.annotate(why=why(found, per_household=per_household, mailing=mailing)).order_by()
    sql, params = people.values_list(F("pk"), F("email"), F("why")).query.sql_with_params()
    table = connection.ops.quote_name(Message._meta.db_table)
    fixed = _fixed(mailing, now)
    columns = [*OWN, *fixed]
    values = [*OWN.values(), *("%s" for _column in fixed)]
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    statement = (
        f"WITH r (id, email, why) AS ({sql}) INSERT INTO {table} ({names}) SELECT {', '.join(values)} "
        "FROM r WHERE 1 = 1 ORDER BY r.id ON CONFLICT DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, *fixed.values()])
        new = int(cursor.rowcount)
    _one_per_address(mailing)
    return new


def _one_per_address(mailing: Mailing) -> None:
    """Of several with one address the first gets it, or who already has.

    Asked only of addresses that several customers have: sorting everybody costs more than writing the rows.
    """
    everybody = Customer.objects.exclude(email="").order_by().values("email")
    shared = everybody.annotate(n=Count("pk")).filter(n__gt=1).values("email")
    place = Window(RowNumber(), partition_by=[F("to_email")], order_by=[F("pk").asc()])
    reached = mailing.messages.exclude(state=Message.State.SKIPPED).filter(to_email__in=shared)
    others = reached.annotate(place=place).filter(place__gt=1, state=Message.State.QUEUED).order_by()
    Message.objects.filter(pk__in=others.values("pk")).update(
        state=Message.State.SKIPPED, reason=reasons.DUPLICATE_ADDRESS
    )


def _fixed(mailing: Mailing, now: datetime) -> dict[str, Any]:
    """What is the same in every row: the fields' own defaults, as the database takes them."""
    fresh = Message(mailing=mailing, priority=mailing.priority, not_before=now, planned_at=now)
    found: dict[str, Any] = {}
    for column in Message._meta.concrete_fields:
        if column.primary_key or column.column is None or column.column in OWN:
            continue
        value = getattr(fresh, column.attname)
        if value is not None:  # What is empty stays so by itself.
            found[column.column] = column.get_db_prep_save(value, connection)
    return found
