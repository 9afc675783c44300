import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registrar', '0058_examples_of_changes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='awardfile',
            name='asked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='awardfile',
            name='batch_name',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='awardfile',
            name='refusal',
            field=models.CharField(blank=True, db_default='', max_length=500, verbose_name='why no batch was prepared'),
        ),
        migrations.AddField(
            model_name='awardfile',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='How often a worker began'),
        ),
        migrations.AlterField(
            model_name='awardfile',
            name='state',
            field=models.CharField(choices=[('reading', 'Reading'), ('read', 'Read'), ('preparing', 'Preparing'), ('prepared', 'Prepared'), ('refused', 'Refused'), ('discarded', 'Discarded')], default='reading', max_length=10),
        ),
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "UPDATE registrar_awardfile SET state = 'read' WHERE state = 'preparing'",
        ),
    ]
