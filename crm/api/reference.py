"""The description of the API, as OpenAPI and as a page for people; and addresses that lead nowhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm import access
from crm.api import problems
from crm.api.tokens import SCOPES


@cache
def described() -> dict[str, Any]:
    """The OpenAPI document; it says nothing about this shop, so anybody may read it."""
    with translation.override("en"):
        return dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


class Description(APIView):
    """OpenAPI 3.1 as JSON, or as YAML for who asks for application/vnd.oai.openapi."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (OpenApiJsonRenderer, OpenApiYamlRenderer)
    schema = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:  # type: ignore[override]
        view = login_not_required(super().as_view(**initkwargs))
        view.access = "public"  # type: ignore[attr-defined]
        return view

    def get(self, request: Request) -> Response:
        return Response(described())


@require_safe
@access.public
def reference(request: HttpRequest) -> HttpResponse:
    """The same for people, without any script."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for address, operations in described()["paths"].items():
        for method, operation in operations.items():
            entry = {"method": method.upper(), "address": address, **operation}
            entry["summary"], _sep, entry["more"] = operation.get("description", "").partition("\n\n")
            entry["parameters"] = operation.get("parameters", [])
            entry["fields"] = _fields(operation.get("requestBody", {}))
            groups.setdefault(operation["tags"][0], []).append(entry)
    context = {"groups": groups, "scopes": SCOPES, "problems": problems.KINDS}
    return render(request, "public/api_reference.html", context)


def _fields(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Name, type and note of each value of a request."""
    schemas = described()["components"]["schemas"]
    schema: dict[str, Any] = next((one.get("schema", {}) for one in body.get("content", {}).values()), {})
    schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    required = set(schema.get("required", ()))
    return [
        {
            "name": name,
            "type": _kind(one),
            "required": name in required,
            "note": one.get("description", ""),
        }
        for name, one in schema.get("properties", {}).items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "")
    names = [one for one in kind if one != "null"] if isinstance(kind, list) else [kind]
    text = "/".join(names) or "one of a few"
    return f"{text} ({schema['format']})" if "format" in schema else text


@csrf_exempt
@access.public
def elsewhere(request: HttpRequest, rest: str) -> HttpResponseBase:
    """A slash too many is forgiven; anything else does not exist."""
    if rest.endswith("/"):
        try:
            found = resolve(f"/api/{rest.rstrip('/')}")
        except Resolver404:
            return problems.answer("not_found")
        if found.func is not elsewhere:
            answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
            return answer
    return problems.answer("not_found")
