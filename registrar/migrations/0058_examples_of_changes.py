from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registrar', '0057_jobs_are_running'),
    ]

    operations = [
        migrations.AddField(
            model_name='rosterimport',
            name='examples',
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, help_text='Some of what would change, by file'),
        ),
    ]
