"""Values inside JSON columns, read alike on both databases and never with an error."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, CharField, DecimalField, Expression, F, Field, Func, Q, Value

from segments.rules.tree import Value as RuleValue

type Sql = tuple[str, tuple[Any, ...]]


class JsonText(Func):
    """The text at a key; "" where there is none or where it is no text."""

    output_field: Field[Any, Any] = CharField()

    def __init__(self, column: str, key: str) -> None:
        super().__init__(F(column), Value(key))

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, path = _sqlite_parts(self, compiler)
        sql = f"CASE WHEN JSON_TYPE({column[0]}, %s) = 'text' THEN JSON_EXTRACT({column[0]}, %s) ELSE '' END"
        return sql, (*column[1], path, *column[1], path)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, key = _postgres_parts(self, compiler)
        sql = f"(CASE WHEN jsonb_typeof({column[0]} -> %s) = 'string' THEN {column[0]} ->> %s ELSE '' END)"
        return sql, (*column[1], key, *column[1], key)


class JsonNumber(JsonText):
    """The number at a key, else NULL."""

    output_field: Field[Any, Any] = DecimalField(max_digits=24, decimal_places=6)

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, path = _sqlite_parts(self, compiler)
        kind = f"JSON_TYPE({column[0]}, %s) IN ('integer', 'real')"
        sql = f"CASE WHEN {kind} THEN JSON_EXTRACT({column[0]}, %s) END"
        return sql, (*column[1], path, *column[1], path)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, key = _postgres_parts(self, compiler)
        kind = f"jsonb_typeof({column[0]} -> %s) = 'number'"
        sql = f"(CASE WHEN {kind} THEN ({column[0]} ->> %s)::numeric END)"
        return sql, (*column[1], key, *column[1], key)


class JsonYes(JsonText):
    """True or false at a key, else NULL."""

    output_field: Field[Any, Any] = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, path = _sqlite_parts(self, compiler)
        sql = f"CASE JSON_TYPE({column[0]}, %s) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
        return sql, (*column[1], path)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, key = _postgres_parts(self, compiler)
        kind = f"jsonb_typeof({column[0]} -> %s) = 'boolean'"
        sql = f"(CASE WHEN {kind} THEN ({column[0]} ->> %s)::boolean END)"
        return sql, (*column[1], key, *column[1], key)


class JsonDay(JsonText):
    """A day (of a moment) as ISO text at a key, else NULL; ISO text has the order of the days."""

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, path = _sqlite_parts(self, compiler)
        value = f"JSON_EXTRACT({column[0]}, %s)"
        style = "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
        fits = f"{value} GLOB {style}' OR {value} GLOB {style}T[0-9][0-9]:[0-9][0-9]'"
        sql = f"CASE WHEN {fits} THEN SUBSTR({value}, 1, 10) END"
        return sql, (*column[1], path) * 3

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, key = _postgres_parts(self, compiler)
        value = f"{column[0]} ->> %s"
        style = "'^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?$'"
        sql = f"""((CASE WHEN {value} ~ {style} THEN LEFT({value}, 10) END) COLLATE "C")"""
        return sql, (*column[1], key, *column[1], key)


class JsonHas(Func):
    """Whether the value at a key, or one of a list there, fits a positive comparison.

    The type of the rule's value decides: a text meets texts, a number numbers, true and false themselves.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, key: str, op: str, value: RuleValue) -> None:
        super().__init__(F(column))
        self.key, self.op = key, op
        self.values = list(value) if isinstance(value, tuple) else [value]

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, params = compiler.compile(self.source_expressions[0])
        test, values = self._test(
            "e.value", {"text": "e.type = 'text'", "figure": "e.type IN ('integer', 'real')"}
        )
        sql = f"EXISTS (SELECT 1 FROM JSON_EACH({column}, %s) e WHERE {test})"
        return sql, (*params, f'$."{self.key}"', *values)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, params = compiler.compile(self.source_expressions[0])
        at = f"{column} -> %s"
        listed = f"CASE WHEN jsonb_typeof({at}) = 'array' THEN {at} ELSE jsonb_build_array({at}) END"
        kinds = {"text": "jsonb_typeof(e.value) = 'string'", "figure": "jsonb_typeof(e.value) = 'number'"}
        test, values = self._test("(e.value #>> '{}')", kinds, postgres=True)
        sql = f"EXISTS (SELECT 1 FROM jsonb_array_elements({listed}) e WHERE {test})"
        return sql, (*(*params, self.key) * 3, *values)

    def _test(self, value: str, kinds: dict[str, str], *, postgres: bool = False) -> Sql:
        first = self.values[0]
        if self.op == "known":
            blank = f"{value} = ''"
            null = "jsonb_typeof(e.value) = 'null'" if postgres else "e.type = 'null'"
            return f"NOT ({null}) AND NOT COALESCE({blank}, FALSE)", ()
        if isinstance(first, bool):
            if postgres:
                return "e.value = to_jsonb(%s::boolean)", (first,)
            return "e.type = %s", ("true" if first else "false",)
        if isinstance(first, Decimal):
            return self._figure(value, kinds["figure"], "::numeric" if postgres else "")
        return self._text(value, kinds["text"], postgres=postgres)

    def _figure(self, value: str, kind: str, cast: str) -> Sql:
        numbers = [one if cast else float(one) for one in self.values if isinstance(one, Decimal)]
        if self.op == "between":
            test = "BETWEEN %s AND %s"
        elif self.op in {"is", "in"}:
            test = f"IN ({', '.join(['%s'] * len(numbers))})"
        else:
            test = f"{self.op} %s"
        return f"CASE WHEN {kind} THEN {value}{cast} END {test}", tuple(numbers)

    def _text(self, value: str, kind: str, *, postgres: bool) -> Sql:
        texts = [str(one) for one in self.values]
        plain = all(one.isascii() for one in texts)
        if postgres:
            collation = "C" if plain else "und-x-icu"
            low = f'LOWER({{}}::text COLLATE "{collation}")'
        else:
            low = "LOWER({})" if plain else "ck_lower({})"
        here, given = low.format(value), low.format("%s")
        if self.op in {"is", "in"}:
            test = f"{here} IN ({', '.join([given] * len(texts))})"
        else:
            position = f"{'STRPOS' if postgres else 'INSTR'}({here}, {given})"
            test = f"{position} > 0" if self.op == "contains" else f"{position} = 1"
        return f"{kind} AND {test}", tuple(texts)


def has(column: str, key: str, op: str, value: RuleValue) -> Q:
    return Q(JsonHas(column, key, op, value))


def _sqlite_parts(func: Func, compiler: Any) -> tuple[Sql, str]:
    column, key = func.source_expressions
    return compiler.compile(column), f'$."{_key(key)}"'


def _postgres_parts(func: Func, compiler: Any) -> tuple[Sql, str]:
    column, key = func.source_expressions
    return compiler.compile(column), _key(key)


def _key(expression: Expression) -> str:
    assert isinstance(expression, Value)
    return str(expression.value)
