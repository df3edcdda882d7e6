"""Lists of the API: checked parameters, and pages that follow a cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_serializer, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm import paging
from crm.api import problems
from crm.api.problems import Problem

LONGEST_PAGE = 200


class ListQuery(serializers.Serializer[Any]):
    """What every list understands."""

    limit = serializers.IntegerField(min_value=1, max_value=LONGEST_PAGE, default=50)
    cursor = serializers.CharField(
        max_length=600, required=False, default="", help_text="`next` of the page before."
    )


def asked[S: serializers.Serializer[Any]](kind: type[S], request: Request) -> dict[str, Any]:
    """The parameters of the address, checked; a wrong one is named.

    A blank one is refused: taken for left out, it would give everybody, or the first page again and again.
    """
    query = kind(data=request.query_params)
    if blank := [name for name in map(str, query.fields) if request.query_params.get(name) == ""]:
        reason = _("This is blank. Leave the parameter out, or give it a value.")
        raise Problem("query", errors=[{"field": name, "reason": reason} for name in blank])
    if not query.is_valid():
        raise Problem("query", errors=list(problems.flat(query.errors)))
    return cast("dict[str, Any]", query.validated_data)


def page[M: Model](
    rows: QuerySet[M], order: Sequence[str], query: dict[str, Any], shape: Callable[[M], Any]
) -> Response:
    """One page of rows, and the cursor of the next."""
    found = paging.page_of(rows, order, after=query["cursor"], size=query["limit"])
    if query["cursor"] and not paging.readable(query["cursor"], order, rows.model):
        raise Problem("query", errors=[{"field": "cursor", "reason": "Take it from `next` as it is."}])
    return Response({"data": [shape(row) for row in found.rows], "next": found.next or None})


def listing(item: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """The schema of a page of such items."""
    name = f"{item.__name__.removesuffix('Serializer')}Page"
    fields: dict[str, Any] = {
        "data": item(many=True),
        "next": serializers.CharField(allow_null=True, help_text="Send it as `cursor`; null at the end."),
    }
    made = inline_serializer(name, fields)
    extend_schema_serializer(many=False)(type(made))
    return made
