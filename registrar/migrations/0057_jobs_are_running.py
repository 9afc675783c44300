from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registrar', '0056_keys_of_tries'),
    ]

    operations = [
        migrations.AlterField(
            model_name='upsertjob',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=10),
        ),
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "UPDATE registrar_upsertjob SET state = 'waiting' WHERE state = 'running'",
        ),
    ]
