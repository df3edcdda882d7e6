import django.db.models.deletion
from django.db import migrations, models

USE = "customertag"
FIELDS = {"customer": "crm.customer", "tag": "crm.tag"}


def drop(apps, editor):
    """SQLite would copy its table for both; it looks up new rows in passing, so its constraints may stay."""
    model = apps.get_model("crm", USE)
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
    for name, one in found.items():
        if one["foreign_key"] and editor.connection.vendor == "postgresql":
            editor.execute(editor._delete_fk_sql(model, name))
        elif one["index"] and not one["unique"] and one["columns"] == ["customer_id"]:
            editor.execute(f"DROP INDEX {editor.quote_name(name)}")


def make(apps, editor):
    model = apps.get_model("crm", USE)
    editor.execute(editor._create_index_sql(model, fields=[model._meta.get_field("customer")]))
    for name in FIELDS if editor.connection.vendor == "postgresql" else ():
        field = model._meta.get_field(name)
        editor.execute(editor._create_fk_sql(model, field, "_fk_%(to_table)s_%(to_column)s"))


class Migration(migrations.Migration):
    dependencies = [("crm", "0037_lines_by_purchase")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(drop, make)],
            [
                migrations.AlterField(
                    model_name=USE,
                    name="customer",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to="crm.customer",
                    ),
                ),
                migrations.AlterField(
                    model_name=USE,
                    name="tag",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="crm.tag",
                    ),
                ),
            ],
        ),
    ]
