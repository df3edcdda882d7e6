"""Triggers that keep the audit log append-only on both databases; put in place after each migration.

SQLite rebuilds tables when a column changes and drops their triggers with them, so a migration would not do.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

NAME = "audit_append_only"
TABLE, PASS = "crm_auditentry", "crm_auditpass"
REASON = "The audit log is append-only"
SQLITE = f"""
CREATE TRIGGER IF NOT EXISTS {NAME}_{{word}} BEFORE {{word}} ON {TABLE}
WHEN NOT EXISTS (SELECT 1 FROM {PASS})
BEGIN SELECT RAISE(ABORT, '{REASON}'); END
"""
POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM {PASS}) THEN
    RAISE EXCEPTION '{REASON}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER {NAME}_row BEFORE UPDATE OR DELETE ON {TABLE}
  FOR EACH ROW EXECUTE FUNCTION {NAME}();
CREATE OR REPLACE TRIGGER {NAME}_all BEFORE TRUNCATE ON {TABLE}
  FOR EACH STATEMENT EXECUTE FUNCTION {NAME}();
"""


def install(using: str = "default", **_signal: Any) -> None:
    """Create the triggers where they are missing; does nothing while the tables do not exist."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if not {TABLE, PASS} <= set(connection.introspection.table_names(cursor)):
            return
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL)
        else:
            for word in ("UPDATE", "DELETE"):
                cursor.execute(SQLITE.format(word=word))
