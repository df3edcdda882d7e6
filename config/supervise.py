"""Web server, worker and schedule together: `python -m config.supervise --procfile Procfile start`.

This is honcho with more patience: a worker that is told to end finishes the mail in hand, which honcho's
five seconds may cut short. Closing the terminal ends everything as Ctrl-C does.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

from honcho import manager
from honcho.command import main


def _as_if_told(_number: int, _frame: FrameType | None) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    manager.KILL_WAIT = 30
    signal.signal(signal.SIGHUP, _as_if_told)
    main()
