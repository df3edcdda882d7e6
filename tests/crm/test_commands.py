from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from crm.commands import JsonCommand
from crm.errors import Refusal


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Refusal("Not this way.\nTry another."), "Not this way. Try another."),
        (
            OperationalError("database or disk\nis full"),
            "This machine could not do it: database or disk is full",
        ),
        (
            OSError(28, "No space left on device"),
            "This machine could not do it: [Errno 28] No space left on device",
        ),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(trouble, reason):
    class Command(JsonCommand):
        def answer(self, **options):
            raise trouble

    with pytest.raises(CommandError) as failed:
        call_command(Command(), "--json")

    assert failed.value.returncode == 1
    assert str(failed.value) == reason


READING = [
    ("import_file", "customers", "{file}"),
    ("restore", "{file}"),
    ("receive_mail", "{file}"),
    ("preview_segment", "--rule-file", "{file}"),
    ("bought_together", "--file", "{file}"),
    ("themes", "--file", "{file}", "--text", "comment"),
    ("lift", "--file", "{file}", "--arm", "a", "--control", "b", "--outcome", "c"),
]


@pytest.mark.django_db
@pytest.mark.parametrize("command", READING, ids=lambda one: one[0])
def test_every_command_says_alike_that_a_file_is_missing(tmp_path, command):
    missing, folder = tmp_path / "none.csv", tmp_path

    said = [refused(*(part.format(file=path) for part in command)) for path in (missing, folder)]

    assert said == [f"There is no file “{missing}”.", f"“{folder}” is a folder. Please name a file."]


@pytest.mark.django_db
def test_a_backup_says_that_its_folder_is_missing(tmp_path):
    assert refused("backup", tmp_path / "none" / "copy.zip") == f"There is no folder “{tmp_path / 'none'}”."
    assert refused("backup", tmp_path) == f"“{tmp_path}” is a folder. Please name a file."


def refused(*command: object) -> str:
    with pytest.raises(CommandError) as failed:
        call_command(*command)
    assert failed.value.returncode == 1
    return str(failed.value)
