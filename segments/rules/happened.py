"""What customers did, as conditions on customers: "bought category Tea at least twice in 90 days"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models import Value as Literal
from django.db.models.functions import Cast, Coalesce, NullIf, Round

from crm.models import Interaction, Product, Purchase, PurchaseLine, Refund
from crm.models.purchase import counting
from segments.at_hand import only
from segments.rules import compare, json_values
from segments.rules.fields import Field
from segments.rules.moment import DaysApart, Moment, ShopDay
from segments.rules.operators import NEGATIVE
from segments.rules.text import Fold
from segments.rules.tree import Condition, Did

MOST_PRODUCTS = 500  # As many as are written into a query.
LONG_DAYS = 31  # Fewer are found sooner by time, one by one, than by reading those of everyone.
REAL_DAYS = frozenset({"open", "click", "answer"})  # Ours, so they go on while the sales are old.
OF_LINES = frozenset({"product", "line"})


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of an event that fit, and the ways from them to the customer and to the order."""

    found: QuerySet[Any]
    customer: str = "customer"
    order: str = ""
    at: str = "at"


def did(node: Did, moment: Moment) -> Q:
    """Customers for whom the amount of what they did compares as asked."""
    if node.op == "is_not":
        return ~_did(node, "is", moment)
    return _did(node, node.op, moment)


def _did(node: Did, op: str, moment: Moment) -> Q:
    is_once = (node.measure, op, node.value) == ("times", ">=", Decimal(1))
    rows = rows_of(node, moment, of_everyone=not (is_once or moment.few or moment.person))
    if is_once:
        return Q(Exists(rows.found.filter(**{rows.customer: OuterRef("pk")})))
    figures, holds = amount(node, op, rows, moment)
    per_customer = _known(rows, moment).values(rows.customer).annotate(**figures)
    if node.measure in {"times", "sum", "distinct"} and _zero_fits(op, node.value):
        return ~Q(pk__in=per_customer.filter(~holds).values(rows.customer))
    return Q(pk__in=per_customer.filter(holds).values(rows.customer))


def measured(node: Did, moment: Moment) -> dict[str, Any]:
    """How much there was for the one person of the moment: NULL where there was nothing.

    "n" for times and distinct, "total" for sums, both for means (total ÷ n).
    """
    assert moment.person is not None
    rows = rows_of(node, moment)
    figures, _holds = amount(node, ">=", rows, moment)
    per_customer = _known(rows, moment).values(rows.customer).annotate(**figures)
    return {name: Subquery(per_customer.values(name)[:1]) for name in figures}


def _is_long(node: Did) -> bool:
    if node.within_days:
        return node.within_days > LONG_DAYS
    return not (node.start and node.end) or (node.end - node.start).days >= LONG_DAYS


def _known(rows: Rows, moment: Moment) -> QuerySet[Any]:
    whose = {f"{rows.customer}__isnull": False} if moment.person is None else {rows.customer: moment.person}
    return only(rows.found.filter(**whose), rows.customer, moment.few).order_by()


def _zero_fits(op: str, value: Any) -> bool:
    """Whoever has nothing has zero of it."""
    if isinstance(value, tuple):
        return bool(value[0] <= 0 <= value[1])
    fits = {"is": value == 0, ">": value < 0, ">=": value <= 0, "<": value > 0, "<=": value >= 0}
    return bool(fits[op])


def amount(node: Did, op: str, rows: Rows, moment: Moment) -> tuple[dict[str, Any], Q]:
    """The figures to calculate per customer, and the condition on them.

    Means are compared as total against value × count, which is exact on both databases.
    """
    total: Any
    count: Any
    match node.measure:
        case "times":
            return {"n": _times(node)}, compare.figure(F("n"), op, node.value)
        case "distinct":
            return {"n": _different(node, rows)}, compare.figure(F("n"), op, node.value)
        case "sum":
            total = Round(Coalesce(Sum(_number(node)), compare.decimal(0)), precision=4)
            return {"total": total}, compare.figure(F("total"), op, node.value)
        case "average":
            total, count = Round(Sum(_number(node)), precision=4), Count(_number(node))
            least = 1
        case _:
            day = ShopDay(rows.at, moment)
            total, count = DaysApart(Max(day), Min(day)), Count("*") - 1
            least = 1

    def share(value: Any) -> Any:
        product = ExpressionWrapper(compare.decimal(value) * F("n"), output_field=compare.MONEY)
        return Round(product, precision=4)

    holds = Q(n__gte=least) & compare.figure(F("total"), op, node.value, share)
    return {"n": count, "total": total}, holds


def _times(node: Did) -> Any:
    if node.event.name == "refund":  # The lines of one cancellation are one time.
        return Count(Coalesce(NullIf(F("number"), Literal("")), F("key")), distinct=True)
    return Count("*")


def _number(node: Did) -> Any:
    assert node.of is not None
    match node.of.how:
        case "property":
            return json_values.JsonNumber("properties", node.of.key)
        case "float":
            return Cast(F(node.of.path), compare.MONEY)
    return F(node.of.path)


def _different(node: Did, rows: Rows) -> Any:
    field = node.of
    assert field is not None
    match field.how:
        case "product" if field.name == "product":
            return Count("product", distinct=True)
        case "product":
            return Count(NullIf(Fold(F(f"product__{field.path}")), Literal("")), distinct=True)
        case "property":
            texts = NullIf(Fold(json_values.JsonText("properties", field.key)), Literal(""))
            numbers = json_values.JsonNumber("properties", field.key)
            return Count(texts, distinct=True) + Count(numbers, distinct=True)
        case "order":
            return Count(NullIf(Fold(F(rows.order + field.path.split()[0])), Literal("")), distinct=True)
    return Count(F(field.path), distinct=True)


def rows_of(node: Did, moment: Moment, *, of_everyone: bool = False) -> Rows:
    match node.event.name:
        case "purchase":
            return _purchases(node, moment, of_everyone)
        case "refund":
            refunds = Refund.objects.filter(_when(node, "refunded_at", moment))
            return Rows(refunds.filter(_where(node.where)), at="refunded_at")
    found = Interaction.objects.filter(_when(node, "at", moment), kind=node.event.name)
    return Rows(found.filter(_where(node.where)))


def _purchases(node: Did, moment: Moment, of_everyone: bool) -> Rows:
    """Orders, or their lines where lines are measured. All conditions hold of one line.

    A long time of everyone is read along the index by customer, which holds all that is asked.
    """
    of_lines = tuple(one for one in node.where if one.field.how in OF_LINES)
    of_orders = tuple(one for one in node.where if one.field.how not in OF_LINES)
    along = of_everyone and _is_long(node)
    if node.of is None or node.of.how not in OF_LINES or moment.as_of:
        orders = _counting(moment).alias(met_at=Met("bought_at"))
        orders = orders.filter(_when(node, "met_at" if along else "bought_at", moment), _where(of_orders))
    if node.of is None or node.of.how not in OF_LINES:
        if of_lines:
            theirs = PurchaseLine.objects.filter(purchase=OuterRef("pk")).alias(met=Met("product_id"))
            orders = orders.filter(Exists(theirs.filter(_where(of_lines, product="met"))))
        return Rows(orders, at="bought_at")
    lines = PurchaseLine.objects.filter(_where(of_lines))
    if moment.as_of:
        lines = lines.filter(purchase__in=orders.values("pk"))
    else:
        lines = lines.alias(met_at=Met("purchase__bought_at"))
        when = _when(node, "met_at" if along else "purchase__bought_at", moment)
        lines = lines.filter(counting("purchase__"), when, _where(of_orders, "purchase__"))
    return Rows(lines, customer="purchase__customer", order="purchase__", at="purchase__bought_at")


class Met(Func):
    """A column that is compared as rows are met, though SQLite would seek its values in an index.

    It would seek every product in every purchase, or purchases by time that their customers' index holds.
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


def _counting(moment: Moment) -> QuerySet[Purchase]:
    """Orders that count; as of a day, what was refunded later had not been refunded yet."""
    if not moment.as_of:
        return Purchase.objects.counting()
    later = Refund.objects.filter(purchase=OuterRef("pk"), refunded_at__gte=moment.end).order_by()
    amount = later.values("purchase").annotate(amount=Sum("amount")).values("amount")
    zero = compare.decimal(0)
    back = Round(F("refunded") - Coalesce(Subquery(amount), zero), precision=4, output_field=compare.MONEY)
    return (
        Purchase.objects.filter(status=Purchase.Status.COMPLETED)
        .alias(refunded_then=back)
        .filter(Q(refunded_then=0) | Q(refunded_then__lt=F("charged")))
    )


def _when(node: Did, path: str, moment: Moment) -> Q:
    start, end = node.start, node.end
    if node.within_days:
        today = moment.real if node.event.name in REAL_DAYS else moment.today
        start, end = today - timedelta(days=node.within_days - 1), today
    return moment.between(path, start, end) & moment.seen(path)


def _where(conditions: tuple[Condition, ...], order: str = "", product: str = "product") -> Q:
    found = Q()
    for one in conditions:
        part = _holds(one.field, NEGATIVE.get(one.op, one.op), one.value, order, product)
        found &= ~part if one.op in NEGATIVE else part
    return found


def _holds(field: Field, op: str, value: Any, order: str, product: str) -> Q:
    match field.how:
        case "product":
            return _of_products(
                [compare.text(F(column), op, value) for column in field.path.split()], product
            )
        case "line":
            return compare.figure(F(field.path), op, value)
        case "float":
            return compare.figure(F(field.path), op, value, compare.floating)
        case "property":
            return json_values.has("properties", field.key, op, value)
    return compare.either([compare.text(F(order + column), op, value) for column in field.path.split()])


def _of_products(texts: list[Q], product: str) -> Q:
    """Asked once of the products, not of every line. Databases plan better when they are told the few."""
    found = Product.objects.filter(compare.either(texts)).order_by("pk").values_list("pk", flat=True)
    few = list(found[: MOST_PRODUCTS + 1])
    wanted = few if len(few) <= MOST_PRODUCTS else found.order_by()
    return Q(**{f"{product}__isnull": False, f"{product}__in": wanted})  # Turned round: also of no product.
