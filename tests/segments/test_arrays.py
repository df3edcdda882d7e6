"""Reading for everyone: columns as arrays, days of the shop, and features switched in whole."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Customer, Purchase
from segments import arrays, days, features, shadow
from segments.models import CustomerFeatures
from segments.room import roomy
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db
TABLE = CustomerFeatures._meta.db_table


def described(customer: Customer, **more: object) -> CustomerFeatures:
    return CustomerFeatures.objects.create(customer=customer, as_of=date(2026, 1, 1), **more)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, TABLE)
    return {name for name, one in found.items() if one["index"]}


def test_columns_come_as_arrays_with_nan_where_nothing_is_known():
    described(make_customer(), revenue="12.5000", gap_days=None)
    described(make_customer(), revenue="-3.2500", gap_days=0.5)

    sql = f"SELECT customer_id, revenue, gap_days FROM {TABLE} WHERE revenue < %(most)s ORDER BY customer_id"
    ids, revenue, gap = arrays.read(sql, {"most": 100}, "iff")
    none = arrays.read(sql, {"most": -100}, "iff")

    assert ids.dtype == np.int64
    assert ids.tolist() == list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    assert revenue.tolist() == [12.5, -3.25]
    assert np.isnan(gap[0])
    assert gap[1] == 0.5
    assert [len(column) for column in none] == [0, 0, 0]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Shanghai", "America/St_Johns", "UTC"])
def test_days_in_arrays_are_those_of_sql(zone):
    ada, until = make_customer(), datetime(2026, 12, 31, tzinfo=UTC)
    for hours in range(0, 24 * 365, 601):
        make_purchase(
            ada, 1, at=datetime(2026, 1, 1, 0, 30, 59, 999_000, tzinfo=UTC) + timedelta(hours=hours)
        )
    table, key = Purchase._meta.db_table, ZoneInfo(zone)

    (seconds,) = arrays.read(f"SELECT {arrays.second_of('bought_at')} FROM {table} ORDER BY id", {}, "i")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {days.day_of('bought_at', key, until)} FROM {table} ORDER BY id")
        by_sql = [str(day) for (day,) in cursor.fetchall()]

    assert (
        np.datetime_as_string(arrays.days_of(seconds, key, until).astype("datetime64[D]")).tolist() == by_sql
    )


def test_the_switch_keeps_indexes_late_people_and_nobody_deleted(shop):
    stays, gone = make_customer(), make_customer()
    before = indexes()

    with shadow.shadow(filled=True):
        features.rebuild(date(2026, 1, 2), business=shop)
        late = make_customer()
        with connection.cursor() as cursor:  # By a follower, in the meantime.
            cursor.execute(
                f"INSERT INTO {shadow.live_table()} (customer_id, as_of, orders, revenue, refunds, rfm_group,"
                " cluster, stage) VALUES (%s, '2026-01-01', 7, 0, 0, '', '', '')",
                [late.pk],
            )
        Customer.objects.filter(pk=gone.pk).delete()
        shadow.publish()

    assert dict(CustomerFeatures.objects.values_list("customer_id", "orders")) == {stays.pk: 0, late.pk: 7}
    assert indexes() == before
    assert "features_by_clv" in before


@pytest.mark.skipif(connection.vendor == "postgresql", reason="is about SQLite's cache")
def test_room_is_given_back():
    names = ("cache_size", "mmap_size", "wal_autocheckpoint")

    def asked() -> list[int]:
        with connection.cursor() as cursor:
            return [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    before, inside = asked(), []

    with contextlib.suppress(ValueError), roomy():
        inside += asked()
        raise ValueError

    assert inside[1:] == [0, 0]
    assert asked() == before


def test_moments_after_the_last_known_change_keep_their_day():
    now = timezone.now()

    found = arrays.days_of(np.array([int(now.timestamp())]), ZoneInfo("UTC"), now)

    assert found.tolist() == [(now.date() - date(1970, 1, 1)).days]
