"""Keeps the wordings of skills, and counts the editions, that were there before both were kept."""

from django.db import migrations

WORDINGS = """
    INSERT INTO skills_skillwording
        (skill_id, uri, code, label, statement, kind, began_at, ended_at)
    SELECT id, uri, code, label, statement, kind, worded_at,
           CASE WHEN retired_at IS NOT NULL THEN GREATEST(retired_at, worded_at) END
    FROM skills_skill
"""
# The versions of former editions were not kept; what is held now is the last one's.
EDITIONS = """
    INSERT INTO skills_edition (framework_id, number, version, at, made_by_id)
    SELECT i.framework_id,
           row_number() OVER (PARTITION BY i.framework_id ORDER BY i.at),
           CASE WHEN i.at = max(i.at) OVER (PARTITION BY i.framework_id)
                THEN f.version ELSE '' END,
           i.at, i.id
    FROM skills_frameworkimport i JOIN skills_framework f ON f.id = i.framework_id
    WHERE i.new + i.changed + i.retired > 0
"""


class Migration(migrations.Migration):
    dependencies = [("skills", "0002_editions_and_wordings")]

    operations = [
        migrations.RunSQL([WORDINGS, EDITIONS], migrations.RunSQL.noop),
    ]
