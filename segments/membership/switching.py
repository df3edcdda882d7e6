"""Memberships switched in whole: a rule is asked once, then who fits enters and who does not leaves."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from crm import bulk
from crm.models import Customer, CustomerQuerySet, CustomerTag
from segments.ahead import Ids
from segments.at_hand import only, within
from segments.models import CustomerFeatures, Membership, Segment
from segments.rules.compile import to_q
from segments.rules.moment import Moment
from segments.rules.preview import planned_well
from segments.rules.tree import Node

MEMBERSHIPS = f'"{Membership._meta.db_table}"'


def drop_strays() -> int:
    """Take away what a refresh was writing about people in the moment in which they were deleted."""
    if connection.vendor != "postgresql":
        return 0  # Its tables still carry their constraints.
    people = connection.ops.quote_name(Customer._meta.db_table)
    gone = f"NOT EXISTS (SELECT 1 FROM {people} c WHERE c.id = t.customer_id)"
    tables = (one._meta.db_table for one in (Membership, CustomerFeatures, CustomerTag))
    return sum(_run(f'DELETE FROM "{table}" t WHERE {gone}') for table in tables)


def switch(
    segment: Segment, node: Node | None, moment: Moment, at: datetime, known: Ids | None = None
) -> int:
    """Rebuild one segment by its rule (a list kept by hand: only count it); returns how many are inside, or,
    for the few at hand of `moment`, whether it is still there.

    `known`: whom the rule found a moment ago.
    """
    with transaction.atomic(), planned_well():
        if Segment.objects.select_for_update().filter(pk=segment.pk).first() is None:
            return 0  # Somebody deleted it in the meantime.
        if node is not None:
            _find(only(Customer.objects.filter(to_q(node, moment)), "pk", moment.few), known)
            more = _enter(segment, at, moment.few)
            if moment.few or _holds_more_than_fit(segment):
                more -= _leave(segment, at, moment.few)
            _run("DROP TABLE found_members")
        if moment.few:
            return Segment.objects.filter(pk=segment.pk).update(member_count=F("member_count") + more)
        return count(segment, at)


def _find(found: CustomerQuerySet, known: Ids | None) -> None:
    """Ask the rule once; who fits stands once in a table of this transaction, however many they are."""
    _run(f"CREATE TEMPORARY TABLE found_members (id {bulk.filled_key()})")
    if known is None:
        ids = found.order_by().values("id")
        if connection.vendor == "postgresql":
            ids = ids.distinct()
        sql, params = ids.query.sql_with_params()
        _run(
            f"INSERT INTO found_members {sql} {'' if ids.query.distinct else 'ON CONFLICT DO NOTHING'}",
            params,
        )
    else:  # Somebody may have been deleted since.
        bulk.write_table("found_members", ["id"], ((pk,) for pk in known))
        people = connection.ops.quote_name(Customer._meta.db_table)
        _run(f"DELETE FROM found_members WHERE id NOT IN (SELECT id FROM {people})")
    bulk.filled("found_members", "id")


def _enter(segment: Segment, at: datetime, few: bool) -> int:
    """Who fits and is not inside yet.

    PostgreSQL may believe that memberships are few, counted while they were, and look through them for each
    person; a difference of two sets it always makes in one pass. To be ready for a conflict costs it a third
    of the time, and there is one only if people were merged in this very moment.
    """
    is_many = connection.vendor == "postgresql" and not few
    moment_type = "timestamptz" if connection.vendor == "postgresql" else "text"
    inside = f"SELECT m.customer_id FROM {MEMBERSHIPS} m WHERE m.segment_id = %s AND m.left_at IS NULL"
    if is_many:
        new = f"(SELECT id FROM found_members EXCEPT {inside}) f ORDER BY f.id"  # As the indexes lie.
    else:
        new = f"found_members f WHERE NOT EXISTS ({inside} AND m.customer_id = f.id)"
    sql = (
        f"INSERT INTO {MEMBERSHIPS} (segment_id, customer_id, entered_at)"
        f" SELECT %s, f.id, CAST(%s AS {moment_type}) FROM {new}"
    )
    params = [segment.pk, connection.ops.adapt_datetimefield_value(at), segment.pk]
    if is_many:
        with contextlib.suppress(IntegrityError), transaction.atomic():
            return _run(sql, params)
    return _run(f"{sql} ON CONFLICT DO NOTHING", params)


def _leave(segment: Segment, at: datetime, few: bool) -> int:
    """Who is inside and fits no more."""
    return _run(
        f"UPDATE {MEMBERSHIPS} SET left_at = %s WHERE segment_id = %s AND left_at IS NULL"
        f" AND NOT EXISTS (SELECT 1 FROM found_members f WHERE f.id = {MEMBERSHIPS}.customer_id)"
        f"{within('customer_id', few)}",
        [connection.ops.adapt_datetimefield_value(at), segment.pk],
    )


def _holds_more_than_fit(segment: Segment) -> bool:
    """Whoever fits is inside by now; as many inside as fit, and nobody need be looked for who leaves."""
    inside = f"SELECT COUNT(*) FROM {MEMBERSHIPS} WHERE segment_id = %s AND left_at IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({inside}) > (SELECT COUNT(*) FROM found_members)", [segment.pk])
        return bool(cursor.fetchone()[0])


def _run(sql: str, params: Sequence[Any] = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return int(cursor.rowcount)


def count(segment: Segment, at: datetime) -> int:
    segment.member_count = Membership.objects.filter(segment=segment, left_at=None).count()
    segment.refreshed_at, segment.error = at, ""
    segment.save(update_fields=["member_count", "refreshed_at", "error"])
    return segment.member_count
