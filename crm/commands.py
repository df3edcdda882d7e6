"""What every management command shares: `--json`, readable answers, and one-line reasons on failure."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils.translation import gettext as _

from crm.errors import Refusal

type Answer = dict[str, Any]


class JsonCommand(BaseCommand):
    """A thin door: subclasses override `arguments` and `answer`.

    With --json exactly one JSON object goes to stdout. Exit code 0 on success, 1 with a one-line reason on
    stderr when refused, 2 on wrong usage (raise `self.misused(…)` for what argparse cannot see).
    """

    requires_system_checks = ()  # Their warnings would stand before the one-line reason; migrate says them.

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        return parser

    def answer(self, **options: Any) -> Answer:
        """Do the work; the dictionary is the command's answer."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options.pop("json", False)
        try:
            found = self.answer(**options)
        except Refusal as refusal:
            raise CommandError(_one_line(refusal), returncode=1) from refusal
        except (OperationalError, OSError) as trouble:  # A full disk, a database that is away or busy.
            raise CommandError(
                f"This machine could not do it: {_one_line(trouble)}", returncode=1
            ) from trouble
        if as_json:
            self.stdout.write(json.dumps(found, default=_plain, ensure_ascii=False))
        else:
            for name, value in found.items():
                self.stdout.write(f"{name}: {_readable(value)}")

    def misused(self, reason: str) -> NoReturn:
        raise CommandError(reason, returncode=2)


def existing_file(path: Path) -> Path:
    """A file that is to be read; Refusal in the same words wherever it is missing."""
    if path.is_dir():
        raise Refusal(_("“%(name)s” is a folder. Please name a file.") % {"name": path})
    if not path.exists():
        raise Refusal(_("There is no file “%(name)s”.") % {"name": path})
    return path


def new_file(path: Path) -> Path:
    """A file that is to be written; its folder must be there."""
    if path.is_dir():
        raise Refusal(_("“%(name)s” is a folder. Please name a file.") % {"name": path})
    if not path.parent.is_dir():
        raise Refusal(_("There is no folder “%(name)s”.") % {"name": path.parent})
    return path


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def _readable(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return str(value)
