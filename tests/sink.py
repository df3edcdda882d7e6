"""A small SMTP server for tests and benchmarks, in a process of its own: counts, refuses, stalls, drops.

    with Sink() as sink:                       # or Sink("drop-in-data"), see BEHAVIOURS
        … EMAIL_URL=sink.url …
        sink.recipients()                      # every recipient whose mail was taken, in order

Run as a script it serves and writes one JSON line for each mail that it has taken (before it answers, as a
real server stores before it answers).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

BEHAVIOURS = (
    "",
    "slow",  # takes each mail, but needs a few milliseconds
    "sleepy",  # takes each mail, and thinks for a twentieth of a second
    "refuse-mail",  # 550 to MAIL FROM
    "refuse-rcpt",  # 550 to RCPT TO
    "later-rcpt",  # 450 to RCPT TO
    "later-data",  # 451 after the content
    "refuse-data",  # 554 after the content
    "closing",  # 421 to MAIL FROM, then closes
    "drop-at-mail",  # closes at MAIL FROM
    "drop-in-data",  # closes while the content comes in, nothing kept
    "drop-after-data",  # keeps the mail and closes without an answer
    "stall-at-mail",  # never answers MAIL FROM
    "stall-after-data",  # keeps the mail and never answers
    "sign-in-first",  # 530 to MAIL FROM
    "moody",  # each mail something else of MOODS, by chance
)
MOODS = {
    "": 78,
    "slow": 8,
    "refuse-rcpt": 2,
    "later-rcpt": 3,
    "later-data": 2,
    "closing": 1,
    "drop-at-mail": 2,
    "drop-in-data": 2,
    "drop-after-data": 2,
}


class Session:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        behaviour: str,
        out: BinaryIO,
        keep: bool,
    ) -> None:
        self.reader, self.writer, self.behaviour, self.out, self.keep = reader, writer, behaviour, out, keep
        self.to = self.mood = ""

    async def run(self) -> None:
        try:
            self.say("220 sink ESMTP")
            while (line := await self.reader.readline()) and await self.answer(line.decode().strip()):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writer.close()

    def say(self, text: str) -> None:
        self.writer.write(text.encode() + b"\r\n")

    async def answer(self, line: str) -> bool:
        verb = line[:4].upper()
        if self.behaviour == "moody" and verb == "MAIL":
            self.mood = random.choices(list(MOODS), list(MOODS.values()))[0]
        does = self.mood if self.behaviour == "moody" else self.behaviour
        if verb == "EHLO":
            self.say("250-sink\r\n250-SIZE 33554432\r\n250-PIPELINING\r\n250 8BITMIME")
        elif verb == "MAIL":
            return await self.mail(does)
        elif verb == "RCPT":
            self.to = line.split("<", 1)[1].split(">", 1)[0]
            codes = {"refuse-rcpt": "550 5.1.1 no such user", "later-rcpt": "450 4.2.0 try later"}
            self.say(codes.get(does, "250 ok"))
        elif verb == "DATA":
            self.say("354 go on")
            return await self.data(does)
        elif verb == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 ok")
        return True

    async def mail(self, does: str) -> bool:
        if does == "drop-at-mail":
            return False
        if does == "stall-at-mail":
            await asyncio.sleep(3600)
        codes = {
            "refuse-mail": "550 5.7.1 sender not welcome",
            "closing": "421 4.3.2 closing",
            "sign-in-first": "530 5.7.0 sign in first",
        }
        self.say(codes.get(does, "250 ok"))
        return does != "closing"

    async def data(self, does: str) -> bool:
        if does == "drop-in-data":
            await self.reader.read(10)
            return False
        content = await self.reader.readuntil(b"\r\n.\r\n")
        codes = {"later-data": "451 4.3.0 try later", "refuse-data": "554 5.7.1 looks like spam"}
        if does in codes:
            self.say(codes[does])
            return True
        row: dict[str, object] = {"to": self.to, "size": len(content)}
        if self.keep:
            row["content"] = content[:-3].replace(b"\r\n..", b"\r\n.").decode("ascii")
        pause = {"slow": 0.003, "sleepy": 0.025}.get(does, 0)
        await asyncio.sleep(pause)
        self.out.write(json.dumps(row).encode() + b"\n")
        await asyncio.sleep(3600 if does == "stall-after-data" else pause)
        if does != "drop-after-data":
            self.say("250 taken")
        return does != "drop-after-data"


async def serve(file: Path, behaviour: str, keep: bool) -> None:
    with file.open("ab", buffering=0) as out:

        async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await Session(reader, writer, behaviour, out, keep).run()

        server = await asyncio.start_server(session, "127.0.0.1", 0, limit=64 * 1024 * 1024)
        print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the parent reads it.
        async with server:
            await server.serve_forever()


def smtp_options(port: int, seconds: float = 2.0) -> dict[str, object]:
    """As settings.MAIL_CONNECTION."""
    basic = {"host": "127.0.0.1", "port": port, "timeout": seconds}
    return {**basic, "username": "", "password": "", "use_tls": False, "use_ssl": False}


class Sink:
    """`behaviour` is one of BEHAVIOURS; `seconds` is how long clients wait for it."""

    def __init__(self, behaviour: str = "", *, keep: bool = True, seconds: float = 2.0) -> None:
        assert behaviour in BEHAVIOURS
        self.behaviour, self.keep, self.seconds = behaviour, keep, seconds

    def __enter__(self) -> Sink:
        handle, name = tempfile.mkstemp(prefix="sink-")
        os.close(handle)
        self.file = Path(name)
        command = [sys.executable, __file__, name, self.behaviour, str(int(self.keep))]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_exception: object) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.file.unlink()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}/?timeout={self.seconds}"

    @property
    def options(self) -> dict[str, object]:
        return smtp_options(self.port, self.seconds)

    def mails(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.file.read_bytes().splitlines()]

    def recipients(self) -> list[str]:
        return [str(mail["to"]) for mail in self.mails()]

    def wait_for(self, count: int, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while len(self.file.read_bytes().splitlines()) < count:
            assert time.monotonic() < end, f"{count} mails did not arrive in {seconds} s"
            time.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "1"))
