"""JSON as strangers send it: refused with a reason before anything else sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from crm.api.problems import Problem

LARGEST = 1_000_000  # Bytes of a JSON body.
DEEPEST = 16
LARGEST_NUMBER = 2**63


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return read(stream.read(LARGEST + 1))


def read(body: bytes) -> Any:
    """The value of a JSON text; no lone surrogates, zero bytes, endless numbers or bottomless nesting."""
    if len(body) > LARGEST:
        raise Problem("too_large", _("At most %(n)d bytes of JSON.") % {"n": LARGEST})
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise Problem("not_readable", _("The text is not UTF-8.")) from None
    except (ValueError, RecursionError):
        raise Problem("not_readable", _("This is not JSON.")) from None
    check(value)
    return value


def _no_number(_name: str) -> NoReturn:
    raise ValueError


def check(value: Any, depth: int = 0) -> None:
    """Refuse what no database keeps."""
    if depth > DEEPEST:
        raise Problem("not_readable", _("The JSON is nested too deeply."))
    if isinstance(value, str):
        if "\0" in value or not _encodable(value):
            raise Problem("not_readable", _("A text holds a zero byte or half of a sign."))
    elif isinstance(value, int | float):
        if not -LARGEST_NUMBER <= value < LARGEST_NUMBER:
            raise Problem("not_readable", _("A number is too large."))
    elif isinstance(value, list):
        for one in value:
            check(one, depth + 1)
    elif isinstance(value, dict):
        for name, one in value.items():
            check(name, depth)
            check(one, depth + 1)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
