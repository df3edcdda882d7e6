"""The columns of a list: what each shows of a customer, and by what it sorts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import F, FloatField, Func, Value
from django.db.models.fields.json import KeyTextTransform
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm import custom_fields
from crm.figures import Figures
from crm.models import Customer, CustomField

type Cell = str | int | float | Decimal | date | datetime | None
type Expression = F | Func | KeyTextTransform


class Look(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `value` reads it from a loaded row, `read` is fetched beside it, `sort` orders by it."""

    key: str
    label: str | Promise
    look: Look = Look.TEXT
    value: Callable[[Customer, Figures], Cell] | None = None
    read: str = ""  # A path from the customer, for columns of apps above.
    say: Callable[[Any], Cell] | None = None  # The fetched value as people read it.
    sort: str | Expression | None = None
    editable: bool = False
    personal: bool = False
    figures: bool = False  # Needs the figures of purchases.
    join: str = ""  # A relation to load beside the row.

    def cell(self, row: Customer, figures: Figures) -> Cell:
        if self.value:
            return self.value(row, figures)
        found = getattr(row, f"read_{self.slot}", None)
        return self.say(found) if self.say and found is not None else found

    @property
    def slot(self) -> str:
        return self.key.replace(".", "_").replace("-", "_")

    @property
    def css(self) -> str:
        """Figures stand right; a phone shows the name and the revenue."""
        right = "ck-num" if self.look in (Look.NUMBER, Look.MONEY) else ""
        return right if self.key in NARROW else f"{right} ck-wide-only".strip()


NARROW = ("name", "revenue")
STANDARD = ("name", "email", "country", "orders", "revenue", "last_purchase")
_registered: dict[str, Column] = {}


def register(one: Column) -> Column:
    """Let lists show `one`; called when an app is ready."""
    _registered[one.key] = one
    return one


def sort_by(key: str, path: str) -> None:
    """Let a column that is shown from the purchases be sorted by what another app has stored about it."""
    _registered[key] = replace(_registered[key], sort=path)


def registered() -> dict[str, Column]:
    return dict(_registered)


class OwnNumber(Func):
    """The number in an own field, NULL when something else stands there."""

    output_field = FloatField()

    def __init__(self, key: str) -> None:
        super().__init__(F("custom"), Value(key), Value(key))

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self._choose(compiler, connection, "jsonb_typeof(%s -> %s) = 'number'", "(%s ->> %s)::float8")

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        kind = "json_type(%s, '$.\"' || %s || '\"') IN ('integer', 'real')"
        return self._choose(
            compiler, connection, kind, "CAST(json_extract(%s, '$.\"' || %s || '\"') AS REAL)"
        )

    def _choose(self, compiler: Any, connection: Any, test: str, then: str) -> tuple[str, tuple[Any, ...]]:
        column, column_params = compiler.compile(self.source_expressions[0])
        key = self.source_expressions[1].value  # type: ignore[attr-defined]
        sql = f"CASE WHEN {test.replace('%s', column, 1)} THEN {then.replace('%s', column, 1)} END"
        return sql, (*column_params, key, *column_params, key)


def of_own_field(field: CustomField) -> Column:
    key = f"custom.{field.key}"
    numeric = field.kind in (CustomField.Kind.NUMBER, CustomField.Kind.MONEY)

    def value(row: Customer, _figures: Figures) -> Cell:
        found = row.custom.get(field.key)
        if numeric and isinstance(found, int | float) and not isinstance(found, bool):
            return found
        return custom_fields.show(field, found)

    return Column(
        key,
        field.label,
        Look.NUMBER if numeric else Look.TEXT,
        value,
        sort=OwnNumber(field.key) if numeric else KeyTextTransform(field.key, "custom"),
        editable=True,
        personal=True,
    )


def _plain(key: str, label: Promise, *, look: Look = Look.TEXT, sort: bool = True, **more: Any) -> Column:
    return Column(
        key, label, look, lambda row, _f: getattr(row, key), sort=key if sort else None, editable=True, **more
    )


def register_own() -> None:
    """The columns that customers bring themselves."""
    for one in (
        Column("name", _("Name"), value=lambda row, _f: row.name, sort="name", personal=True),
        _plain("email", _("E-mail"), personal=True),
        _plain("phone", _("Phone"), personal=True),
        _plain("external_id", _("Customer number"), personal=True),
        _plain("first_name", _("First name"), personal=True),
        _plain("last_name", _("Last name"), personal=True),
        _plain("country", _("Country")),
        _plain("city", _("City"), personal=True),
        _plain("language", _("Language")),
        _plain("gender", _("Gender")),
        _plain("source", _("Source")),
        _plain("birth_date", _("Date of birth"), look=Look.DAY, personal=True),
        _plain("created_on", _("Customer since"), look=Look.DAY),
        Column(
            "owner",
            _("Looked after by"),
            value=lambda row, _f: str(row.owner or ""),
            sort="owner__name",
            editable=True,
            join="owner",
        ),
        Column(
            "consent",
            _("Consent to e-mail"),
            value=lambda row, _f: row.get_email_consent_display(),
            sort="email_consent",
        ),
        Column(
            "tags",
            _("Tags"),
            value=lambda row, _f: ", ".join(one.tag.shown for one in getattr(row, "tag_uses", ())),
        ),
        Column("orders", _("Orders"), Look.NUMBER, lambda _r, f: f.orders, figures=True),
        Column("revenue", _("Revenue, net"), Look.MONEY, lambda _r, f: f.revenue, figures=True),
        Column("average_order", _("Average order"), Look.MONEY, lambda _r, f: f.average_order, figures=True),
        Column("first_purchase", _("First purchase"), Look.DAY, lambda _r, f: f.first_at, figures=True),
        Column("last_purchase", _("Last purchase"), Look.DAY, lambda _r, f: f.last_at, figures=True),
    ):
        register(one)
