"""Take back an import, including what it changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from crm.commands import Answer, JsonCommand
from crm.errors import Refusal
from crm.imports import undoing
from crm.models import ImportBatch


class Command(JsonCommand):
    help = "Undo an import: what it created goes, what it changed is as before; refused after later edits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="the number of the import")

    def answer(self, **options: Any) -> Answer:
        batch = ImportBatch.objects.filter(pk=options["id"]).first()
        if batch is None:
            raise Refusal(f"There is no import {options['id']}.")
        undoing.request(batch, None, at=timezone.now())
        undone = undoing.run(batch.pk)
        if undone is None:
            raise Refusal(f"Another process is undoing import {batch.pk}.")
        return undoing.answer(undone, batch.kind)
