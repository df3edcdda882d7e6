"""Triggers that note whom a change touches, so that segments can follow without asking everybody.

They stand in the database, as rows are also written by imports, merges and undoing, in bulk and past the ORM.
SQLite runs them per row, PostgreSQL once per statement. They are made anew after each `migrate`, because
SQLite loses those of a table that a migration copies; the name of each carries a digest of what it does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Model

from crm.models import (
    Customer,
    CustomerTag,
    Interaction,
    Product,
    Purchase,
    PurchaseLine,
    Refund,
    Subscription,
)
from segments.models import HandPick, Membership, Segment, Touched

PREFIX = "touched_"
UNASKED = "('note', 'consent', 'stage')"  # Kinds of the ledger that no rule can ask for.
# Who gives tags by model sorts these customers anew at once: a million notes of them would tell nobody.
BY_HAND = "{row}.source <> 'model'"
TAG = ("customer_id", "tag_id", "weight", "tagged_at", "source")
PERSON = (
    "country", "city", "language", "gender", "source", "birth_date", "created_on", "email", "phone",
    "first_name", "last_name", "email_consent", "custom", "erased_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watch:
    """What a change of `table` touches: `who` is a column that names somebody `via` customer or purchase.

    `what` and `when` are SQL in which `{row}` stands for the row; `columns` are those that matter. Rows that
    come or go tell `comes` and `goes` instead of `what`; an empty text means that they tell nothing.
    """

    model: type[Model]
    who: str
    columns: Sequence[str]
    what: str
    via: str = Touched.Via.CUSTOMER
    when: str = ""
    comes: str | None = None
    goes: str | None = None


def _watched() -> tuple[Watch, ...]:
    askable = f"{{row}}.kind NOT IN {UNASKED}"
    by_hand = (
        f"EXISTS (SELECT 1 FROM {_table(Segment)} s WHERE s.id = {{row}}.segment_id AND s.kind = 'static')"
    )
    return (
        Watch(Customer, "id", PERSON, "'profile'", comes="'new'", goes="'gone'"),
        Watch(
            Purchase,
            "customer_id",
            ("customer_id", "bought_at", "charged", "refunded", "status", "channel", "coupon"),
            "'purchase'",
        ),
        Watch(
            PurchaseLine,
            "purchase_id",
            ("purchase_id", "product_id", "quantity", "amount"),
            "'purchase'",
            Touched.Via.PURCHASE,
        ),
        Watch(
            Refund,
            "customer_id",
            ("customer_id", "purchase_id", "product_id", "quantity", "amount", "refunded_at", "number"),
            "'refund'",
        ),
        Watch(
            Interaction,
            "customer_id",
            ("customer_id", "kind", "at", "subject", "title", "metric", "number", "properties"),
            "'did:' || {row}.kind",
            when=askable,
        ),
        Watch(CustomerTag, "customer_id", TAG, "'tag'", when=BY_HAND),
        Watch(
            Subscription,
            "customer_id",
            ("customer_id", "product_id", "state", "renews_on"),
            "'subscription'",
        ),
        Watch(
            Product, "id", ("sku", "name", "category"), "'purchase'", Touched.Via.PRODUCT, comes="", goes=""
        ),
        Watch(Membership, "customer_id", ("customer_id", "left_at"), "'list'", when=by_hand, goes=""),
        Watch(HandPick, "customer_id", ("customer_id", "included", "ended_at"), "'list'"),
    )


def install() -> None:
    """Make what is missing and drop what is out of date; nothing is done where all stand.

    A database that was taken back to earlier migrations lacks tables, so it gets none.
    """
    tables = set(connection.introspection.table_names())
    needed = {watch.model._meta.db_table for watch in _watched()} | {Touched._meta.db_table}
    wanted = dict(_triggers()) if needed <= tables else {}
    there = _standing()
    with connection.cursor() as cursor:
        for name, table in there.items():
            if name not in wanted:
                _drop(cursor, name, table)
        for name, statements in wanted.items():
            for statement in statements if name not in there else ():
                cursor.execute(statement)


def uninstall() -> None:
    """Drop all."""
    with connection.cursor() as cursor:
        for name, table in _standing().items():
            _drop(cursor, name, table)


def is_complete() -> bool:
    """Whether every trigger stands; a database restored without them must not pass for up to date."""
    return set(dict(_triggers())) <= set(_standing())


def _standing() -> dict[str, str]:
    if connection.vendor == "postgresql":
        sql = (
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = current_schema() AND t.tgname LIKE %s"
        )
    else:
        sql = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [PREFIX.replace("_", r"\_") + "%"] if _postgres() else [PREFIX + "%"])
        return dict(cursor.fetchall())


def _drop(cursor: Any, name: str, table: str) -> None:
    if _postgres():
        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
        cursor.execute(f'DROP FUNCTION IF EXISTS "{name}"()')
    else:
        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')


def _triggers() -> Iterator[tuple[str, list[str]]]:
    """(name, statements that make it)."""
    make = _for_postgres if _postgres() else _for_sqlite
    for watch in _watched():
        for event in ("insert", "update", "delete"):
            told = {"insert": watch.comes, "delete": watch.goes}.get(event)
            if told == "":
                continue
            body = make(watch, event, told or watch.what)
            digest = hashlib.sha256(repr(body).encode()).hexdigest()[:8]
            name = f"{PREFIX}{watch.model._meta.model_name}_{event}_{digest}"
            yield name, [statement.replace("{name}", f'"{name}"') for statement in body]


def _for_sqlite(watch: Watch, event: str, what: str) -> list[str]:
    rows = {"insert": ["NEW"], "delete": ["OLD"], "update": ["OLD", "NEW"]}[event]
    told = " UNION ".join(_told(watch, what, row) for row in rows)
    on, when = event.upper(), ""
    if event == "update":
        on = f"UPDATE OF {', '.join(_names(watch))}"
        when = f" WHEN {' OR '.join(f'OLD.{name} IS NOT NEW.{name}' for name in _names(watch))}"
    if watch.via == Touched.Via.PURCHASE and event == "insert":
        told += f" AND NOT {_just_told(watch, what)}"
    insert = f"INSERT INTO {_table(Touched)} (what, via, number) {told}"
    return [f"CREATE TRIGGER {{name}} AFTER {on} ON {_table(watch.model)}{when} BEGIN {insert}; END"]


def _just_told(watch: Watch, what: str) -> str:
    """Whether the newest change is the same: the lines of an order come one after the other."""
    touched = _table(Touched)
    same = f"what = {what} AND via = '{watch.via}' AND number = NEW.\"{watch.who}\""
    return f"EXISTS (SELECT 1 FROM {touched} WHERE id = (SELECT MAX(id) FROM {touched}) AND {same})"


def _for_postgres(watch: Watch, event: str, what: str) -> list[str]:
    sources = {"insert": ["fresh"], "delete": ["past"], "update": ["past", "fresh"]}[event]
    rows, differs = f" FROM {sources[0]}", ""
    if event == "update":
        rows = " FROM past JOIN fresh ON past.id = fresh.id"
        past, fresh = (", ".join(f"{one}.{name}" for name in _names(watch)) for one in sources)
        differs = f" AND ({past}) IS DISTINCT FROM ({fresh})"
    told = " UNION ".join(_told(watch, what, row, rows) + differs for row in sources)
    tables = " ".join(f"{'OLD' if one == 'past' else 'NEW'} TABLE AS {one}" for one in sources)
    return [
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" INSERT INTO {_table(Touched)} (what, via, number) {told}; RETURN NULL; END $$",
        f"CREATE TRIGGER {{name}} AFTER {event.upper()} ON {_table(watch.model)}"
        f" REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {{name}}()",
    ]


def _told(watch: Watch, what: str, row: str, rows: str = "") -> str:
    """What one row tells; rows that belong to nobody tell nothing."""
    who = f'{row}."{watch.who}"'
    when = f" AND {watch.when.format(row=row)}" if watch.when else ""
    told = "SELECT DISTINCT" if rows else "SELECT"
    return f"{told} {what.format(row=row)}, '{watch.via}', {who}{rows} WHERE {who} IS NOT NULL{when}"


def _names(watch: Watch) -> list[str]:
    return [f'"{name}"' for name in watch.columns]


def _postgres() -> bool:
    return connection.vendor == "postgresql"


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
