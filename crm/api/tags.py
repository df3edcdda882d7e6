"""All tags."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm import access
from crm.api import lists
from crm.api.doors import Door
from crm.models import CustomerTag, Tag


class TagSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    customers = serializers.IntegerField(help_text="How many customers of yours carry it.")


class Tags(Door):
    area = "tags"
    operations: ClassVar[dict[str, str]] = {"GET": "list_tags"}
    scopes: ClassVar[dict[str, str]] = {"GET": "customers:read"}

    @extend_schema(parameters=[lists.ListQuery], responses=lists.listing(TagSerializer))
    def get(self, request: Request) -> Response:
        """All tags, by name."""
        query = lists.asked(lists.ListQuery, request)
        response = lists.page(Tag.objects.all(), ("name",), query, lambda tag: tag)
        tags: list[Tag] = response.data["data"]
        uses = CustomerTag.objects.filter(tag__in=tags, customer__in=access.customers(self.user))
        counts = dict(uses.order_by().values_list("tag").annotate(n=Count("pk")))
        response.data["data"] = [{"name": tag.name, "customers": counts.get(tag.pk, 0)} for tag in tags]
        return response
