import django.db.models.deletion
from django.db import migrations, models

STAY = "membership"
FIELDS = {"segment": "segments.segment", "customer": "crm.customer"}


def drop(apps, editor):
    """SQLite would copy a table of millions of stays only to take away two of its indexes."""
    model = apps.get_model("segments", STAY)
    columns = [[model._meta.get_field(name).column] for name in FIELDS]
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
    for name, one in found.items():
        if one["index"] and one["columns"] in columns:
            editor.execute(f"DROP INDEX {editor.quote_name(name)}")


def make(apps, editor):
    model = apps.get_model("segments", STAY)
    for name in FIELDS:
        editor.execute(editor._create_index_sql(model, fields=[model._meta.get_field(name)]))


class Migration(migrations.Migration):
    dependencies = [("segments", "0015_tags_by_model")]

    operations = [
        migrations.AddIndex(
            model_name=STAY,
            index=models.Index(fields=["segment", "entered_at"], name="membership_by_entry"),
        ),
        migrations.AddIndex(
            model_name=STAY,
            index=models.Index(
                fields=["segment", "left_at"],
                condition=models.Q(left_at__isnull=False),
                name="membership_by_exit",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(drop, make)],
            [
                migrations.AlterField(
                    model_name=STAY,
                    name=name,
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=to,
                    ),
                )
                for name, to in FIELDS.items()
            ],
        ),
    ]
