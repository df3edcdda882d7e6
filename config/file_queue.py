"""The queue of files, safe to read while it is written: a message appears whole or not at all.

Kombu opens the file under its final name and fills it afterwards. On a busy machine the worker reads it in
between, finds nothing, and ends; with it would end all that `make run` started.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        text = dumps(message)
        final = Path(self.data_folder_out) / f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        draft = final.with_name(f"{final.name}.draft")  # A name that nobody looks for.
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, final)


class Transport(filesystem.Transport):
    Channel = Channel


def use() -> None:
    """Let "filesystem://" mean this one."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
