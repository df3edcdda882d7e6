"""What went wrong, as RFC 9457 problem details: one shape for every refusal of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, TooManyFieldsSent
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from django.http import Http404, HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from crm.errors import Refusal

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
# Code → (status, title). The reference page lists them.
KINDS: dict[str, tuple[int, str]] = {
    "not_readable": (400, "The request could not be read"),
    "query": (400, "A parameter of the address is not valid"),
    "not_signed_in": (401, "A valid token is needed"),
    "not_allowed": (403, "This token may not do that"),
    "not_found": (404, "There is no such thing"),
    "wrong_method": (405, "This address does not take that method"),
    "not_acceptable": (406, "Only JSON is served here"),
    "refused": (409, "Not possible now"),
    "key_reused": (422, "This Idempotency-Key was used for another request"),
    "changed_meanwhile": (412, "Somebody changed it meanwhile"),
    "too_large": (413, "The request is too large"),
    "wrong_media_type": (415, "This content type is not read here"),
    "invalid": (422, "Some values are not valid"),
    "too_many": (429, "Too many requests"),
    "broken": (500, "Something went wrong here"),
}
_CODES: dict[int, str] = {number: code for code, (number, _title) in reversed(KINDS.items())}


class Problem(exceptions.APIException):
    """A refusal of the API by its code."""

    def __init__(self, code: str, detail: str = "", *, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail, code)
        self.status_code = KINDS[code][0]
        self.problem_code, self.errors = code, errors


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField(help_text="A relative address that names the kind of problem.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=list(KINDS))
    detail = serializers.CharField(required=False)
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(child=serializers.CharField()),
        required=False,
        help_text="For invalid values: field and reason of each.",
    )


def body(code: str, detail: str = "", errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    number, title = KINDS[code]
    found: dict[str, Any] = {
        "type": f"/api/#{code}",
        "title": title,
        "status": number,
        "code": code,
    }
    if detail:
        found["detail"] = detail
    if errors:
        found["errors"] = errors
    return found


def answer(code: str, detail: str = "") -> JsonResponse:
    """A problem outside of any API view: unknown addresses, bodies too large to read."""
    return JsonResponse(body(code, detail), status=KINDS[code][0], content_type=MEDIA_TYPE)


def concerns(request: HttpRequest) -> bool:
    """Whether problems of this request are answered as JSON."""
    return request.path_info.startswith(PREFIX)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Every exception of an API view as a problem; unknown ones are left to become a 500."""
    code, detail, errors = _understood(error)
    if not code:
        return None
    headers = {}
    if isinstance(error, exceptions.APIException):
        if challenge := getattr(error, "auth_header", ""):
            headers["WWW-Authenticate"] = challenge
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait))
    content = body(code, detail, errors)
    return Response(content, status=content["status"], headers=headers, content_type=MEDIA_TYPE)


def _understood(error: Exception) -> tuple[str, str, list[dict[str, str]] | None]:
    """(code, detail, errors); an empty code for what nobody foresaw."""
    match error:
        case Problem():
            return error.problem_code, str(error.detail), error.errors
        case exceptions.ValidationError():
            return "invalid", "", list(flat(error.detail))
        case exceptions.APIException():
            return _CODES.get(error.status_code, "refused"), str(error.detail), None
        case Refusal():
            return "refused", str(error), None
        case Http404():
            return "not_found", "", None
        case PermissionDenied():
            return "not_allowed", str(error), None
        case DjangoValidationError():
            return "invalid", "; ".join(error.messages), None
        case DataError():
            return "invalid", _("A value is too long or too large to be stored."), None
        case MultiPartParserError() | TooManyFieldsSent():
            return "not_readable", "", None
    return "", "", None


def flat(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """The errors of a serializer as a list: lines[0].price and what is wrong with it."""
    if isinstance(detail, Mapping):
        for name, one in detail.items():
            yield from flat(one, path if name == "non_field_errors" else f"{path}.{name}".lstrip("."))
    elif isinstance(detail, list) and any(isinstance(one, Mapping | list) for one in detail):
        for place, one in enumerate(detail):
            yield from flat(one, f"{path}[{place}]")
    elif isinstance(detail, list):
        yield {"field": path, "reason": " ".join(str(one) for one in detail)}
    else:
        yield {"field": path, "reason": str(detail)}
