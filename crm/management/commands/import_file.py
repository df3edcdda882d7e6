"""Import a file from the command line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from crm.commands import Answer, JsonCommand, existing_file
from crm.errors import Refusal
from crm.imports import intake, kinds, presets, results, running, staging
from crm.models import ImportBatch

PATIENCE = 0.5  # Seconds between two looks at an import that runs before ours.


class Command(JsonCommand):
    help = "Import customers, purchases, events, answers or subscriptions from a file; see the user guide."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", help="customers, purchases, events, answers or subscriptions")
        parser.add_argument("file", nargs="?", type=Path, help="CSV, TSV, XLSX, or one of them as .gz")
        parser.add_argument("--preset", help="read the file as the export of a known program")
        parser.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD")
        parser.add_argument("--no-header", action="store_true", help="the first row is data already")
        parser.add_argument("--delimiter", default="", help="one sign, or “whitespace”")
        parser.add_argument("--dates", choices=["dmy", "mdy"], default="", help="what 03/04/2026 means")
        parser.add_argument("--decimals", choices=["point", "comma"], default="", help="what 1,234 means")
        parser.add_argument("--suppress", choices=["unsubscribed", "bounced", "complained"], default="")
        parser.add_argument("--rate", action="append", default=[], metavar="CURRENCY=RATE")
        parser.add_argument("--default", action="append", default=[], metavar="FIELD=VALUE")
        parser.add_argument("--mode", choices=["both", "create", "update"], default="both")
        parser.add_argument(
            "--key", choices=["customer", "email", "phone"], default="", help="find people by"
        )
        parser.add_argument("--blank", choices=["keep", "clear"], default="keep", help="what blank cells do")
        parser.add_argument("--create-fields", action="store_true", help="make own fields of unknown columns")
        parser.add_argument("--survey", default="", metavar="SLUG", help="the survey that answers belong to")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument("--resume", type=int, metavar="ID", help="go on with an import that was stopped")

    def answer(self, **options: Any) -> Answer:
        if options["resume"] is not None:
            return self._resume(options["resume"])
        kind, path = options["kind"], options["file"]
        if not kind or not path:
            self.misused("Say what to import and from which file: import_file purchases orders.csv")
        if kind not in kinds.known():
            self.misused(f"{kind} cannot be imported; choose one of {', '.join(kinds.known())}.")
        if options["preset"]:
            presets.named(options["preset"], kind)
        existing_file(path)
        if options["dry_run"]:
            return self._rehearse(kind, path, options)
        return self._bring(kind, path, options)

    def _bring(self, kind: str, path: Path, options: dict[str, Any]) -> Answer:
        batch = intake.take(intake.blocks_of(path), path.name, kind, options=self._told(options))
        self.stderr.write(f"import {batch.pk} started")
        try:
            intake.understand(batch)
            intake.queue(batch)
        except Refusal as refusal:
            intake.discard(batch)
            raise _naming_option(refusal) from refusal
        return self._finish(batch.pk)

    def _rehearse(self, kind: str, path: Path, options: dict[str, Any]) -> Answer:
        """The whole import in one transaction that is taken back."""
        batch = None
        try:
            with transaction.atomic():
                batch = intake.take(intake.blocks_of(path), path.name, kind, options=self._told(options))
                intake.understand(batch)
                intake.queue(batch)
                found = self._finish(batch.pk)
                transaction.set_rollback(True)
        except Refusal as refusal:
            raise _naming_option(refusal) from refusal
        finally:
            if batch is not None:
                staging.source(batch).unlink(missing_ok=True)
        if found["error_file"]:
            Path(found["error_file"]).unlink(missing_ok=True)
        return {**found, "import_id": None, "error_file": None}

    def _told(self, options: dict[str, Any]) -> dict[str, Any]:
        return {
            "told": self._pairs(options["map"], "--map wants COLUMN=FIELD"),
            "header": not options["no_header"],
            "delimiter": options["delimiter"],
            "dates": options["dates"],
            "decimals": options["decimals"],
            "told_preset": options["preset"] or "",
            "mode": options["mode"],
            "key": options["key"],
            "blank": options["blank"],
            "suppress": options["suppress"],
            "rates": self._pairs(options["rate"], "--rate wants CURRENCY=RATE"),
            "defaults": self._pairs(options["default"], "--default wants FIELD=VALUE"),
            "create_fields": options["create_fields"],
            "survey": options["survey"],
        }

    def _pairs(self, told: list[str], usage: str) -> dict[str, str]:
        pairs = {}
        for one in told:
            name, sign, value = one.rpartition("=")
            if not sign or not name:
                self.misused(f"{usage}, not {one}")
            pairs[name] = value
        return pairs

    def _resume(self, batch_id: int) -> Answer:
        batch = ImportBatch.objects.filter(pk=batch_id).first()
        if batch is None:
            raise Refusal(f"There is no import {batch_id}.")
        if batch.state == ImportBatch.State.CANCELLED:
            raise Refusal(f"Import {batch_id} was cancelled. Please import the file again.")
        if batch.state == ImportBatch.State.DRAFT:
            intake.understand(batch)
            intake.queue(batch)
        running.resume(batch)
        return self._finish(batch_id)

    def _finish(self, batch_id: int) -> Answer:
        """Run it as soon as no other import runs."""
        while True:
            batch = ImportBatch.objects.get(pk=batch_id)
            if batch.state == ImportBatch.State.DONE:
                return results.result(batch)
            if batch.state not in {ImportBatch.State.QUEUED, ImportBatch.State.RUNNING}:
                raise Refusal(batch.error or f"Import {batch_id} was stopped.")
            running.release_stale(at=timezone.now())
            if not running.run(batch_id):
                time.sleep(PATIENCE)


def _naming_option(refusal: Refusal) -> Refusal:
    """Whoever types a command is told the option that answers the question."""
    option = getattr(refusal, "option", "")
    return Refusal(f"{refusal} ({option})") if option else refusal
