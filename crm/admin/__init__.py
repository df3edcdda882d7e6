"""Every row, as the database holds it: for the owner only, and made for large tables.

What proves something (ledger, consent, messages) can be read here but not changed. One module per area.
"""

from __future__ import annotations

from django.contrib import admin

from crm.admin import (
    api,
    audit,
    capture,
    cases,
    connections,
    duplicates,
    help_centre,
    imports,
    journal,
    lists,
    outbox,
    people,
    privacy,
    tables,
)

__all__ = [
    "api",
    "audit",
    "capture",
    "cases",
    "connections",
    "duplicates",
    "help_centre",
    "imports",
    "journal",
    "lists",
    "outbox",
    "people",
    "privacy",
    "tables",
]

admin.site.site_header = admin.site.site_title = "Closeknit"
