"""Exports: order a file of customers, watch it, fetch it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm import export_files, exporting
from crm.access import Right
from crm.api import lists
from crm.api.doors import Door
from crm.api.problems import Problem
from crm.api.values import Text
from crm.models import ExportFile, User


class ExportSerializer(serializers.ModelSerializer[ExportFile]):
    columns = serializers.ListField(child=serializers.CharField())
    file = serializers.SerializerMethodField()

    class Meta:
        model = ExportFile
        fields = ["id", "state", "format", "columns", "rows", "error", "file", "created_at", "finished_at"]

    def get_file(self, row: ExportFile) -> str | None:
        return f"/api/v1/exports/{row.pk}/file" if row.state == ExportFile.State.DONE else None


class ExportInput(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=ExportFile.Format.choices, default=ExportFile.Format.CSV)
    columns = serializers.ListField(
        child=Text(max_length=80),
        max_length=60,
        required=False,
        help_text="id, and the names of the columns of the list. Without it the usual ones.",
    )
    q = Text(max_length=200, required=False, allow_blank=True, default="", help_text="Words to search for.")
    filters = serializers.DictField(
        child=Text(max_length=200),
        required=False,
        help_text="Those of the list of customers, as its address carries them.",
    )


def find(user: User, pk: int) -> ExportFile:
    """One's own; files of others do not exist."""
    found = ExportFile.objects.filter(pk=pk, by=user).first()
    if found is None:
        raise Problem("not_found", _("No such export."))
    return found


def shown(row: ExportFile) -> dict[str, Any]:
    return dict(ExportSerializer(row).data)


class Exports(Door):
    area = "exports"
    operations: ClassVar[dict[str, str]] = {"GET": "list_exports", "POST": "start_export"}
    scopes: ClassVar[dict[str, str]] = {"GET": "exports:read", "POST": "exports:read"}
    rights: ClassVar[dict[str, Right]] = {"GET": Right.EXPORT, "POST": Right.EXPORT}

    @extend_schema(parameters=[lists.ListQuery], responses=lists.listing(ExportSerializer))
    def get(self, request: Request) -> Response:
        """List your exports of the last day, newest first."""
        query = lists.asked(lists.ListQuery, request)
        return lists.page(ExportFile.objects.filter(by=self.user), ("-id",), query, shown)

    @extend_schema(request=ExportInput, responses={202: ExportSerializer})
    def post(self, request: Request) -> Response:
        """Order a file of customers: all whom the token may see, or those whom the filters find."""
        said = ExportInput(data=request.data)
        said.is_valid(raise_exception=True)
        given = said.validated_data
        try:
            query = export_files.query_of(given["q"], given.get("filters", {}))
            row = export_files.ask(
                self.user,
                columns=given.get("columns", ()),
                query=query,
                kind=given["format"],
                token=self.token,
            )
        except export_files.Unknown as unknown:
            errors = [{"field": unknown.field, "reason": str(unknown)}]
            raise Problem("invalid", errors=errors) from unknown
        return Response(shown(row), status=202, headers={"Location": f"/api/v1/exports/{row.pk}"})


class OneExport(Door):
    area = "exports"
    operations: ClassVar[dict[str, str]] = {"GET": "get_export"}
    scopes: ClassVar[dict[str, str]] = {"GET": "exports:read"}
    rights: ClassVar[dict[str, Right]] = {"GET": Right.EXPORT}

    @extend_schema(responses=ExportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """How far an export is; `file` is where to fetch it when it is done."""
        return Response(shown(find(self.user, pk)))


class ExportContent(Door):
    area = "exports"
    operations: ClassVar[dict[str, str]] = {"GET": "fetch_export"}
    scopes: ClassVar[dict[str, str]] = {"GET": "exports:read"}
    rights: ClassVar[dict[str, Right]] = {"GET": Right.EXPORT}
    problems: ClassVar[dict[str, tuple[str, ...]]] = {"GET": ("refused",)}

    @extend_schema(responses={(200, kind): OpenApiTypes.BINARY for kind in exporting.KINDS.values()})
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """The file itself, for a day."""
        row = find(self.user, pk)
        file = export_files.fetched(row, self.user).open("rb")
        name, kind = f"customers-{row.pk}.{row.format}", exporting.KINDS[row.format]
        return FileResponse(file, as_attachment=True, filename=name, content_type=kind)
