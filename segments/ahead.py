"""Whom rules find that ask of purchases alone: read beside a refresh, before its switch.

Such rules read millions of purchases and nothing that the refresh makes anew.
"""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from crm.models import Customer
from segments.models import Segment
from segments.rules.asks import asks
from segments.rules.compile import to_q
from segments.rules.moment import Moment
from segments.rules.parsing import effective
from segments.rules.preview import planned_well
from segments.rules.problems import InvalidRule
from segments.rules.tree import Node

ALONE = frozenset({"purchase", "refund"})

type Ids = array[int]
type Ahead = Mapping[int, tuple[Node, Ids]]


def find(at: datetime) -> Ahead:
    """{segment: (its rule, whom that finds)}; who uses it looks whether the rule is still the same."""
    moment = Moment.now(at)
    found: dict[int, tuple[Node, Ids]] = {}
    for segment in Segment.objects.filter(kind=Segment.Kind.RULE).order_by("pk"):
        with contextlib.suppress(InvalidRule):
            node = effective(segment)
            if asks(node) <= ALONE:
                found[segment.pk] = node, _ids(node, moment)
    return found


def _ids(node: Node, moment: Moment) -> Ids:
    sql, values = Customer.objects.filter(to_q(node, moment)).order_by().values("pk").query.sql_with_params()
    with planned_well(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return array("q", sorted({row[0] for row in cursor}))
