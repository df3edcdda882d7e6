"""ETags of answers: who changes a row can make sure that nobody else did so meanwhile."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from crm.api.problems import Problem


def version_of(shown: Any) -> str:
    text = json.dumps(shown, cls=JSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


def versioned(response: Response) -> Response:
    response.headers["ETag"] = version_of(response.data)
    return response


def check_version(request: Request, current: str) -> None:
    """Refuse a change that was meant for an older version."""
    wanted = request.headers.get("If-Match", "").strip()
    if wanted and wanted != "*" and current not in [one.strip() for one in wanted.split(",")]:
        raise Problem("changed_meanwhile")
