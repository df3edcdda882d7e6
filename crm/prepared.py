"""Queries whose SQL is worked out once: for the few public pages that many people open at the same moment.

Django builds the text of a query anew each time, which costs several times what the database needs for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet


class Prepared:
    """The rows of a `values_list` query; `stands_for` are values that stand for what is given each time.

    by_name = Prepared(lambda name: Tag.objects.filter(name=name).values_list("pk"), "\\x00")
    by_name.rows("tea")
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]], *stands_for: str | int) -> None:
        self.make, self.stands_for = make, stands_for
        self._known: dict[str, tuple[Any, str, list[Any], dict[int, Any]]] = {}

    def rows(self, *given: str | int) -> list[tuple[Any, ...]]:
        compiler, sql, params, converters = self._compiled()
        told = dict(zip(self.stands_for, given, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(sql, [told.get(one, one) for one in params])
            found: Sequence[Any] = cursor.fetchall()
        return [tuple(row) for row in (compiler.apply_converters(found, converters) if converters else found)]

    def _compiled(self) -> tuple[Any, str, list[Any], dict[int, Any]]:
        if connection.vendor not in self._known:
            compiler = self.make(*self.stands_for).query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
            converters = compiler.get_converters([column[0] for column in compiler.select])
            self._known[connection.vendor] = (compiler, sql, list(params), converters)
        return self._known[connection.vendor]
