import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import registrar.models.reminders
import registrar.models.spelling
import uuid
from django.conf import settings
from django.db import migrations, models


class CreateModels(migrations.operations.base.Operation):
    """Creates the models of these operations as they are after the last of them.

    One after the other Django would make its picture of all that are related to each anew, which
    takes most of a minute.
    """

    def __init__(self, operations):
        self.operations = operations

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for model in self._models(app_label, schema_editor, to_state):
            schema_editor.create_model(model)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for model in reversed(self._models(app_label, schema_editor, from_state)):
            schema_editor.delete_model(model)

    def describe(self):
        return "Create all models"

    def _models(self, app_label, schema_editor, state):
        made = [each for each in self.operations if isinstance(each, migrations.CreateModel)]
        models = [state.apps.get_model(app_label, each.name) for each in made]
        alias = schema_editor.connection.alias
        return [model for model in models if self.allow_migrate_model(alias, model)]


class Migration(migrations.Migration):

    # What a database that was made step by step has behind it.
    replaces = [('registrar', '0001_initial'), ('registrar', '0002_sign_in_attempts'), ('registrar', '0003_discarded_rosters'), ('registrar', '0004_indexes_of_long_lists'), ('registrar', '0005_api_clients'), ('registrar', '0006_suspension'), ('registrar', '0007_skill_choices'), ('registrar', '0008_programmes'), ('registrar', '0009_confirmations'), ('registrar', '0010_digests'), ('registrar', '0011_valid_time'), ('registrar', '0012_wordings_so_far'), ('registrar', '0013_marking'), ('registrar', '0014_corrections'), ('registrar', '0015_simulations'), ('registrar', '0016_award_files'), ('registrar', '0017_awarding'), ('registrar', '0018_award_mails'), ('registrar', '0019_nights'), ('registrar', '0020_award_file_clients'), ('registrar', '0021_template_facts'), ('registrar', '0022_kept_answers'), ('registrar', '0023_endings_have_an_author'), ('registrar', '0024_announcements'), ('registrar', '0025_pilots'), ('registrar', '0026_upserts'), ('registrar', '0027_template_proposals'), ('registrar', '0028_policies_alike'), ('registrar', '0029_secrets_and_keys_of_clients'), ('registrar', '0030_telling_learners'), ('registrar', '0031_withdrawal_mails'), ('registrar', '0032_queue_counts'), ('registrar', '0033_feeds_are_pulled'), ('registrar', '0034_learners_at_the_door'), ('registrar', '0035_rows_tell_when_they_changed'), ('registrar', '0036_renewals'), ('registrar', '0037_feeds_by_sftp'), ('registrar', '0038_same_people'), ('registrar', '0039_names_of_hosted'), ('registrar', '0040_chosen_learners'), ('registrar', '0041_sheets_read_as'), ('registrar', '0042_access_of_learners'), ('registrar', '0043_notes_of_rows'), ('registrar', '0044_successions'), ('registrar', '0045_rosters_tell_how_much_is_held'), ('registrar', '0046_templates_by_systems'), ('registrar', '0047_feeds_of_edu_api'), ('registrar', '0048_files_that_list_all'), ('registrar', '0049_feeds_that_send'), ('registrar', '0050_rows_left_out'), ('registrar', '0051_names_without_accents'), ('registrar', '0052_links_of_one_access')]

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('issuer', '0001_squashed_0019'),
        ('oauth2_provider', '0022_refreshtoken_token_family_index'),
        ('skills', '0001_squashed_0008'),
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(
        ),
        CreateModels([
            migrations.CreateModel(
                name='ApiClient',
                fields=[
                    ('application', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='granted', serialize=False, to='oauth2_provider.application')),
                    ('scopes', models.TextField(help_text='Separated by spaces, as in a token')),
                    ('secret_ends_at', models.DateTimeField(null=True)),
                    ('jwks', models.JSONField(help_text='Public keys as a JWK Set', null=True)),
                    ('jwks_uri', models.URLField(blank=True, max_length=500)),
                    ('keys_end_at', models.DateTimeField(null=True)),
                    ('fetched_jwks', models.JSONField(editable=False, null=True)),
                    ('fetched_at', models.DateTimeField(editable=False, null=True)),
                ],
                options={
                    'verbose_name': 'API client',
                },
            ),
            migrations.CreateModel(
                name='Award',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('occasion', models.CharField(blank=True, help_text='What makes it a different award of the same kind, e.g. the offering', max_length=300)),
                    ('generation', models.PositiveSmallIntegerField(default=1)),
                    ('renewal', models.CharField(blank=True, choices=[('rule', 'Earned again by the rule'), ('hand', 'Renewed by hand')], help_text='The one that it follows holds until its end', max_length=4)),
                    ('awarded_on', models.DateField()),
                    ('valid_until', models.DateField(help_text='The last day on which it is valid', null=True)),
                    ('evidence', models.JSONField(default=list, help_text='What bears it out, in the credential: `id` and `narrative`')),
                    ('results', models.JSONField(default=list, help_text='Results that the credential carries: description id and value')),
                    ('reasons', models.JSONField(default=list, help_text='One line per condition of the rule')),
                    ('decided_at', models.DateTimeField(auto_now_add=True)),
                    ('position', models.PositiveIntegerField()),
                    ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.batch')),
                    ('credential', models.OneToOneField(db_constraint=False, default=uuid.uuid4, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='issuer.credential')),
                    ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('replaces', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='registrar.award')),
                ],
                options={
                    'ordering': ['batch', 'position'],
                    'permissions': [('evaluate_award', 'Can evaluate award rules')],
                },
            ),
            migrations.CreateModel(
                name='CredentialTemplate',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('slug', models.SlugField(max_length=100, unique=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                ],
                options={
                    'ordering': ['slug'],
                },
            ),
            migrations.CreateModel(
                name='Digest',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('week', models.CharField(help_text='ISO 8601, for example 2026-W47', max_length=8, unique=True)),
                    ('written_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('mails', models.PositiveIntegerField(default=0)),
                ],
                options={
                    'ordering': ['-written_at'],
                },
            ),
            migrations.CreateModel(
                name='LearnerApp',
                fields=[
                    ('application', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='described', serialize=False, to='oauth2_provider.application')),
                    ('client_uri', models.URLField(max_length=500)),
                    ('logo_uri', models.URLField(max_length=500)),
                    ('tos_uri', models.URLField(max_length=500)),
                    ('policy_uri', models.URLField(max_length=500)),
                    ('software_id', models.CharField(max_length=200)),
                    ('software_version', models.CharField(max_length=100)),
                ],
            ),
            migrations.CreateModel(
                name='LearningOpportunity',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('course', 'Course'), ('activity', 'Activity')], editable=False, max_length=10)),
                    ('source', models.CharField(max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('code', models.CharField(max_length=100)),
                    ('title', models.CharField(max_length=300)),
                    ('description', models.TextField(blank=True)),
                    ('credit', models.CharField(blank=True, choices=[('credit', 'For credit'), ('non-credit', 'Non-credit')], max_length=10)),
                    ('credits', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                    ('hours', models.DecimalField(blank=True, decimal_places=1, max_digits=7, null=True)),
                    ('retired_at', models.DateTimeField(editable=False, null=True)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                ],
                options={
                    'verbose_name': 'learning opportunity',
                    'verbose_name_plural': 'learning opportunities',
                    'ordering': ['code'],
                },
            ),
            migrations.CreateModel(
                name='Revision',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('approved', 'Approved'), ('retired', 'Retired')], default='draft', max_length=10)),
                    ('name', models.CharField(max_length=300)),
                    ('description', models.TextField()),
                    ('criteria', models.TextField(help_text='What one has to do to earn it; Markdown')),
                    ('kind', models.CharField(blank=True, choices=[('degree', 'Degree'), ('diploma', 'Diploma'), ('certificate', 'Certificate'), ('micro-credential', 'Micro-credential'), ('course', 'Course completion'), ('co-curricular', 'Co-curricular activity'), ('competency', 'Competency'), ('membership', 'Membership'), ('licence-preparation', 'Preparation for a licence'), ('honour', 'Prize or honour')], max_length=20)),
                    ('achievement_type', models.CharField(default='Course', max_length=60, verbose_name='Open Badges type')),
                    ('human_code', models.CharField(blank=True, max_length=100, verbose_name='course or catalogue code')),
                    ('language', models.CharField(default='en', max_length=20)),
                    ('credit', models.CharField(blank=True, choices=[('credit', 'For credit'), ('non-credit', 'Without credit'), ('both', 'With or without credit')], max_length=10)),
                    ('credits', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                    ('credit_unit', models.CharField(blank=True, max_length=60, verbose_name='unit of credit')),
                    ('level', models.CharField(blank=True, max_length=100)),
                    ('hours', models.DecimalField(blank=True, decimal_places=1, max_digits=7, null=True, verbose_name='hours of work')),
                    ('assessment', models.CharField(blank=True, choices=[('examination', 'Examination'), ('coursework', 'Coursework'), ('mixed', 'Coursework and examination'), ('project', 'Project or thesis'), ('portfolio', 'Portfolio'), ('practical', 'Practical work that is watched'), ('confirmed', 'Confirmation by somebody responsible'), ('final-result', "All that counts towards the course's final result"), ('parts', 'The assessments of the credentials that it is made of'), ('attendance', 'Attendance; nothing is assessed')], max_length=20)),
                    ('is_supervised', models.BooleanField(null=True, verbose_name='assessed under supervision')),
                    ('identity_checked', models.BooleanField(null=True, verbose_name='identity checked')),
                    ('evidence_rule', models.CharField(choices=[('none', 'No evidence stands in it'), ('optional', 'Evidence may stand in it'), ('required', 'Evidence stands in each')], default='none', max_length=10, verbose_name='evidence')),
                    ('valid_for', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='valid for months')),
                    ('renewal', models.CharField(blank=True, max_length=500)),
                    ('not_stated_because', models.CharField(blank=True, max_length=500, verbose_name='why it does not say so')),
                    ('note', models.TextField(blank=True, help_text='For colleagues; not published', verbose_name='why it is so')),
                    ('image_alternative', models.CharField(blank=True, max_length=300, verbose_name='what the image shows')),
                    ('image', models.TextField(blank=True, help_text='SVG text; empty draws a seal from the name')),
                    ('result_descriptions', models.JSONField(blank=True, default=list, help_text='Which results the credential carries')),
                    ('includes_name', models.BooleanField(default=False, help_text='The name then stands in every credential, for everyone who is shown it', verbose_name="carries the learner's name")),
                    ('status_purpose', models.CharField(choices=[('revocation', 'Revocation'), ('suspension', 'Suspension')], default='revocation', help_text='One of the two: Open Badges allows a credential one status entry', max_length=12, verbose_name='can be taken back by')),
                    ('rule', models.JSONField(blank=True, null=True)),
                    ('awarding', models.CharField(choices=[('hand', 'By hand: somebody evaluates the rule'), ('review', 'To a queue: whoever has earned it is listed for somebody to award'), ('automatic', 'By itself, every night')], default='hand', max_length=9, verbose_name='how it is awarded')),
                    ('tells_learners', models.BooleanField(default=False, help_text='Each when the credential can be opened; whoever prepares a batch may differ', verbose_name='learners are told by mail')),
                    ('client', models.CharField(blank=True, db_default='', help_text='API client that began it', max_length=200)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('submitted_at', models.DateTimeField(null=True)),
                    ('approved_at', models.DateTimeField(null=True)),
                    ('retired_at', models.DateTimeField(null=True)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('achievement', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.achievement')),
                    ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['template', '-number'],
                    'permissions': [('draft_revision', 'Can draft and submit templates'), ('approve_revision', 'Can approve a template that somebody else wrote')],
                },
            ),
            migrations.CreateModel(
                name='Announcement',
                fields=[
                    ('batch', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='issuer.batch')),
                    ('asked_at', models.DateTimeField(auto_now_add=True)),
                    ('told_at', models.DateTimeField(help_text='When every mail of it was written', null=True)),
                ],
                options={
                    'ordering': ['asked_at'],
                    'indexes': [models.Index(condition=models.Q(('told_at__isnull', True)), fields=['asked_at'], name='announcements_that_wait')],
                },
            ),
            migrations.CreateModel(
                name='FormerSecret',
                fields=[
                    ('client', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='former_secret', serialize=False, to='registrar.apiclient')),
                    ('digest', models.CharField(max_length=255)),
                    ('ends_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='AwardFile',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('state', models.CharField(choices=[('reading', 'Reading'), ('read', 'Read'), ('prepared', 'Prepared'), ('refused', 'Refused'), ('discarded', 'Discarded')], default='reading', max_length=10)),
                    ('file_name', models.CharField(max_length=300)),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                    ('content', models.BinaryField(null=True)),
                    ('chosen', models.JSONField(default=dict, help_text='By what learners were chosen, if no file')),
                    ('encoding', models.CharField(blank=True, max_length=40)),
                    ('is_workbook', models.BooleanField(default=False)),
                    ('counts_from_1904', models.BooleanField(default=False)),
                    ('header', models.JSONField(default=list)),
                    ('told', models.JSONField(default=list, help_text='What of the sheet itself is worth a look')),
                    ('read_as', models.JSONField(default=list, help_text='How the sheet is read, in words')),
                    ('columns', models.JSONField(default=dict)),
                    ('orders', models.JSONField(default=dict)),
                    ('days', models.JSONField(default=dict, help_text='How days and digits are written, by field')),
                    ('duplicates', models.CharField(choices=[('skip', 'Leave them out'), ('replace', 'Replace their credential'), ('allow', 'Issue one more')], default='skip', max_length=7)),
                    ('sends_mail', models.BooleanField(default=False)),
                    ('total', models.PositiveIntegerField(default=0)),
                    ('looked_at', models.PositiveIntegerField(default=0)),
                    ('counts', models.JSONField(default=dict)),
                    ('problems', models.JSONField(default=list)),
                    ('fingerprint', models.CharField(blank=True, max_length=64)),
                    ('client', models.CharField(blank=True, help_text='API client that sent it', max_length=200)),
                    ('read_at', models.DateTimeField(auto_now_add=True)),
                    ('prepared_at', models.DateTimeField(null=True)),
                    ('batch', models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.batch')),
                    ('read_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('template', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='award_files', to='registrar.credentialtemplate')),
                ],
                options={
                    'ordering': ['-read_at'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('batch__isnull', False), ('state', 'prepared')), models.Q(models.Q(('state', 'prepared'), _negated=True), ('batch__isnull', True)), _connector='OR'), name='award_file_has_a_batch_when_prepared')],
                },
            ),
            migrations.CreateModel(
                name='CorrectedAward',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('award', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registrar.award')),
                ],
            ),
            migrations.CreateModel(
                name='Correction',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('given_name', models.CharField(max_length=300, null=True)),
                    ('family_name', models.CharField(max_length=300, null=True)),
                    ('email', models.CharField(max_length=320, null=True, verbose_name='e-mail address')),
                    ('was', models.JSONField(default=dict, help_text='What stood there before, by field')),
                    ('as_of_today', models.BooleanField(default=False, help_text='Also with the results and the wording that hold today')),
                    ('leads_on', models.BooleanField(default=True, help_text='The old addresses lead on to the new credentials')),
                    ('tells_learner', models.BooleanField(default=True, help_text='The learner gets a mail with the address of what is new')),
                    ('reason', models.TextField(help_text='What was wrong, and how that was shown')),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('made', 'Made'), ('declined', 'Declined')], default='waiting', max_length=8)),
                    ('needs_second', models.BooleanField(help_text='What the college asked for at the time')),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('decision_reason', models.TextField(blank=True)),
                    ('awards', models.ManyToManyField(related_name='corrections', through='registrar.CorrectedAward', to='registrar.award')),
                    ('batch', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.batch')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-at'],
                    'permissions': [('make_correction', 'Can correct learners and what was issued'), ('confirm_correction', 'Can confirm a correction that somebody else asked for')],
                },
            ),
            migrations.AddField(
                model_name='correctedaward',
                name='correction',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corrected', to='registrar.correction'),
            ),
            migrations.CreateModel(
                name='CorrectionPolicy',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reason', models.TextField(help_text='Why it is so')),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('needs_second', models.BooleanField(default=False, verbose_name='a second person confirms every correction')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name_plural': 'correction policies',
                    'ordering': ['-id'],
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='correction_policy_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e5b46aed1390dbcfa392ebeb39b051bed8accfbf', operation='UPDATE OR DELETE', pgid='pgtrigger_correction_policy_is_append_only_29a3c', table='registrar_correctionpolicy', when='BEFORE')), pgtrigger.compiler.Trigger(name='correction_policy_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: correction_policy rows are facts and stay';", hash='e7b9edb131251b2d558f37fde4958fed97d80e9c', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_correction_policy_is_never_truncated_0fbd1', table='registrar_correctionpolicy', when='BEFORE'))],
                },
            ),
            migrations.AddField(
                model_name='award',
                name='template',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='registrar.credentialtemplate'),
            ),
            migrations.CreateModel(
                name='DigestChoice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('wants_it', models.BooleanField()),
                    ('changed_at', models.DateTimeField(auto_now=True)),
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='digest_choice', to=settings.AUTH_USER_MODEL)),
                ],
            ),
            migrations.CreateModel(
                name='ExpiryWarning',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject', models.CharField(help_text='What ends, as the ledger names it', max_length=200)),
                    ('ends_at', models.DateTimeField()),
                    ('days', models.PositiveSmallIntegerField()),
                    ('at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('subject', 'ends_at', 'days'), name='warning_is_given_once_a_stage')],
                },
            ),
            migrations.CreateModel(
                name='Feed',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=100, unique=True)),
                    ('kind', models.CharField(choices=[('folder', 'Folder of CSV files'), ('oneroster', 'OneRoster API'), ('edu_api', 'Edu-API'), ('sftp', 'SFTP server'), ('api', 'Rows sent to our API')], default='folder', editable=False, max_length=10)),
                    ('folder', models.CharField(blank=True, help_text='In the folder of all feeds', max_length=200)),
                    ('address', models.CharField(blank=True, help_text='Where its collections begin', max_length=300)),
                    ('token_address', models.CharField(blank=True, help_text="Where it gives tokens for the client's id and secret (OAuth 2)", max_length=300, verbose_name='address of tokens')),
                    ('account', models.CharField(blank=True, max_length=200, verbose_name='client id')),
                    ('sealed_secret', models.BinaryField(default=bytes)),
                    ('host_key', models.CharField(blank=True, help_text='As its operator gives it, or ssh-keygen -l prints it: SHA256:...', max_length=100, verbose_name="fingerprint of the host's key")),
                    ('scopes', models.CharField(blank=True, help_text='Empty: those of its specification for reading', max_length=1000)),
                    ('full_every', models.PositiveSmallIntegerField(default=7, help_text='On the days between only what has changed is asked for; 0 asks for all daily', verbose_name='days between whole readings')),
                    ('source', models.CharField(blank=True, help_text="Empty: the one that the roster's manifest names", max_length=100, verbose_name='name of the system')),
                    ('most_wrong', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='percent of rows that may be wrong')),
                    ('most_retired', models.PositiveSmallIntegerField(default=20, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='percent that may be retired')),
                    ('shares_numbers', models.BooleanField(default=False, help_text='Whoever has the same number in another such system is the same person', verbose_name="its learner numbers are the college's own")),
                    ('is_expected_daily', models.BooleanField(default=True, help_text='Somebody is told when none has come', verbose_name='a new roster is expected every day')),
                    ('lists_all', models.BooleanField(default=False, help_text='Who is absent has left the sections named there; OneRoster says so by itself', verbose_name='its Canvas files list all that there is')),
                    ('retired_at', models.DateTimeField(editable=False, null=True)),
                ],
                options={
                    'ordering': ['name'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('most_retired__lte', 100), ('most_wrong__lte', 100)), name='brakes_of_a_feed_are_percentages'), models.UniqueConstraint(condition=models.Q(('kind', 'folder')), fields=('folder',), name='folder_has_one_feed'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'folder'), models.Q(('folder', ''), _negated=True), ('address', '')), models.Q(('kind', 'api'), models.Q(('source', ''), _negated=True), ('address', ''), ('folder', '')), models.Q(models.Q(('kind__in', ['folder', 'api']), _negated=True), models.Q(('address', ''), _negated=True)), _connector='OR'), name='feed_says_where_it_comes_from')],
                },
            ),
            migrations.CreateModel(
                name='KeptAnswer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.CharField(max_length=255)),
                    ('digest', models.CharField(max_length=64)),
                    ('status', models.PositiveSmallIntegerField()),
                    ('headers', models.JSONField(default=dict)),
                    ('body', models.BinaryField()),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='oauth2_provider.application')),
                ],
                options={
                    'indexes': [models.Index(fields=['at'], name='kept_answers_by_age')],
                    'constraints': [models.UniqueConstraint(fields=('application', 'key'), name='answer_is_kept_once_for_a_key')],
                },
            ),
            migrations.CreateModel(
                name='Learner',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('number', models.CharField(blank=True, max_length=100, verbose_name='learner number')),
                    ('given_name', models.CharField(blank=True, max_length=300)),
                    ('family_name', models.CharField(blank=True, max_length=300)),
                    ('email', models.EmailField(blank=True, max_length=320, verbose_name='e-mail address')),
                    ('retired_at', models.DateTimeField(editable=False, null=True)),
                    ('access_number', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                ],
                options={
                    'ordering': ['family_name', 'given_name', 'id'],
                    'indexes': [models.Index(fields=['updated_at', 'id'], name='learners_by_change'), models.Index(fields=['family_name', 'given_name', 'id'], name='learners_by_name'), models.Index(fields=['number'], name='learners_by_number'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('number'), name='gin_trgm_ops'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('email'), name='gin_trgm_ops'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('sourced_id'), name='gin_trgm_ops'), name='learners_by_parts_of_words'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(registrar.models.spelling.Unaccented('given_name'), name='gin_trgm_ops'), django.contrib.postgres.indexes.OpClass(registrar.models.spelling.Unaccented('family_name'), name='gin_trgm_ops'), name='learners_by_parts_of_names')],
                    'constraints': [models.UniqueConstraint(fields=('source', 'sourced_id'), name='learner_is_once_in_its_source')],
                    'triggers': [pgtrigger.compiler.Trigger(name='learner_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='c3f9bef2f087e2f8e15f0dd4bc49211d86158cba', operation='INSERT OR UPDATE', pgid='pgtrigger_learner_tells_when_it_changed_ea48f', table='registrar_learner', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='HostedCredential',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('badge', 'Badge'), ('record', 'Record')], max_length=6)),
                    ('name', models.CharField(blank=True, max_length=300)),
                    ('document_id', models.CharField(max_length=500)),
                    ('issuer_id', models.CharField(max_length=500)),
                    ('text', models.TextField(help_text='As it was sent: JSON, or a token')),
                    ('is_token', models.BooleanField(default=False)),
                    ('is_about_learner', models.BooleanField(help_text="Whether it states the learner's e-mail address or number, and not only an id")),
                    ('valid_from', models.DateTimeField(null=True)),
                    ('received_at', models.DateTimeField()),
                    ('brought_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='oauth2_provider.application')),
                    ('learner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hosted_credentials', to='registrar.learner')),
                ],
                options={
                    'indexes': [models.Index(fields=['learner', 'kind', 'received_at'], name='hosted_by_learner')],
                    'constraints': [models.UniqueConstraint(fields=('learner', 'issuer_id', 'document_id'), name='credential_is_hosted_once_a_learner'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='hosted_credential_has_a_text')],
                },
            ),
            migrations.AddField(
                model_name='correction',
                name='learner',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='registrar.learner'),
            ),
            migrations.CreateModel(
                name='AwardFileRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('cells', models.JSONField(default=list)),
                    ('flaw', models.CharField(blank=True, max_length=20)),
                    ('outcome', models.CharField(choices=[('new', 'New'), ('already', 'Issued already'), ('replace', 'Replaces another'), ('again', 'One more'), ('wrong', 'With errors'), ('left', 'Left out')], max_length=10)),
                    ('problems', models.JSONField(default=list)),
                    ('award', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='file_row', to='registrar.award')),
                    ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='registrar.awardfile')),
                    ('learner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registrar.learner')),
                ],
                options={
                    'ordering': ['file', 'number'],
                    'indexes': [models.Index(fields=['file', 'outcome', 'number'], name='file_rows_by_outcome')],
                    'constraints': [models.UniqueConstraint(fields=('file', 'number'), name='row_is_once_in_its_file'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'wrong'), _negated=True), ('award__isnull', True), _connector='OR'), name='wrong_row_awards_nobody')],
                },
            ),
            migrations.AddField(
                model_name='award',
                name='learner',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='registrar.learner'),
            ),
            migrations.CreateModel(
                name='LearnerAccount',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('stated', models.JSONField(default=dict, help_text='Members of an Open Badges Profile')),
                    ('learner', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='account', to='registrar.learner')),
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='learner_account', to=settings.AUTH_USER_MODEL)),
                ],
            ),
            migrations.CreateModel(
                name='Activity',
                fields=[
                ],
                options={
                    'verbose_name_plural': 'activities',
                    'proxy': True,
                    'indexes': [],
                    'constraints': [],
                },
                bases=('registrar.learningopportunity',),
            ),
            migrations.CreateModel(
                name='Course',
                fields=[
                ],
                options={
                    'proxy': True,
                    'indexes': [],
                    'constraints': [],
                },
                bases=('registrar.learningopportunity',),
            ),
            migrations.CreateModel(
                name='LearningOutcome',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.CharField(max_length=100)),
                    ('statement', models.TextField()),
                    ('worded_from', models.DateField(editable=False, null=True, verbose_name='worded like this from')),
                    ('holds_from', models.DateField(editable=False, null=True)),
                    ('holds_until', models.DateField(editable=False, null=True)),
                    ('retired_at', models.DateTimeField(editable=False, null=True)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('opportunity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outcomes', to='registrar.learningopportunity')),
                ],
                options={
                    'ordering': ['opportunity', 'code'],
                    'indexes': [models.Index(fields=['updated_at', 'id'], name='outcomes_by_change')],
                    'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('code', '='), (models.Func(models.F('holds_from'), models.F('holds_until'), output_field=django.contrib.postgres.fields.ranges.DateRangeField(), template="daterange(%(expressions)s + 1, '[)')"), '&&')], name='outcome_code_is_used_once'), models.CheckConstraint(condition=models.Q(('holds_from', None), ('holds_until', None), ('holds_until__gte', models.Func(models.F('holds_from'), template='(%(expressions)s - 1)')), _connector='OR'), name='outcome_ends_after_it_began'), models.CheckConstraint(condition=models.Q(models.Q(('holds_until', None), ('retired_at', None)), models.Q(('holds_until__isnull', False), ('retired_at__isnull', False)), _connector='OR'), name='retired_outcome_has_a_last_day')],
                    'triggers': [pgtrigger.compiler.Trigger(name='outcome_is_retired_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='36a5a534f7aed7dcf1821eb8229ad8580b1721ff', operation='DELETE', pgid='pgtrigger_outcome_is_retired_not_deleted_b1d37', table='registrar_learningoutcome', when='BEFORE')), pgtrigger.compiler.Trigger(name='wording_of_a_new_outcome_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO registrar_outcomewording (outcome_id, statement, holds_from, holds_until)\n            SELECT n.id, n.statement, n.holds_from, n.holds_until FROM new_rows n;\n            RETURN NULL;\n        ', hash='c6721e456eb36bef0a121b7eb358039440881f14', level='STATEMENT', operation='INSERT', pgid='pgtrigger_wording_of_a_new_outcome_is_kept_33f9d', referencing='REFERENCING NEW TABLE AS new_rows ', table='registrar_learningoutcome', when='AFTER')), pgtrigger.compiler.Trigger(name='former_wording_of_an_outcome_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            UPDATE registrar_outcomewording w\n            SET holds_until = GREATEST(\n                w.holds_from - 1,\n                CASE WHEN n.statement IS DISTINCT FROM o.statement THEN COALESCE(n.worded_from, CURRENT_DATE) - 1 ELSE n.holds_until END\n            )\n            FROM old_rows o JOIN new_rows n ON n.id = o.id\n            WHERE w.outcome_id = n.id AND w.holds_until IS NULL\n                  AND (n.statement IS DISTINCT FROM o.statement OR n.holds_until IS NOT NULL);\n            INSERT INTO registrar_outcomewording (outcome_id, statement, holds_from, holds_until)\n            SELECT n.id, n.statement, COALESCE(n.worded_from, CURRENT_DATE), n.holds_until\n            FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE n.statement IS DISTINCT FROM o.statement;\n            RETURN NULL;\n        ', hash='f8c4ed7e05d6d3e0a79686ec13ac9ae0ed043a52', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_former_wording_of_an_outcome_is_kept_17545', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='registrar_learningoutcome', when='AFTER')), pgtrigger.compiler.Trigger(name='outcome_is_ended_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.holds_until IS NOT NULL AND OLD.holds_until IS DISTINCT FROM NEW.holds_until)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='272a29153209859f1d9fd9d33bb09378f93b2f94', operation='UPDATE', pgid='pgtrigger_outcome_is_ended_once_bfb69', table='registrar_learningoutcome', when='BEFORE')), pgtrigger.compiler.Trigger(name='outcome_keeps_its_place', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."holds_from" IS DISTINCT FROM (NEW."holds_from") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."opportunity_id" IS DISTINCT FROM (NEW."opportunity_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='8f34f8268777e17f589faae822fc517fcc7ce1ee', operation='UPDATE', pgid='pgtrigger_outcome_keeps_its_place_74446', table='registrar_learningoutcome', when='BEFORE')), pgtrigger.compiler.Trigger(name='outcome_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='0dfa06f8830565f820fb24a033cebeec7aab486d', operation='INSERT OR UPDATE', pgid='pgtrigger_outcome_tells_when_it_changed_90413', table='registrar_learningoutcome', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Mapping',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('state', models.CharField(choices=[('open', 'Open'), ('submitted', 'Submitted'), ('accepted', 'Accepted'), ('returned', 'Returned')], default='open', max_length=10)),
                    ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('submitted_at', models.DateTimeField(null=True)),
                    ('reviewed_at', models.DateTimeField(null=True)),
                    ('is_carried', models.BooleanField(default=False, help_text='Nothing in it was new')),
                    ('opportunity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mappings', to='registrar.learningopportunity')),
                    ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('submitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['opportunity', 'term'],
                },
            ),
            migrations.CreateModel(
                name='MappingConfirmation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('mapping', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmations', to='registrar.mapping')),
                ],
                options={
                    'ordering': ['mapping', 'id'],
                    'triggers': [pgtrigger.compiler.Trigger(name='mapping_confirmation_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='85b483aaeb2baea6b2f74a583ffdc0b15d8f11ed', operation='UPDATE OR DELETE', pgid='pgtrigger_mapping_confirmation_is_append_only_6c1e9', table='registrar_mappingconfirmation', when='BEFORE')), pgtrigger.compiler.Trigger(name='mapping_confirmation_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: mapping_confirmation rows are facts and stay';", hash='454850ee77c406294556b7bf459df413f538d3c5', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_mapping_confirmation_is_never_truncated_52f8a', table='registrar_mappingconfirmation', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='MarkingPolicy',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reason', models.TextField(help_text='Why it is so')),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('seen_by', models.CharField(choices=[('offering', 'Whoever teaches the offering'), ('course', 'Whoever teaches the course, in any term')], default='offering', max_length=10, verbose_name='who sees marks')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name_plural': 'marking policies',
                    'ordering': ['-id'],
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='marking_policy_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='366571b6fe3ec442ab9f6aff0264709c2ee6e78b', operation='UPDATE OR DELETE', pgid='pgtrigger_marking_policy_is_append_only_2d3d4', table='registrar_markingpolicy', when='BEFORE')), pgtrigger.compiler.Trigger(name='marking_policy_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: marking_policy rows are facts and stay';", hash='d115a3a3791f72a965d573aad7da0fc08f2bea6a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_marking_policy_is_never_truncated_f57de', table='registrar_markingpolicy', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='NightRun',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('date', models.DateField()),
                    ('number', models.PositiveSmallIntegerField(default=1)),
                    ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done')], default='running', max_length=7)),
                    ('began_at', models.DateTimeField(auto_now_add=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('notified_at', models.DateTimeField(null=True)),
                    ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-date', '-number'],
                    'permissions': [('begin_nightrun', 'Can begin a night by hand')],
                    'constraints': [models.UniqueConstraint(fields=('date', 'number'), name='nights_of_a_date_are_numbered'), models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('state',), name='one_night_runs_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'running')), models.Q(('ended_at__isnull', False), ('state', 'done')), _connector='OR'), name='night_that_is_done_has_ended')],
                },
            ),
            migrations.CreateModel(
                name='Offering',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('title', models.CharField(max_length=300)),
                    ('code', models.CharField(blank=True, max_length=100)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('opportunity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offerings', to='registrar.learningopportunity')),
                    ('teachers', models.ManyToManyField(blank=True, related_name='offerings', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['term', 'code'],
                },
            ),
            migrations.CreateModel(
                name='LineItem',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('title', models.CharField(max_length=300)),
                    ('category', models.CharField(blank=True, max_length=200)),
                    ('minimum', models.DecimalField(decimal_places=3, max_digits=10, null=True)),
                    ('maximum', models.DecimalField(decimal_places=3, max_digits=10, null=True)),
                    ('retired_at', models.DateTimeField(editable=False, null=True)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('outcomes', models.ManyToManyField(blank=True, related_name='line_items', to='registrar.learningoutcome')),
                    ('offering', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='line_items', to='registrar.offering')),
                ],
                options={
                    'ordering': ['offering', 'id'],
                    'indexes': [models.Index(fields=['updated_at', 'id'], name='line_items_by_change')],
                    'constraints': [models.UniqueConstraint(fields=('source', 'sourced_id'), name='line_item_is_once_in_its_source')],
                    'triggers': [pgtrigger.compiler.Trigger(name='line_item_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='fef2d3e51ff193de71088c31c6c2c36bf6a86afb', operation='INSERT OR UPDATE', pgid='pgtrigger_line_item_tells_when_it_changed_8ca68', table='registrar_lineitem', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Enrolment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('begins_on', models.DateField(null=True)),
                    ('ends_on', models.DateField(null=True)),
                    ('retired_at', models.DateTimeField(editable=False, null=True)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('learner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrolments', to='registrar.learner')),
                    ('offering', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrolments', to='registrar.offering')),
                ],
                options={
                    'indexes': [models.Index(fields=['updated_at', 'id'], name='enrolments_by_change')],
                    'constraints': [models.UniqueConstraint(fields=('source', 'sourced_id'), name='enrolment_is_once_in_its_source')],
                    'triggers': [pgtrigger.compiler.Trigger(name='enrolment_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='322df2cf80c383579222f6f31c864c6464fe2350', operation='INSERT OR UPDATE', pgid='pgtrigger_enrolment_tells_when_it_changed_7b666', table='registrar_enrolment', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Confirmation',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(help_text='Who is asked', max_length=200)),
                    ('organization', models.CharField(max_length=200)),
                    ('email', models.EmailField(max_length=320, verbose_name='e-mail address')),
                    ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                    ('expires_at', models.DateTimeField()),
                    ('state', models.CharField(choices=[('asked', 'Asked'), ('answered', 'Answered'), ('withdrawn', 'Withdrawn before it was answered'), ('retracted', 'Answer retracted')], default='asked', max_length=9)),
                    ('answered_at', models.DateTimeField(editable=False, null=True)),
                    ('comment', models.TextField(blank=True, help_text='What they said beside yes or no')),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('learner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmations', to='registrar.learner')),
                    ('offering', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmations', to='registrar.offering')),
                ],
                options={
                    'ordering': ['-asked_at'],
                    'permissions': [('ask_confirmation', 'Can ask somebody outside for a confirmation')],
                    'constraints': [models.UniqueConstraint(models.F('offering'), models.F('learner'), django.db.models.functions.text.Lower('email'), condition=models.Q(('state', 'asked')), name='confirmation_is_asked_once_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('state__in', ['asked', 'withdrawn'])), models.Q(('answered_at__isnull', False), ('state__in', ['answered', 'retracted'])), _connector='OR'), name='answered_confirmation_says_when'), models.CheckConstraint(condition=models.Q(('answered_at', None), ('answered_at__lte', models.F('expires_at')), _connector='OR'), name='confirmation_is_answered_in_time')],
                    'triggers': [pgtrigger.compiler.Trigger(name='what_was_asked_does_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."asked_at" IS DISTINCT FROM (NEW."asked_at") OR OLD."asked_by_id" IS DISTINCT FROM (NEW."asked_by_id") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."learner_id" IS DISTINCT FROM (NEW."learner_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."offering_id" IS DISTINCT FROM (NEW."offering_id") OR OLD."organization" IS DISTINCT FROM (NEW."organization"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='be2c97dcf8b991a585168b2c316e506b7ec6718b', operation='UPDATE', pgid='pgtrigger_what_was_asked_does_not_change_d08cf', table='registrar_confirmation', when='BEFORE')), pgtrigger.compiler.Trigger(name='answer_is_given_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> 'asked' AND NOT (OLD.state = 'answered' AND NEW.state = 'retracted' AND OLD.answered_at = NEW.answered_at AND OLD.comment = NEW.comment))", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='835ee549998ee36a3f8602e81358d42af061a9a7', operation='UPDATE', pgid='pgtrigger_answer_is_given_once_13d61', table='registrar_confirmation', when='BEFORE')), pgtrigger.compiler.Trigger(name='confirmation_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='20e6a0d3a9405ace9fb0941c75a6a56c3295145e', operation='DELETE', pgid='pgtrigger_confirmation_is_not_deleted_a60a3', table='registrar_confirmation', when='BEFORE'))],
                },
            ),
            migrations.AddField(
                model_name='award',
                name='offering',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registrar.offering'),
            ),
            migrations.CreateModel(
                name='OrganizationUnit',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(help_text='The system that it came from', max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('name', models.CharField(max_length=300)),
                    ('code', models.CharField(blank=True, max_length=100)),
                    ('kind', models.CharField(blank=True, max_length=50)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='registrar.organizationunit')),
                ],
                options={
                    'ordering': ['name'],
                    'indexes': [models.Index(fields=['updated_at', 'id'], name='units_by_change')],
                    'constraints': [models.UniqueConstraint(fields=('source', 'sourced_id'), name='unit_is_once_in_its_source')],
                    'triggers': [pgtrigger.compiler.Trigger(name='unit_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='e93dd63fc523b4eb69b7a4f1fb7b067b0a547010', operation='INSERT OR UPDATE', pgid='pgtrigger_unit_tells_when_it_changed_72fb2', table='registrar_organizationunit', when='BEFORE'))],
                },
            ),
            migrations.AddField(
                model_name='learningopportunity',
                name='unit',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opportunities', to='registrar.organizationunit'),
            ),
            migrations.AddField(
                model_name='credentialtemplate',
                name='unit',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='templates', to='registrar.organizationunit'),
            ),
            migrations.CreateModel(
                name='OutcomeSet',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('title', models.CharField(max_length=300)),
                    ('retired_at', models.DateTimeField(editable=False, null=True)),
                    ('framework', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='skills.framework')),
                ],
                options={
                    'ordering': ['title'],
                },
            ),
            migrations.CreateModel(
                name='OutcomeWording',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('statement', models.TextField()),
                    ('holds_from', models.DateField(null=True)),
                    ('holds_until', models.DateField(null=True)),
                    ('outcome', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wordings', to='registrar.learningoutcome')),
                ],
                options={
                    'ordering': ['outcome', 'id'],
                    'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('outcome', '='), (models.Func(models.F('holds_from'), models.F('holds_until'), output_field=django.contrib.postgres.fields.ranges.DateRangeField(), template="daterange(%(expressions)s + 1, '[)')"), '&&')], name='outcome_has_one_wording_at_a_time'), models.CheckConstraint(condition=models.Q(('holds_from', None), ('holds_until', None), ('holds_until__gte', models.Func(models.F('holds_from'), template='(%(expressions)s - 1)')), _connector='OR'), name='outcome_wording_ends_after_it_began')],
                    'triggers': [pgtrigger.compiler.Trigger(name='outcome_wording_is_ended_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.holds_until IS NOT NULL AND OLD.holds_until IS DISTINCT FROM NEW.holds_until)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='ab7e4d5b7e0d68047e508d77ad9f8dd5695fe66a', operation='UPDATE', pgid='pgtrigger_outcome_wording_is_ended_once_8c4f6', table='registrar_outcomewording', when='BEFORE')), pgtrigger.compiler.Trigger(name='outcome_wording_is_superseded_not_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."holds_from" IS DISTINCT FROM (NEW."holds_from") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."outcome_id" IS DISTINCT FROM (NEW."outcome_id") OR OLD."statement" IS DISTINCT FROM (NEW."statement"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='75250bd2438b53e0a919b3d069f6bb7b8b649e14', operation='UPDATE', pgid='pgtrigger_outcome_wording_is_superseded_not_edited_d55f9', table='registrar_outcomewording', when='BEFORE')), pgtrigger.compiler.Trigger(name='outcome_wording_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='6943529feeea779a8d6f4f608966f5d0267f0600', operation='DELETE', pgid='pgtrigger_outcome_wording_is_not_deleted_775e5', table='registrar_outcomewording', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Programme',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('code', models.CharField(max_length=100)),
                    ('title', models.CharField(max_length=300)),
                    ('retired_at', models.DateTimeField(editable=False, null=True)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='programmes', to='registrar.organizationunit')),
                ],
                options={
                    'ordering': ['title', 'code'],
                    'constraints': [models.UniqueConstraint(fields=('source', 'sourced_id'), name='programme_is_once_in_its_source')],
                },
            ),
            migrations.CreateModel(
                name='ProgrammeCourse',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('holds_from', models.DateField(null=True)),
                    ('holds_until', models.DateField(null=True)),
                    ('opportunity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='programme_places', to='registrar.learningopportunity')),
                    ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='courses', to='registrar.programme')),
                ],
                options={
                    'ordering': ['programme', 'opportunity__code', 'holds_from'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('holds_until', None)), fields=('programme', 'opportunity'), name='course_is_once_in_a_programme'), models.CheckConstraint(condition=models.Q(('holds_from', None), ('holds_until', None), ('holds_until__gte', django.db.models.expressions.CombinedExpression(models.F('holds_from'), '-', models.Value(datetime.timedelta(days=1)))), _connector='OR'), name='course_leaves_a_programme_after_it_came')],
                },
            ),
            migrations.CreateModel(
                name='Pull',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('broken', 'Broken')], default='running', max_length=7)),
                    ('since', models.DateTimeField(help_text='Empty: all was asked for', null=True)),
                    ('folder', models.CharField(max_length=500)),
                    ('position', models.JSONField(default=dict, help_text='Where it goes on')),
                    ('rows', models.JSONField(default=dict, help_text='What has come, by collection')),
                    ('notes', models.JSONField(default=list, help_text='What the server does not have')),
                    ('stored_at', models.CharField(blank=True, max_length=500)),
                    ('failures', models.PositiveSmallIntegerField(default=0, help_text='Turns that got nothing')),
                    ('error', models.TextField(blank=True)),
                    ('leased_until', models.DateTimeField(null=True)),
                    ('began_at', models.DateTimeField(auto_now_add=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('feed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pulls', to='registrar.feed')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pulls', to='registrar.nightrun')),
                ],
                options={
                    'ordering': ['-began_at'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('feed',), name='one_pull_of_a_feed_at_a_time'), models.UniqueConstraint(fields=('feed', 'run'), name='feed_is_pulled_once_a_night')],
                },
            ),
            migrations.CreateModel(
                name='QueueCount',
                fields=[
                    ('revision', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='queue_count', serialize=False, to='registrar.revision')),
                    ('waiting', models.PositiveIntegerField()),
                    ('since', models.DateTimeField(help_text='Since when somebody waits', null=True)),
                    ('counted_at', models.DateTimeField(null=True)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('since__isnull', True), ('waiting', 0)), models.Q(('since__isnull', False), ('waiting__gt', 0)), _connector='OR'), name='who_waits_in_a_queue_waits_since_when')],
                },
            ),
            migrations.AddField(
                model_name='revision',
                name='pilot_unit',
                field=models.ForeignKey(blank=True, help_text='Only there it is awarded, as a pilot', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registrar.organizationunit', verbose_name='pilot in'),
            ),
            migrations.AddField(
                model_name='revision',
                name='template',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='registrar.credentialtemplate'),
            ),
            migrations.AddField(
                model_name='award',
                name='revision',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='registrar.revision'),
            ),
            migrations.CreateModel(
                name='Reminder',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('days', models.PositiveSmallIntegerField(help_text='The stage that was reached')),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('award', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='registrar.award')),
                    ('mail', models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.mail')),
                ],
                options={
                    'ordering': ['-at'],
                    'constraints': [models.UniqueConstraint(fields=('award', 'days'), name='learner_is_reminded_once_per_stage')],
                    'triggers': [pgtrigger.compiler.Trigger(name='reminder_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='019f37946cb82cad636ab009f847ac8097bc0a7e', operation='UPDATE OR DELETE', pgid='pgtrigger_reminder_is_append_only_5267c', table='registrar_reminder', when='BEFORE')), pgtrigger.compiler.Trigger(name='reminder_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: reminder rows are facts and stay';", hash='41b13ff7b6fbbbd3d71682b45571d9cef906b30f', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_reminder_is_never_truncated_dfdbf', table='registrar_reminder', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='ReminderPolicy',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reason', models.TextField(help_text='Why it is so')),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('stages', models.JSONField(default=registrar.models.reminders.usual_stages, verbose_name='days before the end')),
                    ('tells_learners', models.BooleanField(default=True, verbose_name='learners are reminded by mail')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name_plural': 'reminder policies',
                    'ordering': ['-id'],
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='reminder_policy_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e4777d116d68870ee936a1b8263ef121e800bf12', operation='UPDATE OR DELETE', pgid='pgtrigger_reminder_policy_is_append_only_8bb35', table='registrar_reminderpolicy', when='BEFORE')), pgtrigger.compiler.Trigger(name='reminder_policy_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: reminder_policy rows are facts and stay';", hash='65254ba2f515fd47138cebd83b5e28a74d39c8d5', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_reminder_policy_is_never_truncated_b8066', table='registrar_reminderpolicy', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Result',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('status', models.CharField(max_length=30)),
                    ('score', models.DecimalField(decimal_places=3, max_digits=10, null=True)),
                    ('text', models.CharField(blank=True, max_length=200)),
                    ('level', models.CharField(blank=True, help_text='Its address, where it has one', max_length=1000, verbose_name='rubric level')),
                    ('possible', models.DecimalField(decimal_places=3, max_digits=10, null=True, verbose_name='most points')),
                    ('assessor', models.CharField(blank=True, choices=[('teacher', 'Teacher'), ('staff', 'Staff of the college'), ('supervisor', 'Supervisor outside'), ('peer', 'Fellow learner'), ('learner', 'The learner')], max_length=10)),
                    ('assessment', models.CharField(blank=True, choices=[('assignment', 'Assignment'), ('exam', 'Exam or quiz'), ('project', 'Project'), ('presentation', 'Presentation'), ('observation', 'Observed at work'), ('portfolio', 'Portfolio')], max_length=12, verbose_name='kind of assessment')),
                    ('dated', models.DateField(null=True)),
                    ('withdrawn', models.BooleanField(default=False)),
                    ('recorded_at', models.DateTimeField(auto_now_add=True)),
                    ('superseded_at', models.DateTimeField(null=True)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('learner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='results', to='registrar.learner')),
                    ('line_item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='results', to='registrar.lineitem')),
                    ('marked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('outcome', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='results', to='registrar.learningoutcome')),
                ],
                options={
                    'ordering': ['learner', 'line_item', 'id'],
                    'permissions': [('mark_result', 'Can mark learners by hand')],
                    'indexes': [models.Index(fields=['updated_at', 'id'], name='results_by_change'), models.Index(condition=models.Q(('superseded_at', None)), fields=['line_item', 'learner'], name='current_results')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('outcome', None), ('superseded_at', None)), fields=('source', 'sourced_id'), name='one_current_result_per_sourced_id'), models.UniqueConstraint(condition=models.Q(('outcome__isnull', False), ('superseded_at', None)), fields=('source', 'sourced_id'), name='one_current_outcome_result_per_sourced_id')],
                    'triggers': [pgtrigger.compiler.Trigger(name='result_is_superseded_not_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."assessment" IS DISTINCT FROM (NEW."assessment") OR OLD."assessor" IS DISTINCT FROM (NEW."assessor") OR OLD."dated" IS DISTINCT FROM (NEW."dated") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."learner_id" IS DISTINCT FROM (NEW."learner_id") OR OLD."level" IS DISTINCT FROM (NEW."level") OR OLD."line_item_id" IS DISTINCT FROM (NEW."line_item_id") OR OLD."marked_by_id" IS DISTINCT FROM (NEW."marked_by_id") OR OLD."outcome_id" IS DISTINCT FROM (NEW."outcome_id") OR OLD."possible" IS DISTINCT FROM (NEW."possible") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at") OR OLD."score" IS DISTINCT FROM (NEW."score") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."sourced_id" IS DISTINCT FROM (NEW."sourced_id") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."withdrawn" IS DISTINCT FROM (NEW."withdrawn"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='9c4471b44572b87c80663f00ecf50f79c23558b2', operation='UPDATE', pgid='pgtrigger_result_is_superseded_not_edited_cdac5', table='registrar_result', when='BEFORE')), pgtrigger.compiler.Trigger(name='result_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='4fb03f504531fc13808ce3200d5cc720c4bed461', operation='DELETE', pgid='pgtrigger_result_is_not_deleted_ab9b5', table='registrar_result', when='BEFORE')), pgtrigger.compiler.Trigger(name='result_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='c8ec5089135e9ce2893dc71a1f5c2825327d24c6', operation='INSERT OR UPDATE', pgid='pgtrigger_result_tells_when_it_changed_3b305', table='registrar_result', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='ConfirmedOutcome',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('statement', models.TextField()),
                    ('answer', models.CharField(blank=True, choices=[('yes', 'Yes'), ('no', 'No')], max_length=3)),
                    ('confirmation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outcomes', to='registrar.confirmation')),
                    ('outcome', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmations', to='registrar.learningoutcome')),
                    ('result', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='confirmed_outcome', to='registrar.result')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('confirmation', 'outcome'), name='outcome_is_confirmed_once'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'yes'), ('result__isnull', False)), models.Q(models.Q(('answer', 'yes'), _negated=True), ('result', None)), _connector='OR'), name='yes_and_only_yes_is_a_result')],
                    'triggers': [pgtrigger.compiler.Trigger(name='confirmed_words_do_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."confirmation_id" IS DISTINCT FROM (NEW."confirmation_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."outcome_id" IS DISTINCT FROM (NEW."outcome_id") OR OLD."statement" IS DISTINCT FROM (NEW."statement"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='70bc220fe26309f88846cee5eccd81cc0e2dc60b', operation='UPDATE', pgid='pgtrigger_confirmed_words_do_not_change_fad66', table='registrar_confirmedoutcome', when='BEFORE')), pgtrigger.compiler.Trigger(name='outcome_is_answered_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.answer <> '')", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='8eebc8e72c7b5db0bb650735bc0a230b84130e3d', operation='UPDATE', pgid='pgtrigger_outcome_is_answered_once_62dd6', table='registrar_confirmedoutcome', when='BEFORE')), pgtrigger.compiler.Trigger(name='confirmed_outcome_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='2d25057f95a8145403034fd5e580c77477d07d24', operation='DELETE', pgid='pgtrigger_confirmed_outcome_is_not_deleted_8fa97', table='registrar_confirmedoutcome', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='ResultImport',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('state', models.CharField(choices=[('planned', 'Planned'), ('applied', 'Applied'), ('refused', 'Refused'), ('discarded', 'Discarded')], max_length=10)),
                    ('file_name', models.CharField(max_length=300)),
                    ('source', models.CharField(max_length=100)),
                    ('sha256', models.CharField(max_length=64)),
                    ('stored_at', models.CharField(blank=True, help_text='Where the upload is kept', max_length=500)),
                    ('plan', models.JSONField(default=dict)),
                    ('fingerprint', models.CharField(blank=True, max_length=64)),
                    ('problems', models.JSONField(default=list)),
                    ('problem_count', models.PositiveIntegerField(default=0)),
                    ('read_at', models.DateTimeField(auto_now_add=True)),
                    ('applied_at', models.DateTimeField(null=True)),
                    ('header', models.JSONField(default=list)),
                    ('columns', models.JSONField(default=dict)),
                    ('applied_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('read_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-read_at'],
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='RevisionSkill',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('level', models.CharField(blank=True, choices=[('introductory', 'Introductory'), ('intermediate', 'Intermediate'), ('advanced', 'Advanced'), ('expert', 'Expert')], max_length=12)),
                    ('revision', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attested', to='registrar.revision')),
                    ('skill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='skills.skill')),
                ],
                options={
                    'ordering': ['revision', 'id'],
                    'constraints': [models.UniqueConstraint(fields=('revision', 'skill'), name='skill_is_attested_once_per_revision')],
                },
            ),
            migrations.AddField(
                model_name='revision',
                name='skills',
                field=models.ManyToManyField(related_name='+', through='registrar.RevisionSkill', to='skills.skill'),
            ),
            migrations.CreateModel(
                name='Role',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('registrar', 'Registrar staff'), ('approver', 'Approver'), ('faculty', 'Faculty'), ('advocate', 'Faculty advocate'), ('chair', 'Chair'), ('operator', 'Operator')], max_length=10)),
                    ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='roles', to='registrar.organizationunit')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roles', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['user', 'kind'],
                    'constraints': [models.UniqueConstraint(fields=('user', 'kind', 'unit'), name='role_is_held_once', nulls_distinct=False)],
                },
            ),
            migrations.CreateModel(
                name='RosterImport',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('state', models.CharField(choices=[('planned', 'Planned'), ('applied', 'Applied'), ('refused', 'Refused'), ('discarded', 'Discarded')], max_length=10)),
                    ('file_name', models.CharField(max_length=300)),
                    ('source', models.CharField(max_length=100)),
                    ('sha256', models.CharField(max_length=64)),
                    ('stored_at', models.CharField(blank=True, help_text='Where the upload is kept', max_length=500)),
                    ('plan', models.JSONField(default=dict)),
                    ('fingerprint', models.CharField(blank=True, max_length=64)),
                    ('problems', models.JSONField(default=list)),
                    ('problem_count', models.PositiveIntegerField(default=0)),
                    ('read_at', models.DateTimeField(auto_now_add=True)),
                    ('applied_at', models.DateTimeField(null=True)),
                    ('lists_all', models.BooleanField(default=False)),
                    ('living', models.JSONField(default=dict)),
                    ('applied_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('read_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-read_at'],
                    'permissions': [('import_roster', 'Can import rosters and results')],
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='NightStep',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(choices=[('fetch', 'Fetch'), ('plan', 'Read and compare'), ('apply', 'Apply'), ('award', 'Evaluate and award'), ('issue', 'Issue'), ('publish', 'Publish'), ('remind', 'Remind learners'), ('notify', 'Notify')], max_length=10)),
                    ('about', models.CharField(blank=True, help_text="A feed, or a template's slug", max_length=200)),
                    ('state', models.CharField(choices=[('done', 'Done'), ('held', 'Held'), ('failed', 'Failed')], default='done', max_length=6)),
                    ('counts', models.JSONField(default=dict)),
                    ('refused', models.JSONField(default=list, help_text='What it refused: reason and remedy each')),
                    ('path', models.CharField(blank=True, help_text='What was fetched', max_length=500)),
                    ('began_at', models.DateTimeField()),
                    ('ended_at', models.DateTimeField()),
                    ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.batch')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='registrar.nightrun')),
                    ('roster', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registrar.rosterimport')),
                ],
                options={
                    'ordering': ['run', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('run', 'name', 'about'), name='step_of_a_night_is_taken_once')],
                },
            ),
            migrations.CreateModel(
                name='SamePerson',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('number', models.CharField(max_length=100, verbose_name='learner number')),
                    ('name', models.CharField(max_length=600, verbose_name='name there')),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('joined', 'Joined'), ('apart', 'Apart')], max_length=7)),
                    ('doubt', models.CharField(blank=True, max_length=200)),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('reason', models.TextField(blank=True)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('learner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='also_known', to='registrar.learner')),
                ],
                options={
                    'verbose_name': 'same person',
                    'verbose_name_plural': 'same people',
                    'ordering': ['-at', '-id'],
                    'permissions': [('decide_sameperson', 'Can say whether two learners are one person')],
                    'constraints': [models.UniqueConstraint(fields=('source', 'sourced_id', 'learner'), name='two_learners_are_compared_once'), models.UniqueConstraint(condition=models.Q(('state', 'joined')), fields=('source', 'sourced_id'), name='somebody_is_one_learner'), models.UniqueConstraint(condition=models.Q(('state', 'joined')), fields=('source', 'learner'), name='learner_is_known_once_in_a_source')],
                },
            ),
            migrations.CreateModel(
                name='SetOutcome',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('outcome', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='from_set', to='registrar.learningoutcome')),
                    ('outcome_set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outcomes', to='registrar.outcomeset')),
                    ('skill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='skills.skill')),
                ],
                options={
                    'ordering': ['outcome_set', 'outcome__code'],
                    'triggers': [pgtrigger.compiler.Trigger(name='set_outcome_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f53fc3fcf9a7f0c3c02e72e8887d3580093434f7', operation='UPDATE OR DELETE', pgid='pgtrigger_set_outcome_is_append_only_c81e0', table='registrar_setoutcome', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='SignInAttempt',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('account', models.CharField(max_length=64)),
                    ('origin', models.CharField(max_length=64)),
                    ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ],
                options={
                    'ordering': ['at'],
                    'indexes': [models.Index(fields=['account', 'at'], name='sign_in_attempts_by_account'), models.Index(fields=['origin', 'at'], name='sign_in_attempts_by_origin'), models.Index(fields=['at'], name='sign_in_attempts_by_time')],
                },
            ),
            migrations.CreateModel(
                name='SignInLink',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('access_number', models.PositiveIntegerField(db_default=0, help_text="The learner's when it was made: it opens nothing at another")),
                    ('leads_to', models.CharField(help_text='The path to go on to', max_length=2000)),
                    ('made_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                    ('ends_at', models.DateTimeField()),
                    ('used_at', models.DateTimeField(null=True)),
                    ('learner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='registrar.learner')),
                ],
            ),
            migrations.CreateModel(
                name='SkillChoice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('verdict', models.CharField(choices=[('accepted', 'Accepted'), ('rejected', 'Rejected'), ('added', 'added by hand')], max_length=10)),
                    ('method', models.CharField(blank=True, help_text='What suggested it', max_length=30)),
                    ('place', models.PositiveIntegerField(help_text='Among the suggestions, from 1', null=True)),
                    ('reason', models.TextField(blank=True, help_text='As the suggestion gave it')),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('outcome', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='choices', to='registrar.learningoutcome')),
                    ('skill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='skills.skill')),
                ],
                options={
                    'ordering': ['-at'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('method', ''), ('verdict', 'added')), models.Q(models.Q(('verdict', 'added'), _negated=True), models.Q(('method', ''), _negated=True)), _connector='OR'), name='suggestion_names_its_method')],
                    'triggers': [pgtrigger.compiler.Trigger(name='skill_choice_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='108611f573b63b02eb3e80dc4945d67f5e1f1c1a', operation='UPDATE OR DELETE', pgid='pgtrigger_skill_choice_is_append_only_20492', table='registrar_skillchoice', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='SkillTag',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('emphasis', models.CharField(choices=[('taught', 'Taught'), ('practised', 'Practised'), ('assessed', 'Assessed')], max_length=10)),
                    ('level', models.CharField(blank=True, help_text='How far, in few words', max_length=100)),
                    ('state', models.CharField(choices=[('proposed', 'Proposed'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=10)),
                    ('holds_from', models.DateField(null=True)),
                    ('holds_until', models.DateField(null=True)),
                    ('proposed_at', models.DateTimeField(auto_now_add=True)),
                    ('confirmed_at', models.DateTimeField(null=True)),
                    ('reviewed_at', models.DateTimeField(null=True)),
                    ('comment', models.TextField(blank=True)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('ending', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='endings', to='registrar.mapping')),
                    ('ending_asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('for_person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('mapping', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tags', to='registrar.mapping')),
                    ('outcome', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tags', to='registrar.learningoutcome')),
                    ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('skill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='skills.skill')),
                ],
                options={
                    'ordering': ['outcome', 'id'],
                    'permissions': [('propose_skilltag', 'Can propose a skill for an outcome'), ('propose_for_colleague', 'Can propose a skill for a colleague, who confirms it'), ('review_skilltag', 'Can accept or reject a proposed skill'), ('view_coverage', 'Can see which skills courses and activities cover')],
                    'indexes': [models.Index(fields=['updated_at', 'id'], name='tags_by_change')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('outcome', 'skill'), name='skill_is_proposed_once_per_outcome'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'accepted')), expressions=[('outcome', '='), ('skill', '='), (models.Func(models.F('holds_from'), models.F('holds_until'), output_field=django.contrib.postgres.fields.ranges.DateRangeField(), template="daterange(%(expressions)s + 1, '[)')"), '&&')], name='accepted_tags_do_not_overlap'), models.CheckConstraint(condition=models.Q(('holds_from', None), ('holds_until', None), ('holds_until__gte', models.Func(models.F('holds_from'), template='(%(expressions)s - 1)')), _connector='OR'), name='tag_ends_after_it_began'), models.CheckConstraint(condition=models.Q(('state', 'accepted'), models.Q(('ending', None), ('holds_until', None)), _connector='OR'), name='only_accepted_tags_are_ended'), models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(('reviewed_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='tag_is_reviewed_by_a_second_person'), models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), ('for_person__isnull', True), models.Q(('reviewed_by', models.F('for_person')), _negated=True), _connector='OR'), name='tag_is_reviewed_by_nobody_it_was_proposed_for'), models.CheckConstraint(condition=models.Q(('for_person__isnull', True), models.Q(('for_person', models.F('proposed_by')), _negated=True), _connector='OR'), name='tag_is_proposed_for_somebody_else'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'accepted'), _negated=True), ('for_person__isnull', True), ('confirmed_at__isnull', False), _connector='OR'), name='accepted_tag_was_confirmed'), models.CheckConstraint(condition=models.Q(models.Q(('reviewed_by__isnull', True), ('state__in', ['proposed', 'withdrawn'])), models.Q(('reviewed_by__isnull', False), ('state__in', ['accepted', 'rejected'])), _connector='OR'), name='tag_beyond_proposed_has_been_reviewed')],
                    'triggers': [pgtrigger.compiler.Trigger(name='tag_is_ended_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.holds_until IS NOT NULL AND OLD.holds_until IS DISTINCT FROM NEW.holds_until)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='297e9c9ff36187d34fde062676a9ac1947696467', operation='UPDATE', pgid='pgtrigger_tag_is_ended_once_4fecf', table='registrar_skilltag', when='BEFORE')), pgtrigger.compiler.Trigger(name='reviewed_tag_does_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.state <> \'proposed\' AND ((OLD."comment" IS DISTINCT FROM (NEW."comment") OR OLD."confirmed_at" IS DISTINCT FROM (NEW."confirmed_at") OR OLD."emphasis" IS DISTINCT FROM (NEW."emphasis") OR OLD."for_person_id" IS DISTINCT FROM (NEW."for_person_id") OR OLD."holds_from" IS DISTINCT FROM (NEW."holds_from") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."level" IS DISTINCT FROM (NEW."level") OR OLD."mapping_id" IS DISTINCT FROM (NEW."mapping_id") OR OLD."outcome_id" IS DISTINCT FROM (NEW."outcome_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."reviewed_at" IS DISTINCT FROM (NEW."reviewed_at") OR OLD."reviewed_by_id" IS DISTINCT FROM (NEW."reviewed_by_id") OR OLD."skill_id" IS DISTINCT FROM (NEW."skill_id") OR OLD."state" IS DISTINCT FROM (NEW."state"))))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='7ad72807b1efb2655f3f93213431d7396c91f7c9', operation='UPDATE', pgid='pgtrigger_reviewed_tag_does_not_change_6d64f', table='registrar_skilltag', when='BEFORE')), pgtrigger.compiler.Trigger(name='tag_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='5f18facc7276167e8f4d8b2453fe2cd4f10f94f9', operation='DELETE', pgid='pgtrigger_tag_is_not_deleted_54279', table='registrar_skilltag', when='BEFORE')), pgtrigger.compiler.Trigger(name='tag_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='76ab0e1e2efe20a43da18c959a7113a821899217', operation='INSERT OR UPDATE', pgid='pgtrigger_tag_tells_when_it_changed_bed34', table='registrar_skilltag', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Comment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('text', models.TextField()),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('mapping', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='registrar.mapping')),
                    ('revision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='registrar.revision')),
                    ('tag', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='registrar.skilltag')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('mapping__isnull', False), ('tag__isnull', False), ('revision__isnull', False), _connector='OR'), name='comment_is_about_something')],
                    'triggers': [pgtrigger.compiler.Trigger(name='comment_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3b493cd8ca05ce286550876879c16d3cc7fe727c', operation='UPDATE OR DELETE', pgid='pgtrigger_comment_is_append_only_1715f', table='registrar_comment', when='BEFORE')), pgtrigger.compiler.Trigger(name='comment_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: comment rows are facts and stay';", hash='33f2b5ac47e83019090295aea34cbfba7fa3e52a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_comment_is_never_truncated_22a16', table='registrar_comment', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='TagEvidence',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('title', models.CharField(max_length=300)),
                    ('rubric_row', models.CharField(blank=True, max_length=300)),
                    ('share', models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name='share of the grade, in percent')),
                    ('line_item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registrar.lineitem')),
                    ('tag', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='registrar.skilltag')),
                ],
                options={
                    'verbose_name_plural': 'tag evidence',
                    'ordering': ['tag', 'id'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='tag_evidence_has_a_title'), models.CheckConstraint(condition=models.Q(('share', None), models.Q(('share__gt', 0), ('share__lte', 100)), _connector='OR'), name='share_of_the_grade_is_a_percentage')],
                    'triggers': [pgtrigger.compiler.Trigger(name='reviewed_tag_gains_no_evidence', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT FROM registrar_skilltag WHERE id = NEW.tag_id AND state <> 'proposed'\n    ) THEN\n        RAISE EXCEPTION 'The evidence of a reviewed tag does not change';\n    END IF;\n    RETURN NEW;\n", hash='d8ad79c73b26eb6363f43de7869f538af97b5dc7', operation='INSERT OR UPDATE', pgid='pgtrigger_reviewed_tag_gains_no_evidence_2f012', table='registrar_tagevidence', when='BEFORE')), pgtrigger.compiler.Trigger(name='reviewed_tag_loses_no_evidence', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT FROM registrar_skilltag WHERE id = OLD.tag_id AND state <> 'proposed'\n    ) THEN\n        RAISE EXCEPTION 'The evidence of a reviewed tag does not change';\n    END IF;\n    RETURN OLD;\n", hash='2e26ed8da4f9815ef205a2ddaba91a33012d3534', operation='DELETE', pgid='pgtrigger_reviewed_tag_loses_no_evidence_89de1', table='registrar_tagevidence', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='TaggingPolicy',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reason', models.TextField(help_text='Why it is so')),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('max_tags', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1)], verbose_name='most skills of an outcome')),
                    ('least_share', models.PositiveSmallIntegerField(default=30, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='least share of the grade, in percent')),
                    ('all_sections', models.BooleanField(default=True, verbose_name='all sections confirm')),
                    ('review_days', models.PositiveSmallIntegerField(default=7, verbose_name='days for a review')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name_plural': 'tagging policies',
                    'ordering': ['-id'],
                    'abstract': False,
                    'constraints': [models.CheckConstraint(condition=models.Q(('least_share__lte', 100), ('max_tags__gte', 1)), name='policy_can_be_kept')],
                    'triggers': [pgtrigger.compiler.Trigger(name='tagging_policy_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2ea17a6254a60f28fa760ad59e058f9dfd108254', operation='UPDATE OR DELETE', pgid='pgtrigger_tagging_policy_is_append_only_d1f4b', table='registrar_taggingpolicy', when='BEFORE')), pgtrigger.compiler.Trigger(name='tagging_policy_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: tagging_policy rows are facts and stay';", hash='e300c3892d7809436e51071667862124cf360739', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_tagging_policy_is_never_truncated_606c2', table='registrar_taggingpolicy', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='TemplateProposal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('description', models.TextField(blank=True)),
                    ('criteria', models.TextField(blank=True)),
                    ('reason', models.TextField()),
                    ('at', models.DateTimeField(auto_now_add=True)),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('taken-up', 'Taken up'), ('declined', 'Declined')], default='waiting', max_length=10)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('answer', models.TextField(blank=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('revision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='registrar.revision')),
                    ('template', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='registrar.credentialtemplate')),
                ],
                options={
                    'ordering': ['-at'],
                    'permissions': [('propose_revision', 'Can propose a change of a template')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('state', 'waiting'), ('decided_by__isnull', False), _connector='OR'), name='decided_template_proposal_has_somebody_who_decided')],
                    'triggers': [pgtrigger.compiler.Trigger(name='proposed_words_do_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."by_id" IS DISTINCT FROM (NEW."by_id") OR OLD."criteria" IS DISTINCT FROM (NEW."criteria") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."template_id" IS DISTINCT FROM (NEW."template_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='ac61b84ff2185c5087c5146ae38b09821c958b94', operation='UPDATE', pgid='pgtrigger_proposed_words_do_not_change_d4e60', table='registrar_templateproposal', when='BEFORE')), pgtrigger.compiler.Trigger(name='template_proposal_is_decided_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> 'waiting')", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='db1bbcc1e57ae41747a52da86627b1850e6ad939', operation='UPDATE', pgid='pgtrigger_template_proposal_is_decided_once_747cc', table='registrar_templateproposal', when='BEFORE')), pgtrigger.compiler.Trigger(name='template_proposal_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='0c4331027bdcbcc4ffef457572787803eb403d63', operation='DELETE', pgid='pgtrigger_template_proposal_is_not_deleted_1d706', table='registrar_templateproposal', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Term',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(max_length=100)),
                    ('sourced_id', models.CharField(max_length=255)),
                    ('title', models.CharField(max_length=300)),
                    ('kind', models.CharField(blank=True, max_length=30)),
                    ('starts_on', models.DateField()),
                    ('ends_on', models.DateField()),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='registrar.term')),
                ],
                options={
                    'ordering': ['starts_on', 'title'],
                    'indexes': [models.Index(fields=['updated_at', 'id'], name='terms_by_change')],
                    'constraints': [models.UniqueConstraint(fields=('source', 'sourced_id'), name='term_is_once_in_its_source')],
                    'triggers': [pgtrigger.compiler.Trigger(name='term_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='48097b1d65cfb61da5379326dfa41b0afdc32734', operation='INSERT OR UPDATE', pgid='pgtrigger_term_tells_when_it_changed_efb92', table='registrar_term', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Simulation',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('rule', models.JSONField(help_text='As it was then')),
                    ('asked_at', models.DateTimeField()),
                    ('steps', models.PositiveSmallIntegerField(default=1)),
                    ('done', models.PositiveSmallIntegerField(default=0)),
                    ('finished_at', models.DateTimeField(null=True)),
                    ('learners', models.PositiveIntegerField(default=0)),
                    ('met', models.PositiveIntegerField(default=0)),
                    ('not_met', models.PositiveIntegerField(default=0)),
                    ('gained', models.PositiveIntegerField(default=0)),
                    ('lost', models.PositiveIntegerField(default=0)),
                    ('found', models.JSONField(default=dict)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('former', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registrar.revision')),
                    ('offerings', models.ManyToManyField(related_name='+', to='registrar.offering')),
                    ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='simulations', to='registrar.revision')),
                    ('terms', models.ManyToManyField(related_name='+', to='registrar.term')),
                ],
                options={
                    'ordering': ['-asked_at'],
                },
            ),
            migrations.AddField(
                model_name='offering',
                name='term',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='offerings', to='registrar.term'),
            ),
            migrations.AddField(
                model_name='mapping',
                name='term',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mappings', to='registrar.term'),
            ),
            migrations.CreateModel(
                name='UpsertJob',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=10)),
                    ('kind', models.CharField(max_length=30)),
                    ('source', models.CharField(max_length=100)),
                    ('dry_run', models.BooleanField(default=False)),
                    ('media_type', models.CharField(max_length=50)),
                    ('stored_at', models.CharField(max_length=500)),
                    ('total', models.PositiveIntegerField()),
                    ('done', models.PositiveIntegerField(default=0)),
                    ('created', models.PositiveIntegerField(default=0)),
                    ('updated', models.PositiveIntegerField(default=0)),
                    ('unchanged', models.PositiveIntegerField(default=0)),
                    ('errors', models.PositiveIntegerField(default=0)),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('reason', models.CharField(blank=True, max_length=300, verbose_name='why it failed')),
                    ('taken_at', models.DateTimeField(auto_now_add=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='oauth2_provider.application')),
                ],
                options={
                    'ordering': ['-taken_at'],
                    'indexes': [models.Index(fields=['updated_at', 'id'], name='jobs_by_change'), models.Index(fields=['state', 'taken_at'], name='upsert_jobs_by_state')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('done', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('created'), '+', models.F('updated')), '+', models.F('unchanged')), '+', models.F('errors')))), name='every_row_of_a_job_is_counted_once')],
                    'triggers': [pgtrigger.compiler.Trigger(name='job_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='0b14b36d1122cb828e922ccdfd0b6e607020dcb7', operation='INSERT OR UPDATE', pgid='pgtrigger_job_tells_when_it_changed_9a0fb', table='registrar_upsertjob', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='UpsertedRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('index', models.PositiveIntegerField()),
                    ('key', models.CharField(blank=True, max_length=255)),
                    ('status', models.CharField(max_length=10)),
                    ('errors', models.JSONField(default=list)),
                    ('notes', models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                    ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='registrar.upsertjob')),
                ],
                options={
                    'ordering': ['job', 'index'],
                    'constraints': [models.UniqueConstraint(fields=('job', 'index'), name='row_of_a_job_is_told_once')],
                },
            ),
            migrations.CreateModel(
                name='UsedAssertion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('jti_digest', models.CharField(help_text='SHA-256 of its `jti`', max_length=64)),
                    ('ends_at', models.DateTimeField(db_index=True)),
                    ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='registrar.apiclient')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('client', 'jti_digest'), name='assertion_is_used_once')],
                },
            ),
            migrations.CreateModel(
                name='Withdrawal',
                fields=[
                    ('batch', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='issuer.batch')),
                    ('reason', models.TextField()),
                    ('revoked_at', models.DateTimeField()),
                    ('told_at', models.DateTimeField(help_text='When every mail of it was written', null=True)),
                ],
                options={
                    'ordering': ['revoked_at'],
                    'indexes': [models.Index(condition=models.Q(('told_at__isnull', True)), fields=['revoked_at'], name='withdrawals_that_wait')],
                },
            ),
            migrations.CreateModel(
                name='AwardMail',
                fields=[
                    ('award', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='announced', serialize=False, to='registrar.award')),
                    ('mail', models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.mail')),
                ],
                options={
                    'triggers': [pgtrigger.compiler.Trigger(name='award_mail_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c475c1b99bcfc33a94f42ce48d2514975a345fde', operation='UPDATE OR DELETE', pgid='pgtrigger_award_mail_is_append_only_75862', table='registrar_awardmail', when='BEFORE')), pgtrigger.compiler.Trigger(name='award_mail_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: award_mail rows are facts and stay';", hash='7e3d84292812e59bf743508a5386d425ef12294d', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_award_mail_is_never_truncated_3fa74', table='registrar_awardmail', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Succession',
                fields=[
                    ('award', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='succession', serialize=False, to='registrar.award')),
                    ('leads_on', models.BooleanField(help_text='The old address leads on to the new credential')),
                    ('reason', models.TextField()),
                    ('settled_at', models.DateTimeField(help_text='When it was superseded, or found to be withdrawn already', null=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('former', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registrar.award')),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['award'], name='successions_that_wait')],
                },
            ),
            migrations.CreateModel(
                name='WithdrawalMail',
                fields=[
                    ('award', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='withdrawal_mail', serialize=False, to='registrar.award')),
                    ('mail', models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.mail')),
                ],
                options={
                    'triggers': [pgtrigger.compiler.Trigger(name='withdrawal_mail_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9bf4ea1786262982b79ffc1f21fe9fa57895ea11', operation='UPDATE OR DELETE', pgid='pgtrigger_withdrawal_mail_is_append_only_85a8f', table='registrar_withdrawalmail', when='BEFORE')), pgtrigger.compiler.Trigger(name='withdrawal_mail_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: withdrawal_mail rows are facts and stay';", hash='f4cab35c696565546e1645a6c89aee92906b8843', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_withdrawal_mail_is_never_truncated_e938f', table='registrar_withdrawalmail', when='BEFORE'))],
                },
            ),
            migrations.AddConstraint(
                model_name='correctedaward',
                constraint=models.UniqueConstraint(fields=('correction', 'award'), name='award_is_once_in_a_correction'),
            ),
            migrations.AddIndex(
                model_name='correction',
                index=models.Index(condition=models.Q(('state', 'waiting')), fields=['at'], name='corrections_wait'),
            ),
            migrations.AddConstraint(
                model_name='correction',
                constraint=models.CheckConstraint(condition=models.Q(('needs_second', False), ('decided_by__isnull', True), models.Q(('decided_by', models.F('by')), _negated=True), _connector='OR'), name='correction_is_confirmed_by_a_second_person'),
            ),
            migrations.AddConstraint(
                model_name='correction',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('batch__isnull', True), ('decided_by__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='correction_waits_or_was_decided'),
            ),
            migrations.AddIndex(
                model_name='learningopportunity',
                index=models.Index(fields=['updated_at', 'id'], name='opportunities_by_change'),
            ),
            migrations.AddIndex(
                model_name='learningopportunity',
                index=models.Index(fields=['code'], name='opportunity_by_code'),
            ),
            migrations.AddConstraint(
                model_name='learningopportunity',
                constraint=models.UniqueConstraint(fields=('source', 'sourced_id'), name='opportunity_is_once_in_its_source'),
            ),
            migrations.AddIndex(
                model_name='credentialtemplate',
                index=models.Index(fields=['updated_at', 'id'], name='templates_by_change'),
            ),
            migrations.AddIndex(
                model_name='award',
                index=models.Index(fields=['-decided_at', 'position'], name='awards_newest_first'),
            ),
            migrations.AddConstraint(
                model_name='award',
                constraint=models.UniqueConstraint(fields=('template', 'learner', 'occasion', 'generation'), name='award_is_made_once_per_learner_and_occasion'),
            ),
            migrations.AddConstraint(
                model_name='award',
                constraint=models.UniqueConstraint(fields=('batch', 'position'), name='one_award_per_position_of_a_batch'),
            ),
            migrations.AddConstraint(
                model_name='award',
                constraint=models.CheckConstraint(condition=models.Q(('renewal', ''), models.Q(('renewal__in', ['rule', 'hand']), ('replaces__isnull', False)), _connector='OR'), name='renewal_follows_another_award'),
            ),
            migrations.AddIndex(
                model_name='revision',
                index=models.Index(fields=['updated_at', 'id'], name='revisions_by_change'),
            ),
            migrations.AddConstraint(
                model_name='revision',
                constraint=models.UniqueConstraint(fields=('template', 'number'), name='revisions_are_numbered_per_template'),
            ),
            migrations.AddConstraint(
                model_name='revision',
                constraint=models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('template',), name='one_approved_revision_per_template'),
            ),
            migrations.AddConstraint(
                model_name='revision',
                constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('author')), _negated=True), _connector='OR'), name='revision_is_approved_by_a_second_person'),
            ),
            migrations.AddConstraint(
                model_name='revision',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('achievement__isnull', False), ('approved_by__isnull', False)), _connector='OR'), name='approved_revision_has_approver_and_achievement'),
            ),
            migrations.AddConstraint(
                model_name='revision',
                constraint=models.CheckConstraint(condition=models.Q(('valid_for__isnull', True), ('valid_for__gt', 0), _connector='OR'), name='revision_is_valid_for_a_month_or_more'),
            ),
            migrations.AddConstraint(
                model_name='revision',
                constraint=models.CheckConstraint(condition=models.Q(('status_purpose__in', ['revocation', 'suspension'])), name='revision_is_for_revocation_or_suspension'),
            ),
            migrations.AddConstraint(
                model_name='revision',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('awarding', 'automatic'), ('state', 'approved'), _negated=True), ('rule__isnull', False), _connector='OR'), name='what_is_awarded_by_itself_has_a_rule'),
            ),
            migrations.AddIndex(
                model_name='offering',
                index=models.Index(fields=['updated_at', 'id'], name='offerings_by_change'),
            ),
            migrations.AddConstraint(
                model_name='offering',
                constraint=models.UniqueConstraint(fields=('source', 'sourced_id'), name='offering_is_once_in_its_source'),
            ),
            migrations.AddConstraint(
                model_name='mapping',
                constraint=models.UniqueConstraint(fields=('opportunity', 'term'), name='mapping_is_once_per_opportunity_and_term'),
            ),
            migrations.AddConstraint(
                model_name='mapping',
                constraint=models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(('reviewed_by', models.F('submitted_by')), _negated=True), _connector='OR'), name='mapping_is_reviewed_by_a_second_person'),
            ),
            migrations.AddConstraint(
                model_name='mapping',
                constraint=models.CheckConstraint(condition=models.Q(('state', 'open'), ('submitted_by__isnull', False), _connector='OR'), name='mapping_beyond_open_was_submitted'),
            ),
            migrations.AddConstraint(
                model_name='mapping',
                constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'submitted']), models.Q(('is_carried', True), ('state', 'accepted')), ('reviewed_by__isnull', False), _connector='OR'), name='mapping_is_accepted_by_review_or_carried'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='award',
                trigger=pgtrigger.compiler.Trigger(name='award_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='23e80ca55f313d5e3b5381dcb4deecf527085b9c', operation='UPDATE OR DELETE', pgid='pgtrigger_award_is_append_only_38f5f', table='registrar_award', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='award',
                trigger=pgtrigger.compiler.Trigger(name='award_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: award rows are facts and stay';", hash='4468aaa357a397ba3155612a6722e071bf5a8194', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_award_is_never_truncated_b21f3', table='registrar_award', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='credentialtemplate',
                trigger=pgtrigger.compiler.Trigger(name='template_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='7093b25f025af4e4eefaf0340889ad26d7f918a0', operation='INSERT OR UPDATE', pgid='pgtrigger_template_tells_when_it_changed_6add6', table='registrar_credentialtemplate', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='learningopportunity',
                trigger=pgtrigger.compiler.Trigger(name='opportunity_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='2d19c7739831420bccb8cc4489cde34b21dd9e0d', operation='INSERT OR UPDATE', pgid='pgtrigger_opportunity_tells_when_it_changed_0cdf8', table='registrar_learningopportunity', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='revision',
                trigger=pgtrigger.compiler.Trigger(name='approved_revision_does_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.state IN (\'approved\', \'retired\') AND ((OLD."achievement_id" IS DISTINCT FROM (NEW."achievement_id") OR OLD."achievement_type" IS DISTINCT FROM (NEW."achievement_type") OR OLD."approved_at" IS DISTINCT FROM (NEW."approved_at") OR OLD."approved_by_id" IS DISTINCT FROM (NEW."approved_by_id") OR OLD."assessment" IS DISTINCT FROM (NEW."assessment") OR OLD."author_id" IS DISTINCT FROM (NEW."author_id") OR OLD."awarding" IS DISTINCT FROM (NEW."awarding") OR OLD."client" IS DISTINCT FROM (NEW."client") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."credit" IS DISTINCT FROM (NEW."credit") OR OLD."credit_unit" IS DISTINCT FROM (NEW."credit_unit") OR OLD."credits" IS DISTINCT FROM (NEW."credits") OR OLD."criteria" IS DISTINCT FROM (NEW."criteria") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."evidence_rule" IS DISTINCT FROM (NEW."evidence_rule") OR OLD."hours" IS DISTINCT FROM (NEW."hours") OR OLD."human_code" IS DISTINCT FROM (NEW."human_code") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."identity_checked" IS DISTINCT FROM (NEW."identity_checked") OR OLD."image" IS DISTINCT FROM (NEW."image") OR OLD."image_alternative" IS DISTINCT FROM (NEW."image_alternative") OR OLD."includes_name" IS DISTINCT FROM (NEW."includes_name") OR OLD."is_supervised" IS DISTINCT FROM (NEW."is_supervised") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."level" IS DISTINCT FROM (NEW."level") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."not_stated_because" IS DISTINCT FROM (NEW."not_stated_because") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."pilot_unit_id" IS DISTINCT FROM (NEW."pilot_unit_id") OR OLD."renewal" IS DISTINCT FROM (NEW."renewal") OR OLD."result_descriptions" IS DISTINCT FROM (NEW."result_descriptions") OR OLD."rule" IS DISTINCT FROM (NEW."rule") OR OLD."status_purpose" IS DISTINCT FROM (NEW."status_purpose") OR OLD."submitted_at" IS DISTINCT FROM (NEW."submitted_at") OR OLD."tells_learners" IS DISTINCT FROM (NEW."tells_learners") OR OLD."template_id" IS DISTINCT FROM (NEW."template_id") OR OLD."valid_for" IS DISTINCT FROM (NEW."valid_for"))))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='d301d20d55aa020e5f699049c405942d924cb1dc', operation='UPDATE', pgid='pgtrigger_approved_revision_does_not_change_5244e', table='registrar_revision', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='revision',
                trigger=pgtrigger.compiler.Trigger(name='approved_revision_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state IN ('approved', 'retired'))", func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='452dd88f180563171e0619c06baab06cfc8f8a05', operation='DELETE', pgid='pgtrigger_approved_revision_is_not_deleted_79db9', table='registrar_revision', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='revision',
                trigger=pgtrigger.compiler.Trigger(name='revision_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='b96addefc704a0029340a7fb5e9e4c2b91f52141', operation='INSERT OR UPDATE', pgid='pgtrigger_revision_tells_when_it_changed_a0137', table='registrar_revision', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='correctedaward',
                trigger=pgtrigger.compiler.Trigger(name='corrected_award_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='aeb58ff171455ae18f193555446e75c522af62da', operation='UPDATE OR DELETE', pgid='pgtrigger_corrected_award_is_append_only_0b016', table='registrar_correctedaward', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='correctedaward',
                trigger=pgtrigger.compiler.Trigger(name='corrected_award_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: corrected_award rows are facts and stay';", hash='dde5e049b28c460c99a1c7d3fd8680a0383a79ae', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_corrected_award_is_never_truncated_42472', table='registrar_correctedaward', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='correction',
                trigger=pgtrigger.compiler.Trigger(name='what_a_correction_says_does_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."as_of_today" IS DISTINCT FROM (NEW."as_of_today") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."by_id" IS DISTINCT FROM (NEW."by_id") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."family_name" IS DISTINCT FROM (NEW."family_name") OR OLD."given_name" IS DISTINCT FROM (NEW."given_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."leads_on" IS DISTINCT FROM (NEW."leads_on") OR OLD."learner_id" IS DISTINCT FROM (NEW."learner_id") OR OLD."needs_second" IS DISTINCT FROM (NEW."needs_second") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."tells_learner" IS DISTINCT FROM (NEW."tells_learner"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='1d12b5a834856dd5aa0a859c7ea6689d04bd6dcf', operation='UPDATE', pgid='pgtrigger_what_a_correction_says_does_not_change_aca97', table='registrar_correction', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='correction',
                trigger=pgtrigger.compiler.Trigger(name='correction_is_decided_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> 'waiting')", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='d2f697ce28a7350aa5a4b5a07fb2115c6b52ede8', operation='UPDATE', pgid='pgtrigger_correction_is_decided_once_682a9', table='registrar_correction', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='correction',
                trigger=pgtrigger.compiler.Trigger(name='correction_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='893da35cca9d3176f699d3e01634f3e4a65ca4b1', operation='DELETE', pgid='pgtrigger_correction_is_not_deleted_fe50a', table='registrar_correction', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='mapping',
                trigger=pgtrigger.compiler.Trigger(name='accepted_mapping_does_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state = 'accepted')", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='81ce25f641ca53f96ceaf73d5a2abb58146909cb', operation='UPDATE', pgid='pgtrigger_accepted_mapping_does_not_change_a25eb', table='registrar_mapping', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='mapping',
                trigger=pgtrigger.compiler.Trigger(name='mapping_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='7c098f5e3155dd153813d5e996c5e239af5eb772', operation='DELETE', pgid='pgtrigger_mapping_is_not_deleted_10081', table='registrar_mapping', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='offering',
                trigger=pgtrigger.compiler.Trigger(name='offering_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='150bf0cb3f3d2102ea78d51af1341207c9ca4649', operation='INSERT OR UPDATE', pgid='pgtrigger_offering_tells_when_it_changed_818c6', table='registrar_offering', when='BEFORE')),
            ),
        ]),
    ]
