import django.db.models.deletion
from django.db import migrations, models

WRITTEN = {"membership": ["segment", "customer"], "customerfeatures": ["customer"]}


def drop(apps, editor):
    """PostgreSQL looks up each new row's customer; SQLite does it in passing and would copy the tables."""
    if editor.connection.vendor != "postgresql":
        return
    for name in WRITTEN:
        model = apps.get_model("segments", name)
        with editor.connection.cursor() as cursor:
            found = editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
        for constraint in (key for key, one in found.items() if one["foreign_key"]):
            editor.execute(editor._delete_fk_sql(model, constraint))


def make(apps, editor):
    if editor.connection.vendor != "postgresql":
        return
    for name, fields in WRITTEN.items():
        model = apps.get_model("segments", name)
        for field in map(model._meta.get_field, fields):
            editor.execute(editor._create_fk_sql(model, field, "_fk_%(to_table)s_%(to_column)s"))


class Migration(migrations.Migration):
    dependencies = [("segments", "0016_stays_by_time")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(drop, make)],
            [
                migrations.AlterField(
                    model_name="customerfeatures",
                    name="customer",
                    field=models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="features",
                        serialize=False,
                        to="crm.customer",
                    ),
                ),
                *(
                    migrations.AlterField(
                        model_name="membership",
                        name=name,
                        field=models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="memberships",
                            to=to,
                        ),
                    )
                    for name, to in (("segment", "segments.segment"), ("customer", "crm.customer"))
                ),
            ],
        ),
    ]
