"""Comparing text without case, alike on both databases.

Values of plain ASCII compare by the databases' own fast ASCII folding; others by the full Unicode mapping:
ICU on PostgreSQL, a registered function on SQLite, whose own LOWER knows ASCII only.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.signals import connection_created
from django.db.models import CharField, Expression, Func, Value


class AsciiFold(Func):
    """Lower case of A–Z only."""

    function = "LOWER"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template='LOWER((%(expressions)s)::text COLLATE "C")', **extra
        )


class Fold(Func):
    """Lower case of every script."""

    function = "ck_lower"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = 'LOWER((%(expressions)s)::text COLLATE "und-x-icu")'
        return self.as_sql(compiler, connection, template=template, **extra)


def folded(expression: Expression, values: list[str]) -> tuple[Expression, list[Expression]]:
    """The expression and the values, both ready to be compared."""
    fold = AsciiFold if all(value.isascii() for value in values) else Fold
    return fold(expression), [fold(Value(value)) for value in values]


def register_functions(connection: Any, **_: Any) -> None:
    """Teach a new SQLite connection to fold; connected when the app is ready."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("ck_lower", 1, _lower, deterministic=True)


def connect() -> None:
    connection_created.connect(register_functions, dispatch_uid="segments.rules.text")


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text
