"""Purchases with their lines and refunds. An order number sent again brings that order up to date."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm import access, audit, orders, sales
from crm.access import Right
from crm.api import lists
from crm.api.doors import Door
from crm.api.idempotency import HEADER
from crm.api.people import find_reference
from crm.api.problems import Problem
from crm.api.values import Text
from crm.models import AuditEntry, Purchase, PurchaseLine, Refund, User

ORDERS = {
    "added": ("id",),
    "-added": ("-id",),
    "bought_at": ("bought_at", "id"),
    "-bought_at": ("-bought_at", "-id"),
}
MONEY = {"max_digits": 12, "decimal_places": 4, "min_value": Decimal(0)}
SKEW = timedelta(minutes=5)


class LineSerializer(serializers.ModelSerializer[PurchaseLine]):
    product = serializers.CharField(source="product.name", default=None, allow_null=True)
    sku = serializers.CharField(source="product.sku", default=None, allow_null=True)

    class Meta:
        model = PurchaseLine
        fields = ["product", "sku", "quantity", "price", "amount"]


class RefundSerializer(serializers.ModelSerializer[Refund]):
    class Meta:
        model = Refund
        fields = ["id", "amount", "refunded_at"]


class PurchaseSerializer(serializers.ModelSerializer[Purchase]):
    """One order. Amounts are decimal text in the shop's currency."""

    customer = serializers.CharField(source="customer.public_id", default=None, allow_null=True)
    lines = LineSerializer(many=True)
    refunds = RefundSerializer(many=True)

    class Meta:
        model = Purchase
        fields = [
            "id", "number", "customer", "bought_at", "charged", "refunded", "discount", "shipping", "tax",
            "currency", "channel", "coupon", "status", "lines", "refunds",
        ]  # fmt: skip


class LineInput(serializers.Serializer[Any]):
    product = Text(max_length=200, help_text="Its name.")
    sku = Text(max_length=120, required=False, help_text="Its article number, if any.")
    category = Text(max_length=120, required=False)
    quantity = serializers.DecimalField(
        max_digits=10, decimal_places=4, min_value=Decimal("0.0001"), default=Decimal(1)
    )
    price = serializers.DecimalField(max_digits=12, decimal_places=4, min_value=Decimal("0.0001"))


class PurchaseInput(serializers.Serializer[Any]):
    number = Text(max_length=80, help_text="Your order number; sent again it replaces.")
    customer = Text(
        max_length=254, required=False, allow_null=True, help_text="Id, your customer number, or e-mail."
    )
    bought_at = serializers.DateTimeField()
    lines = LineInput(many=True, allow_empty=False, max_length=200)  # type: ignore[call-arg]
    total = serializers.DecimalField(**MONEY, required=False, help_text="What was charged in the end.")  # type: ignore[arg-type]
    refunded = serializers.DecimalField(**MONEY, required=False)  # type: ignore[arg-type]
    discount = serializers.DecimalField(**MONEY, required=False)  # type: ignore[arg-type]
    shipping = serializers.DecimalField(**MONEY, required=False)  # type: ignore[arg-type]
    tax = serializers.DecimalField(**MONEY, required=False)  # type: ignore[arg-type]
    channel = Text(max_length=60, required=False)
    coupon = Text(max_length=60, required=False)
    status = serializers.ChoiceField(choices=Purchase.Status.choices, default=Purchase.Status.COMPLETED)

    def validate_bought_at(self, moment: Any) -> Any:
        if moment > timezone.now() + SKEW:
            raise serializers.ValidationError(_("This moment has not come yet."))
        if moment.year < 1970:
            raise serializers.ValidationError(_("This is too long ago. Please check the year."))
        return moment


class PurchaseQuery(lists.ListQuery):
    customer = serializers.CharField(max_length=12, required=False, help_text="Id of a customer.")
    number = serializers.CharField(max_length=80, required=False)
    status = serializers.ChoiceField(choices=Purchase.Status.choices, required=False)
    bought_from = serializers.DateTimeField(required=False)
    bought_to = serializers.DateTimeField(required=False)
    order = serializers.ChoiceField(choices=list(ORDERS), default="added")


class RefundInput(serializers.Serializer[Any]):
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=Decimal("0.01"))


def visible(user: User) -> QuerySet[Purchase]:
    """The purchases of whom this token sees; anonymous sales for who sees everybody."""
    rows = Purchase.objects.select_related("customer").prefetch_related("lines__product", "refunds")
    if user.scope != User.Scope.OWN:
        return rows
    return rows.filter(Q(customer__in=access.customers(user)))


def find(user: User, pk: int) -> Purchase:
    found = visible(user).filter(pk=pk).first()
    if found is None:
        raise Problem("not_found", _("No such purchase."))
    return found


def shown(purchase: Purchase) -> dict[str, Any]:
    return dict(PurchaseSerializer(purchase).data)


class Purchases(Door):
    area = "purchases"
    operations: ClassVar[dict[str, str]] = {"GET": "list_purchases", "POST": "create_purchase"}
    scopes: ClassVar[dict[str, str]] = {"GET": "purchases:read", "POST": "purchases:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.EDIT}

    @extend_schema(parameters=[PurchaseQuery], responses=lists.listing(PurchaseSerializer))
    def get(self, request: Request) -> Response:
        """List purchases with their lines and refunds."""
        query = lists.asked(PurchaseQuery, request)
        rows = visible(self.user)
        fields = {
            "customer": "customer__public_id",
            "number": "number",
            "status": "status",
            "bought_from": "bought_at__gte",
            "bought_to": "bought_at__lte",
        }
        rows = rows.filter(**{fields[name]: value for name, value in query.items() if name in fields})
        return lists.page(rows, ORDERS[query["order"]], query, shown)

    @extend_schema(
        request=PurchaseInput,
        responses={201: PurchaseSerializer, 200: PurchaseSerializer},
    )
    def post(self, request: Request) -> Response:
        """Bring in an order: 201 when it is new, 200 when its number was known and it is now as sent."""
        said = PurchaseInput(data=request.data)
        said.is_valid(raise_exception=True)
        known = Purchase.objects.filter(key=f"order:{said.validated_data['number']}")
        if known.exclude(pk__in=visible(self.user).values("pk")).exists():
            raise Problem("refused", _("Another order has this number."))
        purchase, fresh = orders.take(self._order(said.validated_data), at=timezone.now())
        action = AuditEntry.Action.CREATED if fresh else AuditEntry.Action.CHANGED
        audit.record(self.user, action, purchase)
        place = f"/api/v1/purchases/{purchase.pk}"
        found = shown(find(self.user, purchase.pk))
        return Response(found, status=201 if fresh else 200, headers={"Location": place})

    def _order(self, said: dict[str, Any]) -> orders.Order:
        reference = said.get("customer")
        person = find_reference(self.user, reference) if reference else None
        if person is None and self.user.scope == User.Scope.OWN:
            raise Problem("invalid", errors=[{"field": "customer", "reason": _("Say who bought it.")}])
        names = ("discount", "shipping", "tax", "channel", "coupon")
        return orders.Order(
            number=said["number"],
            bought_at=said["bought_at"],
            lines=[orders.OrderLine(**line) for line in said["lines"]],
            customer=person,
            total=said.get("total"),
            refunded=said.get("refunded"),
            cancelled=said["status"] == Purchase.Status.CANCELLED,
            header={name: said[name] for name in names if name in said},
        )


class OnePurchase(Door):
    area = "purchases"
    operations: ClassVar[dict[str, str]] = {"GET": "get_purchase"}
    scopes: ClassVar[dict[str, str]] = {"GET": "purchases:read"}

    @extend_schema(responses=PurchaseSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One purchase."""
        return Response(shown(find(self.user, pk)))


class Refunds(Door):
    area = "purchases"
    operations: ClassVar[dict[str, str]] = {"POST": "refund_purchase"}
    scopes: ClassVar[dict[str, str]] = {"POST": "purchases:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.EDIT}

    @extend_schema(request=RefundInput, responses={201: PurchaseSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Give money back on an order, never more than is left. Send an Idempotency-Key."""
        purchase = find(self.user, pk)
        said = RefundInput(data=request.data)
        said.is_valid(raise_exception=True)
        key = request.headers.get(HEADER, "")
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.token.pk}:{key}") if key else uuid.uuid4()
        sales.refund(purchase, said.validated_data["amount"], key=str(name), at=timezone.now())
        audit.record(self.user, AuditEntry.Action.CHANGED, purchase, detail="refund")
        return Response(shown(find(self.user, pk)), status=201)
