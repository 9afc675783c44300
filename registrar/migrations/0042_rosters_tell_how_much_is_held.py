from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registrar", "0041_sheets_read_as"),
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
