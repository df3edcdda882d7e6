import django.db.models.deletion
import django.utils.timezone
import feedback.models.survey
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0031_purchases_by_customer_cover_sums'),
        ('feedback', '0003_attitudes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Asking',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('occasion', models.CharField(choices=[('purchase', 'After a purchase'), ('case', 'After a case is solved'), ('schedule', 'Every so often, a part of a segment')], default='purchase', max_length=10, verbose_name='occasion')),
                ('state', models.CharField(choices=[('off', 'Off'), ('on', 'On')], default='off', max_length=3, verbose_name='state')),
                ('delay_days', models.PositiveSmallIntegerField(default=7, verbose_name='days later')),
                ('category', models.CharField(blank=True, max_length=120, verbose_name='only this category')),
                ('segment', models.SlugField(allow_unicode=True, blank=True, max_length=80, verbose_name='only this segment')),
                ('rest_days', models.PositiveSmallIntegerField(default=90, verbose_name='each person at most once in days')),
                ('a_day', models.PositiveIntegerField(default=100, verbose_name='at most so many a day')),
                ('remind_after_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='remind once after days')),
                ('texts', models.JSONField(blank=True, default=dict)),
                ('mark', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'automatic question',
                'verbose_name_plural': 'automatic questions',
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='BankQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('kind', models.CharField(choices=[('text', 'Text'), ('single', 'One choice'), ('multi', 'Several choices'), ('rating', 'Rating 1–5'), ('csat', 'Satisfaction (stars, smileys or numbers)'), ('nps', 'Recommendation 0–10'), ('ces', 'Agreement 1–7: was it easy?'), ('matrix', 'Table: one choice in each row'), ('ranking', 'Put in order'), ('date', 'Date'), ('consent', 'Agreement to tick'), ('hidden', 'Hidden field, filled by the link'), ('section', 'New page with a heading')], max_length=10, verbose_name='kind')),
                ('texts', models.JSONField(default=dict)),
                ('options', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'question of the question bank',
                'verbose_name_plural': 'question bank',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='NotAsked',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=20, verbose_name='reason')),
                ('about', models.CharField(blank=True, max_length=80)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'person not asked',
                'verbose_name_plural': 'people not asked',
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stars', models.PositiveSmallIntegerField(verbose_name='stars')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('shown_name', models.CharField(blank=True, max_length=80, verbose_name='shown name')),
                ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                ('is_verified', models.BooleanField(default=False, verbose_name='bought it here')),
                ('state', models.CharField(choices=[('waiting', 'Waiting for you'), ('shown', 'Shown'), ('hidden', 'Not shown')], default='waiting', max_length=8, verbose_name='state')),
                ('reply', models.TextField(blank=True, verbose_name='reply of the shop')),
                ('written_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'product review',
                'verbose_name_plural': 'product reviews',
            },
        ),
        migrations.CreateModel(
            name='SurveyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', models.JSONField()),
                ('kept_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'earlier version of a survey',
                'verbose_name_plural': 'earlier versions of surveys',
                'ordering': ['-number'],
            },
        ),
        migrations.AddField(
            model_name='answer',
            name='begun_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='answer',
            name='channel',
            field=models.CharField(choices=[('mail', 'Mail'), ('link', 'Personal link'), ('open', 'Open link'), ('qr', 'QR code'), ('embed', 'Website'), ('import', 'Import'), ('api', 'API'), ('chat', 'Chat')], default='link', max_length=8, verbose_name='channel'),
        ),
        migrations.AddField(
            model_name='answer',
            name='product',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='crm.product', verbose_name='product'),
        ),
        migrations.AddField(
            model_name='answer',
            name='source',
            field=models.CharField(blank=True, max_length=80, verbose_name='source'),
        ),
        migrations.AddField(
            model_name='answer',
            name='state',
            field=models.CharField(choices=[('provisional', 'Not sent'), ('partial', 'Begun'), ('complete', 'Complete'), ('doubtful', 'Doubtful: too many from one place')], default='complete', max_length=12, verbose_name='state'),
        ),
        migrations.AddField(
            model_name='answer',
            name='version',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='invitation',
            name='product',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='crm.product'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='reminded_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='question',
            name='jumps',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='question',
            name='options',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='question',
            name='show_if',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='survey',
            name='doors',
            field=models.CharField(choices=[('personal', 'Only with a personal link'), ('everybody', 'Everybody who has the open link or the QR code')], default='personal', max_length=10, verbose_name='who may answer'),
        ),
        migrations.AddField(
            model_name='survey',
            name='endings',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='survey',
            name='languages',
            field=models.JSONField(default=feedback.models.survey.first_languages, verbose_name='languages'),
        ),
        migrations.AddField(
            model_name='survey',
            name='look',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='survey',
            name='points',
            field=models.PositiveSmallIntegerField(default=5, verbose_name='points of the scale'),
        ),
        migrations.AddField(
            model_name='survey',
            name='version',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name='question',
            name='kind',
            field=models.CharField(choices=[('text', 'Text'), ('single', 'One choice'), ('multi', 'Several choices'), ('rating', 'Rating 1–5'), ('csat', 'Satisfaction (stars, smileys or numbers)'), ('nps', 'Recommendation 0–10'), ('ces', 'Agreement 1–7: was it easy?'), ('matrix', 'Table: one choice in each row'), ('ranking', 'Put in order'), ('date', 'Date'), ('consent', 'Agreement to tick'), ('hidden', 'Hidden field, filled by the link'), ('section', 'New page with a heading')], default='text', max_length=10, verbose_name='kind'),
        ),
        migrations.AddIndex(
            model_name='answer',
            index=models.Index(fields=['state', 'answered_at'], name='answer_by_state'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.CheckConstraint(condition=models.Q(('points__lte', 10)), name='survey_points_up_to_10'),
        ),
        migrations.AddField(
            model_name='asking',
            name='product',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm.product', verbose_name='only this product'),
        ),
        migrations.AddField(
            model_name='asking',
            name='survey',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='askings', to='feedback.survey', verbose_name='survey'),
        ),
        migrations.AddField(
            model_name='notasked',
            name='asking',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='left_out', to='feedback.asking'),
        ),
        migrations.AddField(
            model_name='notasked',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm.customer'),
        ),
        migrations.AddField(
            model_name='review',
            name='answer',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='review', to='feedback.answer'),
        ),
        migrations.AddField(
            model_name='review',
            name='customer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm.customer'),
        ),
        migrations.AddField(
            model_name='review',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm.product', verbose_name='product'),
        ),
        migrations.AddField(
            model_name='surveyversion',
            name='survey',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='feedback.survey'),
        ),
        migrations.AddConstraint(
            model_name='notasked',
            constraint=models.UniqueConstraint(fields=('asking', 'customer', 'about'), name='not_asked_once'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(fields=['product', 'state', 'written_at'], name='review_by_product'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(fields=['state', 'written_at'], name='review_by_state'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('stars__gte', 1), ('stars__lte', 5)), name='review_stars_1_to_5'),
        ),
        migrations.AddConstraint(
            model_name='surveyversion',
            constraint=models.UniqueConstraint(fields=('survey', 'number'), name='survey_version_once'),
        ),
    ]
