from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0030_choices_that_grow")]

    operations = [
        migrations.RemoveIndex(model_name="purchase", name="purchase_by_customer"),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                fields=["customer", "bought_at", "status", "charged", "refunded"], name="purchase_by_customer"
            ),
        ),
    ]
