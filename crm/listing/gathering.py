"""Those who match a search, found once: in one statement counted, put in order, and one page of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql.datastructures import BaseTable

from crm.paging import ordered_from


def gathered[M: Model](
    matching: QuerySet[M],
    everybody: QuerySet[M],
    order: Sequence[str],
    *,
    marks: tuple[str, str],
    most: int,
    size: int,
) -> tuple[list[int], int]:
    """How many match, and the numbers of those nearest to the marks (after, before), one more than `size`.

    Past `most` the count is one more, and there are no numbers. What `order` sorts by and `matching` does
    not bring along is asked of `everybody`, for those who were found.
    """
    after, before = marks
    known = matching.query.annotations
    names = [name.lstrip("-") for name in order]
    own = [name for name in names if name in known or name not in everybody.query.annotations]
    inner = matching.order_by().values_list(*own)[: most + 1]
    rows = _carried(matching, [name for name in names if name in known]) if known else everybody
    outer = _few(ordered_from(rows, order, after=after, before=before), most)[: size + 1]
    found, found_params = inner.query.sql_with_params()
    page, page_params = outer.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH found AS MATERIALIZED ({found}) SELECT COUNT(*), 0 FROM found"
            f" UNION ALL SELECT * FROM ({page}) page",
            (*found_params, *page_params),
        )
        (count, _nobody), *rest = cursor.fetchall()
    return [number for number, _place in rest], count


def _carried(matching: QuerySet[Any], names: Sequence[str]) -> QuerySet[Any]:
    """Everybody, with what was computed for the order of those found read from there."""
    table = connection.ops.quote_name(matching.model._meta.db_table)
    values = {
        name: RawSQL(  # noqa: S611
            f"{table}.{connection.ops.quote_name(name)}", (), matching.query.annotations[name].output_field
        )
        for name in names
    }
    rows: QuerySet[Any] = matching.model._base_manager.annotate(**values)
    return rows


def _few(rows: QuerySet[Any], most: int) -> QuerySet[Any, Any]:
    """The numbers of rows, read from what was found instead of from their table; none past `most`."""
    within = RawSQL("(SELECT COUNT(*) FROM found) <= %s", (most,), BooleanField())
    page: QuerySet[Any, Any] = rows.filter(within).annotate(place=RawSQL("1", ())).values_list("pk", "place")
    alias = page.query.get_initial_alias()
    page.query.alias_map[alias] = BaseTable("found", alias)
    return page
