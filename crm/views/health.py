from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from crm import access
from crm.models import WorkerHeartbeat


@require_GET
@never_cache
@access.public
def health(request: HttpRequest) -> JsonResponse:
    """Whether the program answers, reaches its database and has a worker; no personal data."""
    connection.ensure_connection()
    return JsonResponse({"status": "ok", "worker": WorkerHeartbeat.anybody_there()})
