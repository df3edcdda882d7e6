from django.db import DatabaseError, migrations, transaction


def make(apps, schema_editor):
    """A trusted extension: the owner of the database may create it. Without it searching only takes longer."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias), schema_editor.connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(
                "CREATE INDEX IF NOT EXISTS customer_by_words"
                " ON crm_customer USING gin (search_text gin_trgm_ops)"
            )
    except DatabaseError:
        print("\n  The index for searching customers was not made: see “PostgreSQL” in docs/operation.md.")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS customer_by_words")


class Migration(migrations.Migration):
    dependencies = [("crm", "0027_merge_marks")]
    operations = [migrations.RunPython(make, drop)]
