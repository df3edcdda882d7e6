import django.db.models.deletion
from django.db import migrations, models

LINE, FIELD = "purchaseline", "purchase"


def drop(apps, editor):
    """SQLite would copy a table of millions of lines only to take away one of its indexes."""
    model = apps.get_model("crm", LINE)
    column = model._meta.get_field(FIELD).column
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
    for name, one in found.items():
        if one["index"] and one["columns"] == [column]:
            editor.execute(f"DROP INDEX {editor.quote_name(name)}")


def make(apps, editor):
    model = apps.get_model("crm", LINE)
    editor.execute(editor._create_index_sql(model, fields=[model._meta.get_field(FIELD)]))


class Migration(migrations.Migration):
    dependencies = [("crm", "0036_customer_by_words_and_place")]

    operations = [
        migrations.AddIndex(
            model_name=LINE,
            index=models.Index(fields=["purchase", "product", "amount", "quantity"], name="line_by_purchase"),
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(drop, make)],
            [
                migrations.AlterField(
                    model_name=LINE,
                    name=FIELD,
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="crm.purchase",
                    ),
                )
            ],
        ),
    ]
