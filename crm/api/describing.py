"""The OpenAPI of the doors: each operation with its scope, its headers and every problem it may answer."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_basic_type
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from crm.api.idempotency import HEADER
from crm.api.problems import KINDS, MEDIA_TYPE, ProblemSerializer

type Direction = Literal["request", "response"]
READING = ("not_readable", "not_signed_in", "not_allowed", "not_acceptable", "too_many")
WRITING = ("refused", "too_large", "wrong_media_type", "invalid")


class Schema(AutoSchema):
    def get_operation_id(self) -> str:
        """list_customers, get_customer, create_customer …; a door may say its own."""
        names: dict[str, str] = getattr(self.view, "operations", {})
        return names.get(self.method) or super().get_operation_id()

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "area", "") or "api"]

    def get_description(self) -> str:  # type: ignore[override]
        text = super().get_description() or ""
        scope = getattr(self.view, "scopes", {}).get(self.method)
        return f"{text}\n\nNeeds the scope `{scope}`." if scope else str(text)

    def get_override_parameters(self) -> list[Any]:
        found = list(super().get_override_parameters())
        if self.method == "POST" and getattr(self.view, "once", False):
            found.append(
                OpenApiParameter(
                    HEADER,
                    {"type": "string", "pattern": "^[!-~]{1,255}$"},
                    OpenApiParameter.HEADER,
                    description="Send the same key again to be sure that the work is done only once.",
                )
            )
        return found

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        reference = self.resolve_serializer(ProblemSerializer(), direction).ref
        codes = [*READING, *(WRITING if self.method not in ("GET", "HEAD") else ())]
        codes += getattr(self.view, "problems", {}).get(self.method, ())
        if "{" in self.path:
            codes.append("not_found")
        for status in sorted({KINDS[code][0] for code in codes}):
            titles = [title for number, title in KINDS.values() if number == status]
            bodies[str(status)] = {
                "content": {MEDIA_TYPE: {"schema": reference}},
                "description": "; ".join(titles),
            }
        return bodies


def without_odd_methods(endpoints: list[Any]) -> list[Any]:
    """A hook of drf-spectacular: only our own doors, not the description of the description."""
    return [one for one in endpoints if one[0].startswith("/api/v1/")]


def add_limits(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Say once what every answer carries."""
    whole = build_basic_type(OpenApiTypes.INT)
    for operations in result["paths"].values():
        for operation in operations.values():
            if operation.get("security") == [{}]:
                continue
            for response in operation["responses"].values():
                response.setdefault("headers", {}).setdefault("RateLimit-Remaining", {"schema": whole})
    return result
