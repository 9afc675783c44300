import django.contrib.postgres.functions
import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # What a database that was made step by step has behind it.
    replaces = [('skills', '0001_initial'), ('skills', '0002_editions_and_wordings'), ('skills', '0003_wordings_so_far'), ('skills', '0004_search_texts'), ('skills', '0005_crosswalk'), ('skills', '0006_competencies_stay_whole'), ('skills', '0007_skill_meanings'), ('skills', '0008_rows_tell_when_they_changed')]

    initial = True

    dependencies = [
        ('auth', '__first__'),
    ]

    operations = [
        django.contrib.postgres.operations.TrigramExtension(
        ),
        migrations.CreateModel(
            name='Skill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, help_text="In our addresses; the publisher's own where that is one", unique=True, verbose_name='UUID')),
                ('identifier', models.CharField(max_length=200)),
                ('uri', models.CharField(max_length=1000, verbose_name='URI')),
                ('code', models.CharField(blank=True, max_length=200)),
                ('label', models.CharField(blank=True, max_length=500, verbose_name='short label')),
                ('statement', models.TextField()),
                ('kind', models.CharField(choices=[('competency', 'Competency'), ('skill', 'Skill'), ('knowledge', 'Knowledge'), ('ability', 'Ability'), ('category', 'Category'), ('other', 'Other')], default='other', max_length=12)),
                ('kind_at_source', models.CharField(blank=True, max_length=200)),
                ('other_labels', models.JSONField(db_default=[], default=list)),
                ('keywords', models.JSONField(default=list)),
                ('language', models.CharField(blank=True, max_length=20)),
                ('education_levels', models.JSONField(db_default=[], default=list)),
                ('notes', models.TextField(blank=True)),
                ('starts_on', models.DateField(null=True)),
                ('ends_on', models.DateField(null=True)),
                ('details', models.JSONField(db_default={}, default=dict, help_text="What else its source says, in the source's words")),
                ('changed_on_source', models.DateTimeField(null=True, verbose_name='last change at its source')),
                ('worded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='worded like this since')),
                ('retired_at', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
            ],
            options={
                'ordering': ['framework', 'code', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Framework',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, help_text="In our addresses; the publisher's own where that is one", unique=True, verbose_name='UUID')),
                ('identifier', models.CharField(help_text='As its publisher gave it', max_length=200, unique=True)),
                ('uri', models.CharField(max_length=1000, verbose_name='URI')),
                ('title', models.CharField(max_length=500)),
                ('creator', models.CharField(blank=True, max_length=500)),
                ('publisher', models.CharField(blank=True, max_length=500)),
                ('description', models.TextField(blank=True)),
                ('type', models.CharField(blank=True, max_length=200)),
                ('version', models.CharField(blank=True, max_length=100)),
                ('language', models.CharField(blank=True, max_length=20)),
                ('official_url', models.CharField(blank=True, max_length=1000, verbose_name='official URL')),
                ('adoption_status', models.CharField(blank=True, max_length=100)),
                ('case_version', models.CharField(blank=True, max_length=10, verbose_name='CASE version')),
                ('notes', models.TextField(blank=True)),
                ('subjects', models.JSONField(db_default=[], default=list)),
                ('starts_on', models.DateField(null=True)),
                ('ends_on', models.DateField(null=True)),
                ('definitions', models.JSONField(db_default=[], default=list)),
                ('details', models.JSONField(db_default={}, default=dict)),
                ('changed_on_source', models.DateTimeField(null=True, verbose_name='last change at its source')),
                ('is_own', models.BooleanField(default=False, help_text='Shown first when choosing', verbose_name='our own')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
            ],
            options={
                'ordering': ['-is_own', 'title'],
                'indexes': [models.Index(fields=['updated_at', 'id'], name='frameworks_by_change')],
                'triggers': [pgtrigger.compiler.Trigger(name='framework_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='e85d047c3f02eecc9b2e5d12a8508c24c79cd03f', operation='INSERT OR UPDATE', pgid='pgtrigger_framework_tells_when_it_changed_59ba2', table='skills_framework', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Competency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(blank=True, max_length=200)),
                ('label', models.CharField(blank=True, max_length=500, verbose_name='short label')),
                ('statement', models.TextField()),
                ('context', models.TextField(blank=True, help_text='Where, with whom and under which conditions it is shown')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('superseded', 'Superseded')], default='draft', max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('published_at', models.DateTimeField(null=True)),
                ('superseded_at', models.DateTimeField(null=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='competencies', to='skills.framework')),
            ],
            options={
                'verbose_name_plural': 'competencies',
                'ordering': ['framework', 'code', 'id'],
                'permissions': [('draft_competency', 'Can draft competencies'), ('publish_competency', 'Can publish competencies')],
            },
        ),
        migrations.CreateModel(
            name='FrameworkImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(help_text='File name or address', max_length=1000)),
                ('format', models.CharField(blank=True, max_length=30)),
                ('sha256', models.CharField(max_length=64)),
                ('client', models.CharField(blank=True, help_text='The system that asked for it', max_length=200)),
                ('at', models.DateTimeField()),
                ('new', models.PositiveIntegerField()),
                ('changed', models.PositiveIntegerField()),
                ('retired', models.PositiveIntegerField()),
                ('unchanged', models.PositiveIntegerField()),
                ('differences', models.JSONField(default=list)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='skills.framework')),
            ],
            options={
                'ordering': ['-at'],
                'permissions': [('import_framework', 'Can import frameworks')],
                'triggers': [pgtrigger.compiler.Trigger(name='framework_import_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3a317e6de5367d33a2969122fc7d7a83260c09f4', operation='UPDATE OR DELETE', pgid='pgtrigger_framework_import_is_append_only_eea97', table='skills_frameworkimport', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Edition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('version', models.CharField(blank=True, max_length=100)),
                ('at', models.DateTimeField()),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='editions', to='skills.framework')),
                ('made_by', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='edition', to='skills.frameworkimport')),
            ],
            options={
                'ordering': ['framework', '-number'],
                'constraints': [models.UniqueConstraint(fields=('framework', 'number'), name='edition_has_a_number_of_its_own')],
                'triggers': [pgtrigger.compiler.Trigger(name='edition_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2a71774147a58510e29901d293428917d888d8df', operation='UPDATE OR DELETE', pgid='pgtrigger_edition_is_append_only_7fd7b', table='skills_edition', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Rubric',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identifier', models.CharField(max_length=200)),
                ('uri', models.CharField(max_length=1000, verbose_name='URI')),
                ('title', models.TextField(blank=True)),
                ('description', models.TextField(blank=True)),
                ('criteria', models.JSONField(default=list)),
                ('details', models.JSONField(default=dict)),
                ('changed_on_source', models.DateTimeField(null=True, verbose_name='last change at its source')),
                ('began_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('retired_at', models.DateTimeField(null=True)),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rubrics', to='skills.framework')),
            ],
            options={
                'ordering': ['framework', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('framework', 'identifier'), name='rubric_is_once_in_its_framework')],
                'triggers': [pgtrigger.compiler.Trigger(name='rubric_is_superseded_not_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."began_at" IS DISTINCT FROM (NEW."began_at") OR OLD."criteria" IS DISTINCT FROM (NEW."criteria") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."details" IS DISTINCT FROM (NEW."details") OR OLD."framework_id" IS DISTINCT FROM (NEW."framework_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."identifier" IS DISTINCT FROM (NEW."identifier") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."uri" IS DISTINCT FROM (NEW."uri"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='a93a3ca40d5ebd7418b131403006e9d559a1cb78', operation='UPDATE', pgid='pgtrigger_rubric_is_superseded_not_edited_dabd3', table='skills_rubric', when='BEFORE')), pgtrigger.compiler.Trigger(name='rubric_is_retired_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='599eb6ae3c866bfc07910bbc81485be47a0914e8', operation='DELETE', pgid='pgtrigger_rubric_is_retired_not_deleted_e94d0', table='skills_rubric', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('skill', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='search_text', serialize=False, to='skills.skill')),
                ('code', models.TextField()),
                ('name', models.TextField()),
                ('words', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['words'], name='skills_by_words'), models.Index(django.contrib.postgres.indexes.OpClass('code', name='text_pattern_ops'), name='skills_by_code')],
            },
        ),
        migrations.CreateModel(
            name='SkillMeaning',
            fields=[
                ('skill', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='meaning', serialize=False, to='skills.skill')),
                ('said', models.TextField()),
                ('model', models.TextField()),
                ('numbers', models.BinaryField()),
                ('learnt_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length('numbers'), 1536), name='a_meaning_has_384_numbers')],
            },
        ),
        migrations.AddField(
            model_name='skill',
            name='framework',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='skills', to='skills.framework'),
        ),
        migrations.CreateModel(
            name='Component',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('knowledge', 'Knowledge'), ('skill', 'Skill'), ('behaviour', 'Behaviour')], max_length=10)),
                ('position', models.PositiveIntegerField()),
                ('competency', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='components', to='skills.competency')),
                ('skill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='component_of', to='skills.skill')),
            ],
            options={
                'ordering': ['competency', 'position', 'id'],
                'constraints': [models.UniqueConstraint(fields=('competency', 'skill'), name='component_is_once_in_its_competency')],
                'triggers': [pgtrigger.compiler.Trigger(name='published_competency_gains_no_component', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT FROM skills_competency WHERE id = NEW.competency_id AND state <> 'draft'\n    ) THEN\n        RAISE EXCEPTION 'The components of a published competency do not change';\n    END IF;\n    RETURN COALESCE(NEW, OLD);\n", hash='16691a04e2b8fc818547f22246553f1a98d1524a', operation='INSERT OR UPDATE', pgid='pgtrigger_published_competency_gains_no_component_867aa', table='skills_component', when='BEFORE')), pgtrigger.compiler.Trigger(name='published_competency_loses_no_component', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT FROM skills_competency WHERE id = OLD.competency_id AND state <> 'draft'\n    ) THEN\n        RAISE EXCEPTION 'The components of a published competency do not change';\n    END IF;\n    RETURN COALESCE(NEW, OLD);\n", hash='e3781e62571db95740ead3611932537fabd65c85', operation='DELETE OR UPDATE', pgid='pgtrigger_published_competency_loses_no_component_e17f3', table='skills_component', when='BEFORE'))],
            },
        ),
        migrations.AddField(
            model_name='competency',
            name='skill',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='competencies', to='skills.skill'),
        ),
        migrations.CreateModel(
            name='Association',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identifier', models.CharField(max_length=200)),
                ('uri', models.CharField(blank=True, max_length=1000, verbose_name='URI')),
                ('kind', models.CharField(help_text='associationType, e.g. isChildOf', max_length=100)),
                ('kind_at_source', models.CharField(blank=True, max_length=200)),
                ('origin_uri', models.CharField(max_length=1000)),
                ('origin_title', models.TextField(blank=True)),
                ('destination_uri', models.CharField(max_length=1000)),
                ('destination_title', models.TextField(blank=True)),
                ('sequence', models.IntegerField(null=True)),
                ('grouping', models.CharField(blank=True, max_length=200)),
                ('notes', models.TextField(blank=True)),
                ('details', models.JSONField(db_default={}, default=dict)),
                ('changed_on_source', models.DateTimeField(null=True, verbose_name='last change at its source')),
                ('began_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('retired_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('accepted', 'Accepted'), ('rejected', 'Rejected')], default='accepted', max_length=10)),
                ('client', models.CharField(blank=True, db_default='', default='', help_text='The system that proposed it', max_length=200)),
                ('reason', models.TextField(blank=True, help_text='Why it was proposed')),
                ('likeness', models.FloatField(help_text='Of the two texts, where that was the reason', null=True)),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('comment', models.TextField(blank=True, help_text='Why it was accepted or rejected')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edition', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='associations', to='skills.edition')),
                ('framework', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='associations', to='skills.framework')),
                ('destination', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='skills.skill')),
                ('origin', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='outgoing', to='skills.skill')),
            ],
            options={
                'ordering': ['framework', 'sequence', 'id'],
                'permissions': [('propose_association', 'Can propose a link between skills of two frameworks'), ('review_association', 'Can accept or reject a proposed link')],
                'indexes': [models.Index(fields=['updated_at', 'id'], name='associations_by_change')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('framework', 'identifier'), name='association_is_once_in_its_framework'), models.UniqueConstraint(condition=models.Q(('framework', None), ('retired_at', None), models.Q(('state', 'rejected'), _negated=True)), fields=('origin', 'kind', 'destination'), name='crosswalk_says_a_thing_once'), models.UniqueConstraint(condition=models.Q(('destination', None), ('framework', None), ('retired_at', None), models.Q(('state', 'rejected'), _negated=True)), fields=('origin', 'kind', 'destination_uri'), name='crosswalk_leads_outside_once'), models.CheckConstraint(condition=models.Q(('origin__isnull', True), models.Q(('origin', models.F('destination')), _negated=True), _connector='OR'), name='association_joins_two_things'), models.CheckConstraint(condition=models.Q(models.Q(('client', ''), ('framework__isnull', False), ('proposed_by__isnull', True), ('state', 'accepted')), models.Q(('framework__isnull', True), ('origin__isnull', False), models.Q(('proposed_by__isnull', False), models.Q(('client', ''), _negated=True), _connector='OR')), _connector='OR'), name='association_is_a_frameworks_or_proposed'), models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(('reviewed_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='association_is_reviewed_by_a_second_person'), models.CheckConstraint(condition=models.Q(models.Q(('framework__isnull', False), ('reviewed_by__isnull', True)), models.Q(('reviewed_at__isnull', True), ('reviewed_by__isnull', True), ('state', 'proposed')), models.Q(models.Q(('state', 'proposed'), _negated=True), ('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='association_beyond_proposed_has_been_reviewed')],
                'triggers': [pgtrigger.compiler.Trigger(name='association_is_superseded_not_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."began_at" IS DISTINCT FROM (NEW."began_at") OR OLD."client" IS DISTINCT FROM (NEW."client") OR OLD."destination_uri" IS DISTINCT FROM (NEW."destination_uri") OR OLD."details" IS DISTINCT FROM (NEW."details") OR OLD."edition_id" IS DISTINCT FROM (NEW."edition_id") OR OLD."framework_id" IS DISTINCT FROM (NEW."framework_id") OR OLD."grouping" IS DISTINCT FROM (NEW."grouping") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."identifier" IS DISTINCT FROM (NEW."identifier") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."kind_at_source" IS DISTINCT FROM (NEW."kind_at_source") OR OLD."likeness" IS DISTINCT FROM (NEW."likeness") OR OLD."notes" IS DISTINCT FROM (NEW."notes") OR OLD."origin_uri" IS DISTINCT FROM (NEW."origin_uri") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."sequence" IS DISTINCT FROM (NEW."sequence") OR OLD."uri" IS DISTINCT FROM (NEW."uri"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='0d4194613266b4f847337e4e795bef3bd6cd59a6', operation='UPDATE', pgid='pgtrigger_association_is_superseded_not_edited_10689', table='skills_association', when='BEFORE')), pgtrigger.compiler.Trigger(name='association_is_retired_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='1e596388aed7017767ac97fec2ed87277e704121', operation='DELETE', pgid='pgtrigger_association_is_retired_not_deleted_5ea69', table='skills_association', when='BEFORE')), pgtrigger.compiler.Trigger(name='association_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='7b16065208329f2807d019fa09131ff041d4b9d8', operation='INSERT OR UPDATE', pgid='pgtrigger_association_tells_when_it_changed_8721b', table='skills_association', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('word', models.TextField(primary_key=True, serialize=False)),
            ],
            options={
                'indexes': [models.Index(django.contrib.postgres.indexes.OpClass('word', name='text_pattern_ops'), name='words_by_beginning'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('word', name='gin_trgm_ops'), name='words_by_likeness')],
            },
        ),
        migrations.CreateModel(
            name='SkillWording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uri', models.CharField(max_length=1000, verbose_name='URI')),
                ('code', models.CharField(blank=True, max_length=200)),
                ('label', models.CharField(blank=True, max_length=500, verbose_name='short label')),
                ('statement', models.TextField()),
                ('kind', models.CharField(choices=[('competency', 'Competency'), ('skill', 'Skill'), ('knowledge', 'Knowledge'), ('ability', 'Ability'), ('category', 'Category'), ('other', 'Other')], max_length=12)),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('skill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wordings', to='skills.skill')),
            ],
            options={
                'ordering': ['skill', 'began_at'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('skill',), name='skill_has_one_wording_at_a_time'), models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('began_at')), _connector='OR'), name='wording_ends_after_it_began')],
                'triggers': [pgtrigger.compiler.Trigger(name='wording_is_superseded_not_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."began_at" IS DISTINCT FROM (NEW."began_at") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."label" IS DISTINCT FROM (NEW."label") OR OLD."skill_id" IS DISTINCT FROM (NEW."skill_id") OR OLD."statement" IS DISTINCT FROM (NEW."statement") OR OLD."uri" IS DISTINCT FROM (NEW."uri"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='1c430a90ad18df3ef48612965ec12720c7bb5e05', operation='UPDATE', pgid='pgtrigger_wording_is_superseded_not_edited_079b3', table='skills_skillwording', when='BEFORE')), pgtrigger.compiler.Trigger(name='wording_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='0f5e8db891c3ca9a93246b67a70be4ede0052cc1', operation='DELETE', pgid='pgtrigger_wording_is_not_deleted_a9ced', table='skills_skillwording', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('compared_at', models.DateTimeField(null=True)),
                ('pairs', models.JSONField(default=list)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('left', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='skills.framework')),
                ('right', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='skills.framework')),
            ],
            options={
                'ordering': ['-asked_at'],
                'constraints': [models.UniqueConstraint(fields=('left', 'right'), name='two_frameworks_are_compared_once'), models.CheckConstraint(condition=models.Q(('left', models.F('right')), _negated=True), name='comparison_is_of_two_frameworks')],
            },
        ),
        migrations.CreateModel(
            name='ColumnMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('header', models.JSONField(help_text="The sheet's own names of its columns, in their order")),
                ('columns', models.JSONField(help_text='For each thing that we know of a skill, its column')),
                ('kind', models.CharField(help_text='Of skills that say no kind themselves', max_length=12)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='column_mappings', to='skills.framework')),
            ],
            options={
                'ordering': ['-at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('columns', {}), _negated=True), name='column_mapping_reads_some_column')],
            },
        ),
        migrations.AddIndex(
            model_name='skill',
            index=models.Index(fields=['updated_at', 'id'], name='skills_by_change'),
        ),
        migrations.AddIndex(
            model_name='skill',
            index=models.Index(fields=['uri'], name='skill_by_uri'),
        ),
        migrations.AddConstraint(
            model_name='skill',
            constraint=models.UniqueConstraint(fields=('framework', 'identifier'), name='skill_is_once_in_its_framework'),
        ),
        migrations.AddConstraint(
            model_name='competency',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('skill',), name='competency_has_one_draft'),
        ),
        migrations.AddConstraint(
            model_name='competency',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('skill',), name='competency_has_one_published_wording'),
        ),
        migrations.AddConstraint(
            model_name='competency',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), models.Q(('published_at__isnull', False), ('published_by__isnull', False), ('skill__isnull', False)), _connector='OR'), name='published_competency_is_a_skill'),
        ),
        migrations.AddConstraint(
            model_name='competency',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), ('context__regex', '\\S'), _connector='OR'), name='published_competency_has_a_context'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='skill',
            trigger=pgtrigger.compiler.Trigger(name='skill_is_retired_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='c865e76fb48d6bd44be64d995e1017957fc49a0b', operation='DELETE', pgid='pgtrigger_skill_is_retired_not_deleted_fea2a', table='skills_skill', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='skill',
            trigger=pgtrigger.compiler.Trigger(name='wording_of_a_new_skill_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO skills_skillwording (skill_id, "uri", "code", "label", "statement", "kind", began_at, ended_at)\n            SELECT n.id, n."uri", n."code", n."label", n."statement", n."kind", n.worded_at,\n                   CASE WHEN n.retired_at IS NOT NULL\n                        THEN GREATEST(n.retired_at, n.worded_at) END\n            FROM new_rows n;\n            RETURN NULL;\n        ', hash='449146c28fb42f5bbf3869c8a4379461d7ed1598', level='STATEMENT', operation='INSERT', pgid='pgtrigger_wording_of_a_new_skill_is_kept_a65f9', referencing='REFERENCING NEW TABLE AS new_rows ', table='skills_skill', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='skill',
            trigger=pgtrigger.compiler.Trigger(name='former_wording_of_a_skill_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            UPDATE skills_skillwording w\n            SET ended_at = GREATEST(\n                w.began_at,\n                CASE WHEN n.retired_at IS NOT NULL THEN n.retired_at ELSE CASE WHEN n.worded_at > o.worded_at THEN n.worded_at ELSE clock_timestamp() END END\n            )\n            FROM old_rows o JOIN new_rows n ON n.id = o.id\n            WHERE w.skill_id = n.id AND w.ended_at IS NULL\n                  AND (n.retired_at IS NOT NULL OR n."uri" IS DISTINCT FROM o."uri" OR n."code" IS DISTINCT FROM o."code" OR n."label" IS DISTINCT FROM o."label" OR n."statement" IS DISTINCT FROM o."statement" OR n."kind" IS DISTINCT FROM o."kind");\n            INSERT INTO skills_skillwording (skill_id, "uri", "code", "label", "statement", "kind", began_at)\n            SELECT n.id, n."uri", n."code", n."label", n."statement", n."kind", CASE WHEN n.worded_at > o.worded_at THEN n.worded_at ELSE clock_timestamp() END\n            FROM old_rows o JOIN new_rows n ON n.id = o.id\n            WHERE n.retired_at IS NULL AND (o.retired_at IS NOT NULL OR n."uri" IS DISTINCT FROM o."uri" OR n."code" IS DISTINCT FROM o."code" OR n."label" IS DISTINCT FROM o."label" OR n."statement" IS DISTINCT FROM o."statement" OR n."kind" IS DISTINCT FROM o."kind");\n            RETURN NULL;\n        ', hash='a0f91ec248bb9a166c2316fab8ea64f20a9f55d2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_former_wording_of_a_skill_is_kept_65662', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='skills_skill', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='skill',
            trigger=pgtrigger.compiler.Trigger(name='new_skill_is_found_by_its_words', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    PERFORM pg_advisory_xact_lock(3, 0);\n    WITH texts AS (\n        INSERT INTO skills_searchtext (skill_id, code, name, words)\n        SELECT n.id, btrim(translate(regexp_replace(normalize(lower(left(n.code, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), btrim(translate(regexp_replace(normalize(lower(left(COALESCE(NULLIF(n.label, ''), n.statement), 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), setweight(to_tsvector('simple', translate(regexp_replace(normalize(lower(left(COALESCE(NULLIF(n.label, ''), n.statement) || ' ' || n.code, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'A') || setweight(to_tsvector('english', translate(regexp_replace(normalize(lower(left(COALESCE(NULLIF(n.label, ''), n.statement) || ' ' || n.code, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'A') || setweight(to_tsvector('simple', translate(regexp_replace(normalize(lower(left((SELECT COALESCE(string_agg(each, ' '), '') FROM jsonb_array_elements_text(n.other_labels || n.keywords) each), 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'B') || setweight(to_tsvector('english', translate(regexp_replace(normalize(lower(left((SELECT COALESCE(string_agg(each, ' '), '') FROM jsonb_array_elements_text(n.other_labels || n.keywords) each), 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'B') || setweight(to_tsvector('simple', translate(regexp_replace(normalize(lower(left(CASE WHEN n.label = '' THEN '' ELSE n.statement END, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'C') || setweight(to_tsvector('english', translate(regexp_replace(normalize(lower(left(CASE WHEN n.label = '' THEN '' ELSE n.statement END, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'C')\n        FROM new_rows n\n        ON CONFLICT (skill_id) DO UPDATE\n        SET code = EXCLUDED.code, name = EXCLUDED.name, words = EXCLUDED.words\n        RETURNING words\n    )\n    INSERT INTO skills_searchword (word)\n    SELECT DISTINCT word FROM texts, unnest(tsvector_to_array(words)) word\n    WHERE length(word) BETWEEN 3 AND 40 AND word !~ '[0-9]'\n    ON CONFLICT DO NOTHING;\n    RETURN NULL;\n", hash='5e73c93bada4b9782660b835ee4f612889012547', level='STATEMENT', operation='INSERT', pgid='pgtrigger_new_skill_is_found_by_its_words_d45de', referencing='REFERENCING NEW TABLE AS new_rows ', table='skills_skill', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='skill',
            trigger=pgtrigger.compiler.Trigger(name='reworded_skill_is_found_by_its_words', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    PERFORM pg_advisory_xact_lock(3, 0);\n    WITH texts AS (\n        INSERT INTO skills_searchtext (skill_id, code, name, words)\n        SELECT n.id, btrim(translate(regexp_replace(normalize(lower(left(n.code, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), btrim(translate(regexp_replace(normalize(lower(left(COALESCE(NULLIF(n.label, ''), n.statement), 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), setweight(to_tsvector('simple', translate(regexp_replace(normalize(lower(left(COALESCE(NULLIF(n.label, ''), n.statement) || ' ' || n.code, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'A') || setweight(to_tsvector('english', translate(regexp_replace(normalize(lower(left(COALESCE(NULLIF(n.label, ''), n.statement) || ' ' || n.code, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'A') || setweight(to_tsvector('simple', translate(regexp_replace(normalize(lower(left((SELECT COALESCE(string_agg(each, ' '), '') FROM jsonb_array_elements_text(n.other_labels || n.keywords) each), 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'B') || setweight(to_tsvector('english', translate(regexp_replace(normalize(lower(left((SELECT COALESCE(string_agg(each, ' '), '') FROM jsonb_array_elements_text(n.other_labels || n.keywords) each), 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'B') || setweight(to_tsvector('simple', translate(regexp_replace(normalize(lower(left(CASE WHEN n.label = '' THEN '' ELSE n.statement END, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'C') || setweight(to_tsvector('english', translate(regexp_replace(normalize(lower(left(CASE WHEN n.label = '' THEN '' ELSE n.statement END, 20000)), NFKD), '[\\u0300-\\u036f]', '', 'g'), './\\-_:@&', '        ')), 'C')\n        FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE (n.code, n.label, n.statement, n.other_labels, n.keywords) IS DISTINCT FROM (o.code, o.label, o.statement, o.other_labels, o.keywords)\n        ON CONFLICT (skill_id) DO UPDATE\n        SET code = EXCLUDED.code, name = EXCLUDED.name, words = EXCLUDED.words\n        RETURNING words\n    )\n    INSERT INTO skills_searchword (word)\n    SELECT DISTINCT word FROM texts, unnest(tsvector_to_array(words)) word\n    WHERE length(word) BETWEEN 3 AND 40 AND word !~ '[0-9]'\n    ON CONFLICT DO NOTHING;\n    RETURN NULL;\n", hash='11d3661fcfc75253ff9ac5a9228edb62f17136aa', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_reworded_skill_is_found_by_its_words_0362f', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='skills_skill', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='skill',
            trigger=pgtrigger.compiler.Trigger(name='skill_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='fbda48a78ca03d86228ae89c7cf6cd2570a696f1', operation='INSERT OR UPDATE', pgid='pgtrigger_skill_tells_when_it_changed_06f5f', table='skills_skill', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='competency',
            trigger=pgtrigger.compiler.Trigger(name='published_competency_does_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> 'draft' AND (NEW.state = 'draft' OR OLD.state = 'superseded' AND NEW.state <> OLD.state OR (OLD.framework_id, OLD.skill_id, OLD.code, OLD.label, OLD.statement, OLD.context, OLD.author_id, OLD.published_by_id, OLD.published_at) IS DISTINCT FROM (NEW.framework_id, NEW.skill_id, NEW.code, NEW.label, NEW.statement, NEW.context, NEW.author_id, NEW.published_by_id, NEW.published_at)))", func="RAISE EXCEPTION 'A published competency does not change';", hash='583f873bddd9bf2c6a225b065f03ff9b76ce466a', operation='UPDATE', pgid='pgtrigger_published_competency_does_not_change_a1b49', table='skills_competency', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='competency',
            trigger=pgtrigger.compiler.Trigger(name='published_competency_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> 'draft')", func="RAISE EXCEPTION 'A published competency is not deleted';", hash='cf3e23e0dfdf95ee41fab0e252e5430cfd36d629', operation='DELETE', pgid='pgtrigger_published_competency_is_not_deleted_898d1', table='skills_competency', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='competency',
            trigger=pgtrigger.compiler.Trigger(name='published_competency_has_components', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state = 'published')", func="\n            IF NOT EXISTS (SELECT FROM skills_component WHERE competency_id = NEW.id) THEN\n                RAISE EXCEPTION 'A published competency has components';\n            END IF;\n            RETURN NEW;\n        ", hash='7d6b8f13ebde757f7062339e5400f570fe705e82', operation='UPDATE OR INSERT', pgid='pgtrigger_published_competency_has_components_28e9e', table='skills_competency', when='BEFORE')),
        ),
    ]
