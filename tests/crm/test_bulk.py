"""Many rows into a table at once."""

from __future__ import annotations

import sys

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm import bulk
from segments.beside import SWITCH_SECONDS, beside

pytestmark = pytest.mark.django_db


@pytest.fixture
def table():
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE figures (id {bulk.filled_key()}, name text, worth integer)")
    yield "figures"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE figures")


@pytest.mark.parametrize("count", [0, 1, 300, 301, 1000])
def test_every_row_is_written_once_and_in_its_columns(table, count):
    rows = [(number, f"n{number}", None if number % 2 else number * 3) for number in range(count)]

    bulk.write_table(table, ["id", "name", "worth"], iter(rows))
    bulk.filled(table, "id")

    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, worth FROM figures ORDER BY id")
        assert cursor.fetchall() == rows


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL copies")
def test_a_statement_takes_hundreds_of_rows_as_it_gives_the_lock_away(table):
    with CaptureQueriesContext(connection) as asked:
        bulk.write_table(table, ["id", "name", "worth"], [(n, "", 0) for n in range(900)])

    assert len(asked) == 3


def test_more_columns_than_a_statement_takes_go_row_by_row():
    with connection.cursor() as cursor:
        columns = [f"c{place}" for place in range(901)]
        cursor.execute(f"CREATE TEMPORARY TABLE wide ({', '.join(f'{one} integer' for one in columns)})")
        bulk.write_table("wide", columns, [range(901), range(901)])
        cursor.execute("SELECT COUNT(*), SUM(c900) FROM wide")
        assert cursor.fetchone() == (2, 1800)
        cursor.execute("DROP TABLE wide")


@pytest.mark.django_db(transaction=True)
def test_threads_change_places_quickly_only_while_there_are_two():
    before = sys.getswitchinterval()

    with beside():
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)

    assert sys.getswitchinterval() == before
