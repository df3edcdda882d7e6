"""Products: list, look up, add, change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm import audit
from crm.access import Right
from crm.api import lists, writing
from crm.api.doors import Door
from crm.api.problems import Problem
from crm.api.values import TEXTS
from crm.models import AuditEntry, Product


class ProductSerializer(serializers.ModelSerializer[Product]):
    serializer_field_mapping = TEXTS
    price = serializers.DecimalField(
        max_digits=14, decimal_places=4, min_value=Decimal(0), allow_null=True, required=False
    )

    class Meta:
        model = Product
        fields = ["id", "sku", "name", "category", "price", "nature", "is_in_stock"]
        extra_kwargs: ClassVar[dict[str, Any]] = {"sku": {"validators": []}}

    def validate_sku(self, sku: str) -> str:
        others = Product.objects.exclude(pk=self.instance.pk) if self.instance else Product.objects.all()
        if others.filter(sku=sku).exists():
            raise serializers.ValidationError(_("Another product has this article number."))
        return sku


class ProductQuery(lists.ListQuery):
    q = serializers.CharField(max_length=200, required=False, help_text="Words of the name or number.")
    sku = serializers.CharField(max_length=120, required=False)
    category = serializers.CharField(max_length=120, required=False)


class Products(Door):
    area = "products"
    operations: ClassVar[dict[str, str]] = {"GET": "list_products", "POST": "create_product"}
    scopes: ClassVar[dict[str, str]] = {"GET": "products:read", "POST": "products:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.EDIT}

    @extend_schema(parameters=[ProductQuery], responses=lists.listing(ProductSerializer))
    def get(self, request: Request) -> Response:
        """List products, or look one up by its article number."""
        query = lists.asked(ProductQuery, request)
        found = Product.objects.all()
        for word in query.get("q", "").split():
            found = found.filter(Q(name__icontains=word) | Q(sku__icontains=word))
        for name in ("sku", "category"):
            if name in query:
                found = found.filter(**{name: query[name]})
        return lists.page(found, ("name", "id"), query, lambda one: ProductSerializer(one).data)

    @extend_schema(request=ProductSerializer, responses={201: ProductSerializer})
    def post(self, request: Request) -> Response:
        """Add a product."""
        said = ProductSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        made = said.save(described_at=timezone.now())
        audit.record(self.user, AuditEntry.Action.CREATED, made)
        return Response(said.data, status=201, headers={"Location": f"/api/v1/products/{made.pk}"})


class OneProduct(Door):
    area = "products"
    operations: ClassVar[dict[str, str]] = {"GET": "get_product", "PATCH": "change_product"}
    scopes: ClassVar[dict[str, str]] = {"GET": "products:read", "PATCH": "products:write"}
    rights: ClassVar[dict[str, Right]] = {"PATCH": Right.EDIT}

    @extend_schema(responses=ProductSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One product."""
        return Response(ProductSerializer(_find(pk)).data)

    @extend_schema(request=ProductSerializer(partial=True), responses=ProductSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is given and keep the rest."""
        with writing.transaction():
            product = _find(pk)
            before = ProductSerializer(product).data
            said = ProductSerializer(product, data=request.data, partial=True)
            said.is_valid(raise_exception=True)
            said.save(described_at=timezone.now())
            if before != said.data:
                audit.record(self.user, AuditEntry.Action.CHANGED, product, change=(before, said.data))
        return Response(said.data)


def _find(pk: int) -> Product:
    product = Product.objects.filter(pk=pk).first()
    if product is None:
        raise Problem("not_found", _("No such product."))
    return product
