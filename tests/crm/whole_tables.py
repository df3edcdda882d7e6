"""Everything that imports write, before and after."""

from __future__ import annotations

import io
import json

from django.core.management import call_command
from django.db import connection

from crm.models import (
    Consent,
    Customer,
    CustomerTag,
    CustomField,
    Interaction,
    Product,
    Purchase,
    PurchaseLine,
    Refund,
    Suppression,
    Tag,
)
from feedback.models import Answer, Question, Survey
from tests.crm.importing import bring_text

TABLES = (
    Customer,
    CustomField,
    Tag,
    CustomerTag,
    Consent,
    Suppression,
    Product,
    Purchase,
    PurchaseLine,
    Refund,
    Interaction,
    Survey,
    Question,
    Answer,
)
PEOPLE = "Customer ID,Email,First name,Country,Tags,Accepts marketing,Shoe size\n"


# What a refresh gives is calculated anew: tags by model, and their names.
GIVEN = {
    CustomerTag: "WHERE source <> 'model'",
    Tag: "WHERE id NOT IN (SELECT tag_id FROM segments_modeltag WHERE tag_id IS NOT NULL)",
}


def dump():
    """Every row of every table that imports write, as the database holds it."""
    cast = "CAST({} AS text)" if connection.vendor == "postgresql" else "quote({})"
    found = {}
    for model in TABLES:
        names = [cast.format(f'"{field.column}"') for field in model._meta.concrete_fields]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(names)} FROM {model._meta.db_table} {GIVEN.get(model, '')} ORDER BY id"
            )
            found[model.__name__] = cursor.fetchall()
    return found


def undo(found):
    out = io.StringIO()
    call_command("undo_import", str(found["import_id"]), "--json", stdout=out)
    return json.loads(out.getvalue())


def people(tmp_path, rows, **more):
    return bring_text(tmp_path, "customers", PEOPLE + rows, "--create-fields", **more)
