"""Imports: upload a file, say what its columns mean, start, watch, fetch what was not understood."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access import Right
from crm.api import lists
from crm.api.doors import Door
from crm.api.problems import Problem
from crm.api.values import Text
from crm.errors import Refusal
from crm.imports import columns, confirming, intake, kinds, results, sealing, seeing, undoing
from crm.imports.reasons import words
from crm.models import ImportBatch, ImportProblem, User

COUNTS = ("rows", "created", "updated", "unchanged", "skipped", "rejected")
ENDED = (ImportBatch.State.DONE, ImportBatch.State.UNDONE)
NEEDED: dict[str, Right] = {"GET": Right.IMPORT, "POST": Right.IMPORT}


class ImportSerializer(serializers.ModelSerializer[ImportBatch]):
    counts = serializers.SerializerMethodField()
    mapping = serializers.DictField(child=serializers.CharField())
    progress = serializers.SerializerMethodField(help_text="Per cent of the import, or of undoing it.")

    class Meta:
        model = ImportBatch
        fields = [
            "id", "kind", "file_name", "state", "mapping", "total_rows", "progress", "counts", "error",
            "created_at", "finished_at",
        ]  # fmt: skip

    def get_progress(self, batch: ImportBatch) -> int:
        if batch.state in ENDED:
            return 100
        back = undoing.taken_back(batch)
        return int(back["percent"] if back else results.progress(batch)["percent"])

    def get_counts(self, batch: ImportBatch) -> dict[str, int]:
        return {name: int(batch.counts.get(name, 0)) for name in COUNTS}


class ProblemRowSerializer(serializers.ModelSerializer[ImportProblem]):
    reason = serializers.CharField()
    words = serializers.SerializerMethodField()
    cells = serializers.SerializerMethodField(help_text="Cells of sensitive fields are hidden.")

    class Meta:
        model = ImportProblem
        fields = ["row", "verdict", "column", "reason", "words", "cells"]

    def get_cells(self, problem: ImportProblem) -> list[str]:
        return [sealing.shown(cell) for cell in problem.cells]

    def get_words(self, problem: ImportProblem) -> str:
        return words(problem.reason)


class UploadInput(serializers.Serializer[Any]):
    file = serializers.FileField()
    kind = Text(max_length=20, help_text="customers, purchases, subscriptions, events or answers.")


class StartInput(serializers.Serializer[Any]):
    mapping = serializers.DictField(
        child=Text(max_length=80, allow_blank=True),
        required=False,
        help_text="Column → field, where the guess is wrong; an empty field leaves the column out.",
    )


def find(user: User, pk: int) -> ImportBatch:
    batch = seeing.visible(user).filter(pk=pk).first()
    if batch is None:
        raise Problem("not_found", _("No such import."))
    return batch


class Imports(Door):
    area = "imports"
    operations: ClassVar[dict[str, str]] = {"GET": "list_imports", "POST": "upload_import"}
    scopes: ClassVar[dict[str, str]] = {"GET": "imports:read", "POST": "imports:write"}
    rights: ClassVar[dict[str, Right]] = NEEDED
    parser_classes = (MultiPartParser,)
    once = False  # A draft changes nothing; starting it is what counts, and happens once.
    largest = intake.LARGEST_UPLOAD

    @extend_schema(parameters=[lists.ListQuery], responses=lists.listing(ImportSerializer))
    def get(self, request: Request) -> Response:
        """List imports, newest first."""
        query = lists.asked(lists.ListQuery, request)
        rows = seeing.visible(self.user).defer("findings")
        return lists.page(rows, ("-id",), query, lambda one: ImportSerializer(one).data)

    @extend_schema(
        request={"multipart/form-data": UploadInput},
        responses={201: ImportSerializer},
    )
    def post(self, request: Request) -> Response:
        """Upload a file. It is looked through and its columns are guessed; nothing is imported yet."""
        said = UploadInput(data=request.data)
        said.is_valid(raise_exception=True)
        file, kind = said.validated_data["file"], said.validated_data["kind"]
        if kind not in kinds.known():
            raise Problem("invalid", errors=[{"field": "kind", "reason": ", ".join(kinds.known())}])
        batch = intake.take(file.chunks(), file.name, kind, options={}, by=self.user)
        try:
            intake.understand(batch)
        except Refusal as refusal:
            intake.discard(batch)
            raise Problem("invalid", errors=[{"field": "file", "reason": str(refusal)}]) from refusal
        place = f"/api/v1/imports/{batch.pk}"
        return Response(ImportSerializer(batch).data, status=201, headers={"Location": place})


class OneImport(Door):
    area = "imports"
    operations: ClassVar[dict[str, str]] = {"GET": "get_import"}
    scopes: ClassVar[dict[str, str]] = {"GET": "imports:read"}
    rights: ClassVar[dict[str, Right]] = NEEDED

    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """How far an import is."""
        return Response(ImportSerializer(find(self.user, pk)).data)


class StartImport(Door):
    area = "imports"
    operations: ClassVar[dict[str, str]] = {"POST": "start_import"}
    scopes: ClassVar[dict[str, str]] = {"POST": "imports:write"}
    rights: ClassVar[dict[str, Right]] = NEEDED

    @extend_schema(request=StartInput, responses={202: ImportSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Start an uploaded import; an import that began already just says how far it is."""
        batch = find(self.user, pk)
        said = StartInput(data=request.data)
        said.is_valid(raise_exception=True)
        if batch.state == ImportBatch.State.DRAFT:
            self._start(batch, said.validated_data.get("mapping", {}))
        return Response(ImportSerializer(find(self.user, pk)).data, status=202)

    def _start(self, batch: ImportBatch, told: dict[str, str]) -> None:
        names = batch.findings["columns"]
        if unknown := sorted(set(told) - set(names)):
            raise Problem(
                "invalid", errors=[{"field": f"mapping.{unknown[0][:80]}", "reason": _("No such column.")}]
            )
        batch.options = {**batch.options, "told": {**batch.mapping, **told}}
        batch.mapping = columns.combine(batch.kind, names, batch.options["told"], guessed=False)
        confirming.save(batch)
        intake.queue(batch)
        transaction.on_commit(lambda: _run(batch.pk))


class TableSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    removed = serializers.IntegerField()
    restored = serializers.IntegerField()


class PreviewSerializer(serializers.Serializer[Any]):
    """What undoing an import would do, and why it cannot be done."""

    possible = serializers.BooleanField()
    refusal = serializers.CharField(allow_blank=True)
    tables = TableSerializer(many=True)
    obstacles = serializers.ListField(
        child=serializers.CharField(), help_text="One line per cause, with the number of rows."
    )


class UndoImport(Door):
    area = "imports"
    operations: ClassVar[dict[str, str]] = {"GET": "preview_undo_import", "POST": "undo_import"}
    scopes: ClassVar[dict[str, str]] = {"GET": "imports:read", "POST": "imports:write"}
    rights: ClassVar[dict[str, Right]] = {"GET": Right.MANAGE, "POST": Right.MANAGE}

    @extend_schema(responses=PreviewSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """What would go and come back, and what stands in the way. Nothing is changed."""
        found = undoing.preview(find(self.user, pk))
        obstacles = [f"{one.count} {one.thing}: {one.words}" for one in found.causes]
        shown = {"possible": found.possible, "refusal": found.refusal, "tables": found.tables}
        return Response(PreviewSerializer({**shown, "obstacles": obstacles}).data)

    @extend_schema(request=None, responses={202: ImportSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Take an import back. Ask the import until its state is `undone`; asked again it only says so."""
        batch = find(self.user, pk)
        if batch.state != ImportBatch.State.UNDONE:
            undoing.request(batch, self.user, at=timezone.now())
            transaction.on_commit(lambda: _undo(pk))
        return Response(ImportSerializer(find(self.user, pk)).data, status=202)


class ImportErrors(Door):
    area = "imports"
    operations: ClassVar[dict[str, str]] = {"GET": "list_import_errors"}
    scopes: ClassVar[dict[str, str]] = {"GET": "imports:read"}
    rights: ClassVar[dict[str, Right]] = NEEDED

    @extend_schema(parameters=[lists.ListQuery], responses=lists.listing(ProblemRowSerializer))
    def get(self, request: Request, pk: int) -> Response:
        """Rows that were left out or not understood, with the reason and their cells."""
        query = lists.asked(lists.ListQuery, request)
        rows = find(self.user, pk).problems.all()
        return lists.page(rows, ("row", "id"), query, lambda one: ProblemRowSerializer(one).data)


def _run(pk: int) -> None:
    from crm.tasks import run_import  # The tasks import much.

    run_import.delay(pk)


def _undo(pk: int) -> None:
    from crm.tasks import undo_import

    undo_import.delay(pk)
