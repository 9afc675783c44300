from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registrar', '0055_last_day_of_feed_secrets'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='keptanswer',
            name='answer_is_kept_once_for_a_key',
        ),
        migrations.AddField(
            model_name='keptanswer',
            name='is_dry',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name='keptanswer',
            constraint=models.UniqueConstraint(fields=('application', 'key', 'is_dry'), name='answer_is_kept_once_for_a_key_and_its_try'),
        ),
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "DELETE FROM registrar_keptanswer WHERE is_dry",
        ),
    ]
