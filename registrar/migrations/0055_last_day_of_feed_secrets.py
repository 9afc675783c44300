from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registrar', '0054_what_tokens_were_got_by'),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='secret_ends_on',
            field=models.DateField(blank=True, help_text="As the server's operator says; you are told 30, 7 and 1 days before", null=True, verbose_name='last day of the secret'),
        ),
    ]
