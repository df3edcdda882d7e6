"""Files that go with a mail: the body and they as parts of one multipart/mixed, assembled by hand."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

from crm.outbox.envelope import Enclosed

EDGE = "=_closeknit_mixed"  # "=_" occurs neither in base64 nor in quoted-printable.
_kind = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*")
_odd = re.compile(r"[^ !#$&()+,\-.0-9;=@A-Z\[\]^_`a-z{}~]")


def mixed(body: bytes, files: Iterable[Enclosed]) -> bytes:
    """`body` (its own headers first) and the files behind it."""
    edge = EDGE.encode()
    parts = [body, *(_part(one) for one in files)]
    head = b'Content-Type: multipart/mixed; boundary="' + edge + b'"\r\n\r\n'
    return (
        head + b"".join(b"--" + edge + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + edge + b"--\r\n"
    )


def _part(one: Enclosed) -> bytes:
    kind = one.content_type if _kind.fullmatch(one.content_type) else "application/octet-stream"
    code = b64encode(one.data)
    lines = b"\r\n".join([code[at : at + 76] for at in range(0, len(code), 76)])
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n{_disposition(one.name)}\r\n\r\n"
    return head.encode("ascii") + lines


def _disposition(name: str) -> str:
    """RFC 2183; a name that is not plain by RFC 2231, in pieces where it is long."""
    said = "Content-Disposition: attachment"
    if not _odd.search(name) and len(name) <= 60:
        return f'{said};\r\n filename="{name}"'
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,20}", quote(name, safe=""))
    if len(pieces) == 1:
        return f"{said};\r\n filename*=utf-8''{pieces[0]}"
    first = f"filename*0*=utf-8''{pieces[0]}"
    rest = [f"filename*{n}*={piece}" for n, piece in enumerate(pieces[1:], 1)]
    return ";\r\n ".join([said, first, *rest])
