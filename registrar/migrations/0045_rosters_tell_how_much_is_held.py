from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registrar", "0044_successions"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="rosterimport",
            name="modes",
        ),
        migrations.AddField(
            model_name="rosterimport",
            name="living",
            field=models.JSONField(default=dict),
        ),
    ]
