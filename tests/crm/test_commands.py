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
