from django.db import migrations
from django.db.models import OuterRef, Subquery


def say_where_answers_came_from(apps, schema_editor):
    """By mail, by a personal link or by an import, as far as the key and the invitation tell."""
    answers = apps.get_model("feedback", "Answer").objects
    invitations = apps.get_model("feedback", "Invitation").objects
    source = invitations.filter(pk=OuterRef("invitation_id")).values("source")[:1]
    answers.filter(invitation__isnull=False).update(source=Subquery(source), channel="link")
    answers.filter(source__startswith="campaign:").update(channel="mail")
    answers.filter(invitation=None, key__startswith="row:").update(channel="import")


class Migration(migrations.Migration):

    dependencies = [("feedback", "0004_survey_builder")]

    operations = [migrations.RunPython(say_where_answers_came_from, migrations.RunPython.noop)]
