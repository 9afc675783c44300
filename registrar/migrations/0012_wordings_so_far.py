"""Keeps the wordings of the outcomes that were there before wordings were kept."""

from django.db import migrations

WORDINGS = """
    INSERT INTO registrar_outcomewording (outcome_id, statement, holds_from, holds_until)
    SELECT id, statement, holds_from, holds_until FROM registrar_learningoutcome
"""


class Migration(migrations.Migration):
    dependencies = [("registrar", "0011_valid_time")]

    operations = [migrations.RunSQL(WORDINGS, migrations.RunSQL.noop)]
