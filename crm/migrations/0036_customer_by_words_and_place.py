from django.db import DatabaseError, migrations, transaction

# The signs that are no plain letters, one by one: words of one or two of them have no three letters in a row.
# `crm.models.customer.HasSigns` asks by the very same expression.
SIGNS = r"string_to_array(regexp_replace(search_text, '[\x01-\x7f]+', '', 'g'), NULL)"
PLACE = "country, language, source"


def make(apps, schema_editor):
    """Words and what lists are mostly narrowed by in one index: who fits both is found before a row is read.

    Trusted extensions: the owner of the database may create them. Without them searching only takes longer.
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias), schema_editor.connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
            cursor.execute("DROP INDEX IF EXISTS customer_by_words")
            cursor.execute(
                "CREATE INDEX customer_by_words ON crm_customer"
                f" USING gin (search_text gin_trgm_ops, ({SIGNS}), {PLACE})"
            )
    except DatabaseError:
        print("\n  The index for searching customers was not made: see “PostgreSQL” in docs/operation.md.")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS customer_by_words")
        schema_editor.execute(
            "CREATE INDEX customer_by_words ON crm_customer USING gin (search_text gin_trgm_ops)"
        )


class Migration(migrations.Migration):
    dependencies = [("crm", "0035_senders")]
    operations = [migrations.RunPython(make, drop)]
