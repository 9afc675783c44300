import datetime
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import issuer.models.status
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # What a database that was made step by step has behind it.
    replaces = [('issuer', '0001_initial'), ('issuer', '0002_state_of_a_credential'), ('issuer', '0003_indexes_of_long_lists'), ('issuer', '0004_ledger_checks'), ('issuer', '0005_composed_elsewhere'), ('issuer', '0006_suspension'), ('issuer', '0007_shapes'), ('issuer', '0008_pausing'), ('issuer', '0009_rested'), ('issuer', '0010_one_index_of_addresses'), ('issuer', '0011_outbox'), ('issuer', '0012_superseded'), ('issuer', '0013_batches_begin_later'), ('issuer', '0014_webhooks'), ('issuer', '0015_rows_tell_when_they_changed'), ('issuer', '0016_sandboxes'), ('issuer', '0017_barred_webhooks'), ('issuer', '0018_changes_of_webhooks'), ('issuer', '0019_withdrawn_batches')]

    initial = True

    dependencies = [
        ('auth', '__first__'),
    ]

    operations = [
        django.contrib.postgres.operations.TrigramExtension(
        ),
        migrations.CreateModel(
            name='Achievement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('document', models.JSONField(help_text='Open Badges 3.0 Achievement')),
                ('image', models.TextField(blank=True, help_text='SVG text of its image')),
                ('published_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'triggers': [pgtrigger.compiler.Trigger(name='achievement_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b76e6f5c068883ef3b8c9187a82d4809cb5f6a4b', operation='UPDATE OR DELETE', pgid='pgtrigger_achievement_is_append_only_b8734', table='issuer_achievement', when='BEFORE')), pgtrigger.compiler.Trigger(name='achievement_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: achievement rows are facts and stay';", hash='e8eb4bf0e5a6cdf4791ee9af2e5a083d9f70d17a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_achievement_is_never_truncated_54580', table='issuer_achievement', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Credential',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField()),
                ('composed_id', models.CharField(blank=True, help_text='Id given by the system that composed it', max_length=500)),
                ('values', models.TextField(blank=True, help_text='JSON list of what fills the holes')),
                ('text', models.TextField(blank=True, help_text='The document, where it has no shape')),
                ('valid_until', models.DateTimeField(null=True)),
                ('requested_at', models.DateTimeField(auto_now_add=True)),
                ('achievement', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credentials', to='issuer.achievement')),
            ],
            options={
                'ordering': ['batch', 'position'],
                'permissions': [('revoke_credential', 'Can revoke a credential')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Waits'), ('delivered', 'Delivered'), ('failed', 'Not delivered')], default='waiting', max_length=9)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('try_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('tried_at', models.DateTimeField(editable=False, null=True)),
                ('status', models.PositiveSmallIntegerField(help_text='Of the last answer; empty where none came', null=True)),
                ('milliseconds', models.PositiveIntegerField(help_text='Until the last answer', null=True)),
                ('written_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='VerifiableCredential',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('format', models.CharField(choices=[('eddsa-rdfc-2022', 'Eddsa Rdfc 2022')], default='eddsa-rdfc-2022', max_length=20)),
                ('proof_created_at', models.DateTimeField(help_text='`created` of the proof, whole seconds')),
                ('status_index', models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Shape',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(help_text='SHA-256 of document and holes', max_length=32, unique=True)),
                ('document', models.TextField(help_text='JSON text with a sentinel in each hole')),
                ('holes', models.TextField(help_text='JSON list: name, kind and sentinel, in the order of values')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'triggers': [pgtrigger.compiler.Trigger(name='shape_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2731404cdbb55ab5ce3f1deb51f834ed366c7405', operation='UPDATE OR DELETE', pgid='pgtrigger_shape_is_append_only_f2cb6', table='issuer_shape', when='BEFORE')), pgtrigger.compiler.Trigger(name='shape_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: shape rows are facts and stay';", hash='82b5f6076f969abfcf9362b18faa66beb91b393f', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_shape_is_never_truncated_edbe5', table='issuer_shape', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_multibase', models.CharField(help_text='Multikey text of the public key (CID 1.0)', max_length=64, unique=True)),
                ('did', models.CharField(max_length=255, verbose_name='DID')),
                ('handle', models.CharField(help_text='Its name in the keystore', max_length=100, unique=True)),
                ('state', models.CharField(choices=[('staged', 'Staged'), ('active', 'Active'), ('retired', 'Retired'), ('compromised', 'Compromised')], default='staged', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('activated_at', models.DateTimeField(null=True)),
                ('retired_at', models.DateTimeField(null=True)),
                ('compromised_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('did',), name='one_active_key_per_did')],
            },
        ),
        migrations.CreateModel(
            name='StatusChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.BooleanField(help_text='True sets the bit; False lifts a suspension')),
                ('is_final', models.BooleanField(default=False, help_text='True withdraws it for good')),
                ('reason', models.TextField()),
                ('superseded_by', models.UUIDField(help_text='The credential that takes its place, where it was corrected', null=True)),
                ('leads_on', models.BooleanField(default=False, help_text='Its address leads on to the one that takes its place')),
                ('client', models.CharField(blank=True, help_text='API client that did it; blank for a person', max_length=200)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='StatusList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(default=issuer.models.status.random_name, editable=False, max_length=20, unique=True)),
                ('purpose', models.CharField(choices=[('revocation', 'Revocation'), ('suspension', 'Suspension')], default='revocation', max_length=12)),
                ('format', models.CharField(max_length=20)),
                ('size', models.PositiveIntegerField(default=131072)),
                ('permutation', models.BinaryField(help_text='All indexes in random order, four bytes each')),
                ('taken', models.PositiveIntegerField(default=0, help_text='How many entries are handed out')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('taken__lt', models.F('size'))), fields=('purpose', 'format'), name='one_status_list_of_a_kind_is_filling'), models.CheckConstraint(condition=models.Q(('taken__lte', models.F('size'))), name='status_list_is_not_overfull')],
            },
        ),
        migrations.CreateModel(
            name='StatusListPublication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('body', models.TextField(help_text='The signed BitstringStatusListCredential')),
                ('sha256', models.CharField(max_length=64)),
                ('published_at', models.DateTimeField(auto_now_add=True)),
                ('valid_until', models.DateTimeField()),
            ],
            options={
                'ordering': ['status_list', '-version'],
            },
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('client', models.CharField(blank=True, max_length=100)),
                ('url', models.CharField(max_length=500, verbose_name='address')),
                ('types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), size=None)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('contact', models.EmailField(blank=True, help_text='Told when it is given up', max_length=320)),
                ('is_on', models.BooleanField(default=True)),
                ('why_off', models.CharField(blank=True, choices=[('by_hand', 'Switched off'), ('gone', 'Gone: it answered 410'), ('failing', 'Failed for days'), ('barred', 'Barred: its client may no longer read this')], max_length=7)),
                ('off_at', models.DateTimeField(editable=False, null=True)),
                ('secret_number', models.PositiveIntegerField(default=1)),
                ('former_until', models.DateTimeField(editable=False, null=True)),
                ('paused_until', models.DateTimeField(editable=False, null=True)),
                ('failing_since', models.DateTimeField(editable=False, null=True)),
                ('added_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('retired_at', models.DateTimeField(editable=False, null=True)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
            ],
            options={
                'verbose_name': 'webhook',
                'ordering': ['-added_at'],
                'indexes': [models.Index(fields=['updated_at', 'id'], name='webhooks_by_change')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('is_on', True), ('off_at', None), ('why_off', '')), models.Q(('is_on', False), ('off_at__isnull', False), models.Q(('why_off', ''), _negated=True)), _connector='OR'), name='webhook_that_is_off_says_why'), models.CheckConstraint(condition=models.Q(('retired_at', None), ('is_on', False), _connector='OR'), name='retired_webhook_is_off')],
                'triggers': [pgtrigger.compiler.Trigger(name='webhook_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='ae3226f38cd642f540e76d77aa8a5e2b316517b9', operation='INSERT OR UPDATE', pgid='pgtrigger_webhook_tells_when_it_changed_71e01', table='issuer_webhookendpoint', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('prepared', 'Prepared'), ('approved', 'Approved'), ('issued', 'Issued'), ('declined', 'Declined')], default='prepared', max_length=10)),
                ('count', models.PositiveIntegerField()),
                ('prepared_at', models.DateTimeField(auto_now_add=True)),
                ('client', models.CharField(blank=True, help_text="API client that composed it; blank for a person's", max_length=200)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.TextField(blank=True)),
                ('decided_alone', models.BooleanField(default=False, help_text='A correction for which the college asks for no second person')),
                ('decline_seen_at', models.DateTimeField(help_text='By whoever prepared it', null=True)),
                ('paused_at', models.DateTimeField(null=True)),
                ('begins_at', models.DateTimeField(help_text='An approved batch rests until then', null=True)),
                ('rested', models.DurationField(default=datetime.timedelta, help_text='In pauses that have ended')),
                ('issued_at', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('prepared_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'batches',
                'ordering': ['-prepared_at'],
                'permissions': [('prepare_batch', 'Can prepare a batch'), ('approve_batch', 'Can approve or decline a batch that somebody else prepared')],
                'indexes': [models.Index(fields=['updated_at', 'id'], name='batches_by_change')],
                'constraints': [models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('prepared_by')), _negated=True), ('decided_alone', True), ('state', 'declined'), _connector='OR'), name='batch_is_decided_by_a_second_person'), models.CheckConstraint(condition=models.Q(models.Q(('client', ''), ('prepared_by__isnull', False)), models.Q(('prepared_by__isnull', True), models.Q(('client', ''), _negated=True)), _connector='OR'), name='batch_is_of_a_person_or_of_a_client'), models.CheckConstraint(condition=models.Q(models.Q(('client', ''), _negated=True), models.Q(('decided_by__isnull', True), ('state', 'prepared')), models.Q(models.Q(('state', 'prepared'), _negated=True), ('decided_by__isnull', False)), _connector='OR'), name='batch_beyond_prepared_has_been_decided'), models.CheckConstraint(condition=models.Q(('client', ''), models.Q(('count', 1), ('decided_at__isnull', False), ('decided_by__isnull', True), ('state__in', ['approved', 'issued'])), _connector='OR'), name='batch_of_a_client_is_one_and_approved_by_its_scope')],
                'triggers': [pgtrigger.compiler.Trigger(name='batch_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='c922fa02ea7897dff4ad5e72f6e80c8801cd73ce', operation='INSERT OR UPDATE', pgid='pgtrigger_batch_tells_when_it_changed_3986d', table='issuer_batch', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Chunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.PositiveIntegerField()),
                ('last', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('approved', 'Approved'), ('requested', 'Requested'), ('signed', 'Signed'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='approved', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('error', models.TextField(blank=True)),
                ('signed_as_a_whole', models.PositiveIntegerField(default=0, help_text='How many credentials no shape could say; the slow way')),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='last change')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chunks', to='issuer.batch')),
            ],
            options={
                'ordering': ['batch', 'first'],
                'indexes': [models.Index(condition=models.Q(('state__in', ['approved', 'requested'])), fields=['state', 'lease_until'], name='chunks_that_wait'), models.Index(condition=models.Q(('state__in', ['failed', 'cancelled'])), fields=['batch', 'first'], name='chunks_never_issued')],
                'constraints': [models.UniqueConstraint(fields=('batch', 'first'), name='chunks_do_not_overlap_at_first'), models.UniqueConstraint(fields=('batch', 'last'), name='chunks_do_not_overlap_at_last'), models.CheckConstraint(condition=models.Q(('first__lte', models.F('last'))), name='chunk_is_not_empty'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), _negated=True), ('first', models.F('last')), _connector='OR'), name='failed_chunk_is_one_row')],
                'triggers': [pgtrigger.compiler.Trigger(name='chunk_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='1ec5ebd3f119817482eccbf3dded44f2d4b9fdd0', operation='INSERT OR UPDATE', pgid='pgtrigger_chunk_tells_when_it_changed_eb821', table='issuer_chunk', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('credential', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='release', serialize=False, to='issuer.credential')),
                ('address', models.CharField(help_text='256 random bits, base64url; whoever knows it may read', max_length=43)),
                ('released_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('address',), name='release_address_is_of_one_credential')],
                'triggers': [pgtrigger.compiler.Trigger(name='release_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d99b5494d7780a3bcaf2d6838067198b6a707dae', operation='UPDATE OR DELETE', pgid='pgtrigger_release_is_append_only_2b285', table='issuer_release', when='BEFORE')), pgtrigger.compiler.Trigger(name='release_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: release rows are facts and stay';", hash='59210e8e48191b8360211794b99726aa30de3293', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_release_is_never_truncated_3637a', table='issuer_release', when='BEFORE'))],
            },
        ),
        migrations.AddField(
            model_name='credential',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credentials', to='issuer.batch'),
        ),
        migrations.CreateModel(
            name='DeliveryAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('milliseconds', models.PositiveIntegerField()),
                ('said', models.CharField(blank=True, max_length=500)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='issuer.delivery')),
            ],
            options={
                'ordering': ['delivery', '-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('type', models.CharField(max_length=50)),
                ('scope', models.CharField(blank=True, db_default='', max_length=50)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('data', models.JSONField()),
            ],
            options={
                'ordering': ['-at'],
                'indexes': [models.Index(fields=['at'], name='events_by_age')],
            },
        ),
        migrations.AddField(
            model_name='delivery',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='issuer.event'),
        ),
        migrations.CreateModel(
            name='Institution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('only', models.BooleanField(default=True, editable=False, unique=True)),
                ('did', models.CharField(help_text='For example did:web:college.example', max_length=255, verbose_name='DID')),
                ('name', models.CharField(max_length=200)),
                ('url', models.URLField(verbose_name='web site')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail address')),
                ('phone', models.CharField(blank=True, max_length=50)),
                ('street_address', models.CharField(blank=True, max_length=200)),
                ('locality', models.CharField(blank=True, max_length=100, verbose_name='city')),
                ('region', models.CharField(blank=True, max_length=100, verbose_name='state or region')),
                ('postal_code', models.CharField(blank=True, max_length=20)),
                ('country_code', models.CharField(blank=True, help_text='Two letters, e.g. US', max_length=2)),
                ('logo', models.TextField(blank=True, help_text='The text of an SVG image, shown on pages and certificates')),
                ('is_sandbox', models.BooleanField(default=False, help_text='To try things out: every credential says so', verbose_name='sandbox')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('only', True)), name='one_institution_per_deployment')],
            },
        ),
        migrations.CreateModel(
            name='LedgerCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('running', 'Running'), ('whole', 'Whole'), ('broken', 'Broken')], default='running', max_length=7)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('checked', models.PositiveBigIntegerField(default=0)),
                ('hash', models.CharField(max_length=64)),
                ('first_bad', models.PositiveBigIntegerField(null=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('state',), name='one_ledger_check_runs'), models.CheckConstraint(condition=models.Q(models.Q(('first_bad__isnull', False), ('state', 'broken')), models.Q(models.Q(('state', 'broken'), _negated=True), ('first_bad', None)), _connector='OR'), name='broken_ledger_names_an_entry')],
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('sequence', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=200)),
                ('act', models.CharField(help_text='For example credential.revoked', max_length=60)),
                ('subject', models.CharField(max_length=200)),
                ('reason', models.TextField(blank=True)),
                ('details', models.JSONField(default=dict)),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'ledger entries',
                'ordering': ['-sequence'],
                'indexes': [models.Index(fields=['subject', '-sequence'], name='ledger_by_subject'), models.Index(fields=['act'], name='ledger_by_act', opclasses=['varchar_pattern_ops']), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('actor'), name='gin_trgm_ops'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('subject'), name='gin_trgm_ops'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('reason'), name='gin_trgm_ops'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('act'), name='gin_trgm_ops'), name='ledger_by_parts_of_words')],
                'triggers': [pgtrigger.compiler.Trigger(name='ledger_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='14aa046a99d7f94da90fe754d1ead8c9a7a8cf1d', operation='UPDATE OR DELETE', pgid='pgtrigger_ledger_is_append_only_5bfe6', table='issuer_ledgerentry', when='BEFORE')), pgtrigger.compiler.Trigger(name='ledger_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: ledger rows are facts and stay';", hash='085e87d108e2fa61f981588b10038e82d44939de', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_ledger_is_never_truncated_a7adb', table='issuer_ledgerentry', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('to', models.EmailField(max_length=320, verbose_name='address')),
                ('to_name', models.CharField(blank=True, max_length=300, verbose_name='name')),
                ('subject', models.CharField(max_length=300)),
                ('text', models.TextField()),
                ('link', models.CharField(blank=True, max_length=300)),
                ('stop', models.CharField(blank=True, max_length=300)),
                ('why', models.CharField(help_text='What wrote it, for example digest.weekly', max_length=60)),
                ('about', models.CharField(blank=True, max_length=200)),
                ('written_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('state', models.CharField(choices=[('queued', 'Waits to be sent'), ('sending', 'Being sent'), ('sent', 'Sent'), ('unsure', 'Perhaps sent'), ('failed', 'Not sent'), ('bounced', 'Came back')], default='queued', max_length=7)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('try_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('tried_at', models.DateTimeField(editable=False, null=True)),
                ('sent_at', models.DateTimeField(editable=False, null=True)),
                ('status', models.CharField(blank=True, help_text='RFC 3463, of one that came back', max_length=12)),
                ('answer', models.TextField(blank=True)),
                ('again', models.ForeignKey(help_text='The same mail before', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='repeats', to='issuer.mail')),
            ],
            options={
                'ordering': ['-written_at'],
                'permissions': [('resend_mail', 'Can send a mail once more')],
                'indexes': [models.Index(models.OrderBy(models.F('written_at'), descending=True), name='mails_newest_first'), models.Index(condition=models.Q(('state', 'queued')), fields=['try_at'], name='mails_that_wait'), models.Index(condition=models.Q(('state', 'sending')), fields=['tried_at'], name='mails_being_sent'), models.Index(django.db.models.functions.text.Upper('to'), name='mails_by_address'), models.Index(fields=['about'], name='mails_by_what_they_are_about')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('subject__regex', '[[:cntrl:]]'), _negated=True), models.Q(('to_name__regex', '[[:cntrl:]]'), _negated=True)), name='mail_headers_are_one_line'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='sent_mail_says_when'), models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'failed']), ('tried_at__isnull', False), _connector='OR'), name='mail_is_tried_before_it_is_sent')],
                'triggers': [pgtrigger.compiler.Trigger(name='words_of_a_mail_do_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."about" IS DISTINCT FROM (NEW."about") OR OLD."again_id" IS DISTINCT FROM (NEW."again_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."link" IS DISTINCT FROM (NEW."link") OR OLD."stop" IS DISTINCT FROM (NEW."stop") OR OLD."subject" IS DISTINCT FROM (NEW."subject") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."to" IS DISTINCT FROM (NEW."to") OR OLD."to_name" IS DISTINCT FROM (NEW."to_name") OR OLD."why" IS DISTINCT FROM (NEW."why") OR OLD."written_at" IS DISTINCT FROM (NEW."written_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='1bcb95c9b4c85d296aa4152ad7694ab537f53059', operation='UPDATE', pgid='pgtrigger_words_of_a_mail_do_not_change_e468d', table='issuer_mail', when='BEFORE')), pgtrigger.compiler.Trigger(name='mail_is_not_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='4d9d0f3f81d4cfa6979bf8da45e241f151e14554', operation='DELETE', pgid='pgtrigger_mail_is_not_deleted_c1365', table='issuer_mail', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='SecuredDocument',
            fields=[
                ('verifiable_credential', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='secured', serialize=False, to='issuer.verifiablecredential')),
                ('proof_value', models.CharField(blank=True, help_text='Of its proof; multibase', max_length=200)),
                ('text', models.TextField(blank=True, help_text='The signed document, where it has no shape')),
                ('sha256', models.BinaryField(max_length=32)),
                ('signed_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('text', ''), models.Q(('proof_value', ''), _negated=True)), models.Q(('proof_value', ''), models.Q(('text', ''), _negated=True)), _connector='OR'), name='secured_document_is_a_proof_value_or_a_text')],
                'triggers': [pgtrigger.compiler.Trigger(name='secured_document_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f19e5d61e9ea881c6288c8b0b4ded7e3f9303b64', operation='UPDATE OR DELETE', pgid='pgtrigger_secured_document_is_append_only_e8b06', table='issuer_secureddocument', when='BEFORE')), pgtrigger.compiler.Trigger(name='secured_document_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: secured_document rows are facts and stay';", hash='d0d3c3f1191c69c0c7a40d96efb410079db38d84', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_secured_document_is_never_truncated_637c2', table='issuer_secureddocument', when='BEFORE'))],
            },
        ),
        migrations.AddField(
            model_name='verifiablecredential',
            name='credential',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='verifiable_credentials', to='issuer.credential'),
        ),
        migrations.AddField(
            model_name='credential',
            name='shape',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.shape'),
        ),
        migrations.AddField(
            model_name='verifiablecredential',
            name='key',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.signingkey'),
        ),
        migrations.AddField(
            model_name='statuschange',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statuschange',
            name='verifiable_credential',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='status_changes', to='issuer.verifiablecredential'),
        ),
        migrations.AddField(
            model_name='verifiablecredential',
            name='status_list',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='issuer.statuslist'),
        ),
        migrations.AddField(
            model_name='statuslistpublication',
            name='last_change',
            field=models.ForeignKey(help_text='Newest change in it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuer.statuschange'),
        ),
        migrations.AddField(
            model_name='statuslistpublication',
            name='status_list',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='issuer.statuslist'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='endpoint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='issuer.webhookendpoint'),
        ),
        migrations.AddIndex(
            model_name='credential',
            index=models.Index(fields=['-requested_at', 'position'], name='credentials_newest_first'),
        ),
        migrations.AddIndex(
            model_name='credential',
            index=models.Index(condition=models.Q(('valid_until__isnull', False)), fields=['valid_until'], name='credentials_that_expire'),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.UniqueConstraint(fields=('batch', 'position'), name='one_credential_per_position_of_a_batch'),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.UniqueConstraint(condition=models.Q(('composed_id', ''), _negated=True), fields=('composed_id',), name='composed_id_is_given_once'),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.CheckConstraint(condition=models.Q(('achievement__isnull', True), ('composed_id', ''), _connector='OR'), name='credential_of_an_achievement_is_named_by_its_urn'),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('shape__isnull', True), ('values', ''), models.Q(('text', ''), _negated=True)), models.Q(('shape__isnull', False), ('text', ''), models.Q(('values', ''), _negated=True)), _connector='OR'), name='credential_has_a_shape_or_a_text'),
        ),
        migrations.AddIndex(
            model_name='statuschange',
            index=models.Index(fields=['updated_at', 'id'], name='status_changes_by_change'),
        ),
        migrations.AddConstraint(
            model_name='statuschange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('by__isnull', False), ('client', '')), models.Q(('by__isnull', True), models.Q(('client', ''), _negated=True)), _connector='OR'), name='status_change_is_by_a_person_or_by_a_client'),
        ),
        migrations.AddConstraint(
            model_name='statuschange',
            constraint=models.CheckConstraint(condition=models.Q(('value', True), ('is_final', False), _connector='OR'), name='status_change_for_good_sets_the_bit'),
        ),
        migrations.AddConstraint(
            model_name='statuschange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('leads_on', False), ('superseded_by__isnull', True)), ('is_final', True), _connector='OR'), name='what_is_superseded_is_withdrawn_for_good'),
        ),
        migrations.AddConstraint(
            model_name='verifiablecredential',
            constraint=models.UniqueConstraint(fields=('credential', 'format'), name='one_secured_form_per_format'),
        ),
        migrations.AddConstraint(
            model_name='verifiablecredential',
            constraint=models.UniqueConstraint(fields=('status_list', 'status_index'), name='status_entry_is_used_once'),
        ),
        migrations.AddConstraint(
            model_name='statuslistpublication',
            constraint=models.UniqueConstraint(fields=('status_list', 'version'), name='status_list_versions_only_grow'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['try_at'], name='deliveries_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(models.F('endpoint'), models.OrderBy(models.F('written_at'), descending=True), name='deliveries_of_an_endpoint'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('endpoint', 'event'), name='event_goes_once_to_an_endpoint'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='credential',
            trigger=pgtrigger.compiler.Trigger(name='credential_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='22895e8ee0039449d89599ae89ac41fc9a2942e5', operation='UPDATE OR DELETE', pgid='pgtrigger_credential_is_append_only_d439e', table='issuer_credential', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='credential',
            trigger=pgtrigger.compiler.Trigger(name='credential_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: credential rows are facts and stay';", hash='b6123f95ab4cc74db90bb85fe0988ec960b2bd14', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_credential_is_never_truncated_cd174', table='issuer_credential', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='verifiablecredential',
            trigger=pgtrigger.compiler.Trigger(name='verifiable_credential_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4a1a094241ddc6039b91f9c7dab9bb5610d08921', operation='UPDATE OR DELETE', pgid='pgtrigger_verifiable_credential_is_append_only_a64d4', table='issuer_verifiablecredential', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='verifiablecredential',
            trigger=pgtrigger.compiler.Trigger(name='verifiable_credential_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: verifiable_credential rows are facts and stay';", hash='ebffdf152b311c702ba3e6c3cc746e0ed69f926d', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_verifiable_credential_is_never_truncated_781a7', table='issuer_verifiablecredential', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statuschange',
            trigger=pgtrigger.compiler.Trigger(name='status_change_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='ac62a3bd8d5dcd617d246eaaec8fbbb0462a9334', operation='UPDATE OR DELETE', pgid='pgtrigger_status_change_is_append_only_cd257', table='issuer_statuschange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statuschange',
            trigger=pgtrigger.compiler.Trigger(name='status_change_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: status_change rows are facts and stay';", hash='ab2ef2b118c72dcac4d8d75f9d4f54c5f2a69c99', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_status_change_is_never_truncated_5df24', table='issuer_statuschange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statuschange',
            trigger=pgtrigger.compiler.Trigger(name='status_change_for_good_is_the_last', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT 1 FROM issuer_statuschange\n        WHERE verifiable_credential_id = NEW.verifiable_credential_id AND is_final\n    ) THEN\n        RAISE EXCEPTION 'pgtrigger: what was withdrawn for good stays withdrawn';\n    END IF;\n    RETURN NEW;\n", hash='53df0812b08a16880b4f1549ca30c7e439d7e98a', operation='INSERT', pgid='pgtrigger_status_change_for_good_is_the_last_7917e', table='issuer_statuschange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statuschange',
            trigger=pgtrigger.compiler.Trigger(name='status_change_tells_when_it_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    IF COALESCE(current_setting('changes.at', true), '') = '' THEN\n        PERFORM pg_advisory_xact_lock_shared(\n            5, (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::int\n        );\n        PERFORM set_config('changes.at', clock_timestamp()::text, true);\n    END IF;\n    NEW.updated_at = current_setting('changes.at')::timestamptz;\n    RETURN NEW;\n", hash='b3f7d49753e0555940f1689829b71bff80f90c9c', operation='INSERT OR UPDATE', pgid='pgtrigger_status_change_tells_when_it_changed_457ef', table='issuer_statuschange', when='BEFORE')),
        ),
    ]
