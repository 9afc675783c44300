"""Every setting, once, from the environment: NAME, or NAME_FILE naming a file that holds it.

There are no per-stage copies: a laptop and a production machine differ in their environment only.
Each comment says what changing the value does.
"""

import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.FileAwareEnv()
ROOT = Path(__file__).resolve().parent.parent


def _one_or_more(name: str, usual: int) -> int:
    """A number of which 0 and less would stop all work, or call it done."""
    number: int = env.int(name, usual)
    if number < 1:
        raise ImproperlyConfigured(f"{name} is {number}; the least is 1.")
    return number


# --- The institution's address ----------------------------------------------------------------

# Public origin of every address that is written into a credential. Changing it later breaks the
# links in all credentials already issued.
BASE_URL = env.str("BASE_URL", "http://localhost:8000").rstrip("/")
# The issuer's identifier. Like BASE_URL it is fixed once the first credential is out.
ISSUER_DID = env.str("ISSUER_DID", "did:web:" + urlsplit(BASE_URL).netloc.replace(":", "%3A"))

# --- Secrets and safety -----------------------------------------------------------------------

# Signs sessions, forms, the links in mails and webhooks. Changing it signs everybody out, breaks
# the links, and gives every webhook another secret.
SECRET_KEY = env.str("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[BASE_URL])
# True behind TLS (the default for an https BASE_URL): cookies never travel in the clear.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", 12 * 60 * 60)  # seconds; a working day
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# For so many seconds browsers that came by https come by https only.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 0)
# What `check --deploy` asks for and is decided otherwise.
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # the other hosts below ours are the college's to decide about
    "security.W008",  # the proxy redirects to https; here that would catch probes and metrics
    "security.W021",  # nor is it ours to put the college's domain on browsers' lists
]
# Set to the header that a trusted proxy sets, e.g. HTTP_X_FORWARDED_PROTO; empty trusts none.
if _proxy_header := env.str("PROXY_SSL_HEADER", ""):
    SECURE_PROXY_SSL_HEADER = (_proxy_header, "https")

# How many proxies of ours a request passes, each of which adds to X-Forwarded-For. One too many,
# and whoever guesses passwords can pretend to come from elsewhere each time; one too few, and
# everybody seems to come from the proxy.
PROXIES = env.int("PROXIES", 0)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Services ---------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", engine="django.db.backends.postgresql")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 60)  # seconds a connection is kept
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a restarted database is noticed, not met as 500
# A streaming replica: what is published and caches may keep is read there (issuer.public.replica).
if _replica := env.str("REPLICA_DATABASE_URL", ""):
    DATABASES["replica"] = DATABASES["default"] | env.db_url_config(
        _replica, engine="django.db.backends.postgresql"
    )
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
    DATABASE_ROUTERS = ["issuer.public.replica.Router"]
# The broker, if BROKER_URL names no other. Nothing else is in it: sessions live in the database,
# and nothing is cached in Redis, as Django's Redis cache unpickles.
REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379/0")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications -----------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.apps.DeskConfig",  # the admin site, in our order and with our pages
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",  # indexes by parts of words
    "django_htmx",
    "pgtrigger",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "skills",
    "issuer",
    "registrar",
]

MIDDLEWARE = [
    "config.request_line.RequestLine",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.metrics.CountRequests",
    "csp.middleware.CSPMiddleware",
    "config.rest.NeverStored",
    "config.answers.Answers",
    "config.text.RefuseNul",
    "config.text.RefuseCompressed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.whole.WholeBodies",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.access.LoginRequired",
    "config.access.DenyByDefault",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.writes.Writes",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "issuer.public.context.institution",
            ],
        },
    },
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "home"

# What a person may do comes from the roles they hold in organisation units.
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "registrar.services.college.roles.RoleBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",  # costs an attacker memory, not only time
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "config.hashers.DrawnSecretHasher",  # of API clients, whose secrets we draw
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# --- Language, time, files --------------------------------------------------------------------

LANGUAGE_CODE = env.str("LANGUAGE_CODE", "en")
# The zone in which staff read times. Stored times and credentials are in UTC.
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_TZ = True
DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i T"
FORMAT_MODULE_PATH = ["config.formats"]
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "config" / "static"]
# Where `collectstatic` puts files in production; without it they are served from the packages.
STATIC_ROOT = env.str("STATIC_ROOT", None)
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# The largest roster or framework that may be uploaded in the browser, in bytes.
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", 200 * 1024 * 1024)
# Folder in which uploads wait between being looked at and being applied; all web processes
# and workers must see the same one.
UPLOAD_DIR = env.str("UPLOAD_DIR", tempfile.gettempdir())
# Hours after which an upload that nobody has applied is removed.
UPLOAD_KEEP_HOURS = env.int("UPLOAD_KEEP_HOURS", 7 * 24)
# Folder in which other systems drop their rosters, a folder for each feed; web processes and
# workers must see the same one.
FEED_DIR = env.str("FEED_DIR", "feeds")
# Seconds for which nothing must have been written to what lies there before it is read.
FEED_SETTLES_SECONDS = env.int("FEED_SETTLES_SECONDS", 30)
# Origins of servers inside the college's own network that feeds may be pulled from, as
# https://sis.campus.example:8443; all others have to be https at public addresses.
FEED_ORIGINS = [origin.rstrip("/").lower() for origin in env.list("FEED_ORIGINS", default=[])]
# The hour from which the night runs, in TIME_ZONE; empty for a service without nights.
NIGHT_HOUR = int(env.str("NIGHT_HOUR", "2")) if env.str("NIGHT_HOUR", "2") else None
# Folder in which the built-in example keeps the passwords that were drawn for its people; only
# load_example and run_demo use it.
DATA_DIR = env.str("DATA_DIR", None)

# Suggest skills by their meaning too, not only by words. Takes the packages of the extra `suggest`;
# workers learn what is imported.
SUGGEST_BY_MEANING = env.bool("SUGGEST_BY_MEANING", False)

# --- Issuing ----------------------------------------------------------------------------------

# Folder of sealed private keys, and the secret that opens them. Only the signer process is given
# the secret; the web process and the other workers cannot open a key.
KEYSTORE_DIR = env.str("KEYSTORE_DIR", None)
KEYSTORE_SECRET_FILE = env.str("KEYSTORE_SECRET_FILE", None)
# How many credentials are claimed, signed and stored together. Measured, seconds of processors a
# credential: 500 together take 1.3 times as long as 2000, 1000 take 1.15 times, 4000 0.9 times.
CHUNK_SIZE = _one_or_more("CHUNK_SIZE", 2000)
# No more is composed while so many chunks wait for their signature.
MAX_UNSIGNED_CHUNKS = _one_or_more("MAX_UNSIGNED_CHUNKS", 16)
# Of a chunk, the first, the last and every so many-th credential is verified as a stranger would
# before it is released; the others go through their shape.
VERIFY_EVERY = _one_or_more("VERIFY_EVERY", 500)
# How many made-up learners each process compares, at its first use of a shape, with what signing
# as a whole makes of them.
SHAPE_TRIALS = _one_or_more("SHAPE_TRIALS", 40)
# Seconds after which the work of a silent worker is given to another.
LEASE_SECONDS = _one_or_more("LEASE_SECONDS", 60)
# Seconds between looks for work that a lost message left behind.
SWEEP_SECONDS = _one_or_more("SWEEP_SECONDS", 15)
# Seconds between looks for events to be sent.
DELIVER_SECONDS = _one_or_more("DELIVER_SECONDS", 5)

# --- Status lists -----------------------------------------------------------------------------

# Seconds after which a revocation is seen everywhere, if the signer runs: a quarter of them until
# the next round of publication, three eighths in caches, three eighths as a verifier's own copy.
STATUS_LIST_TTL = _one_or_more("STATUS_LIST_TTL", 300)
# Seconds for which a signed list is valid; it is signed afresh long before.
STATUS_LIST_VALIDITY = _one_or_more("STATUS_LIST_VALIDITY", 24 * 60 * 60)
# Publish a changed list at once instead of with the next round. Rounds hide which credential
# changed when, so this is for demonstrations and emergencies.
STATUS_PUBLISH_AT_ONCE = env.bool("STATUS_PUBLISH_AT_ONCE", False)

# --- Workers ----------------------------------------------------------------------------------

# A Redis or Valkey (redis, rediss, redis+socket) or a RabbitMQ (amqp, amqps); several nodes of one
# with a semicolon between. Messages only ring, so that no way needs queues that are copied.
CELERY_BROKER_URL = env.str("BROKER_URL", REDIS_URL)
_BROKER = urlsplit(CELERY_BROKER_URL).scheme
# Unasked, kombu believes any certificate of a Redis, and one for any host of a RabbitMQ.
CELERY_BROKER_USE_SSL = {
    "rediss": {"ssl_cert_reqs": "required"},
    "amqps": {"server_hostname": None},  # the host in the address
}.get(_BROKER, False)
CELERY_TASK_DEFAULT_QUEUE = env.str("QUEUE_DEFAULT", "default")
# The queue that only the signer reads.
QUEUE_SIGNING = env.str("QUEUE_SIGNING", "signing")
# The queue of status lists, where a signer of their own publishes them with fewer rights.
QUEUE_PUBLISHING = env.str("QUEUE_PUBLISHING", QUEUE_SIGNING)
CELERY_TASK_ROUTES = {
    "issuer.sign": {"queue": QUEUE_SIGNING},
    "issuer.publish": {"queue": QUEUE_PUBLISHING},
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Seconds until the message of a killed child goes back; meanwhile its worker takes no other.
CELERY_WORKER_LOST_WAIT = 1
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 15
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 180
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# How kombu makes a queue of a Redis. RabbitMQ has queues, and gives back by itself what a worker
# held whose connection is gone.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        # Seconds; longer than any task but the night, or it would run twice at once.
        "visibility_timeout": 240,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_keepalive": True,
    }
    if _BROKER.startswith("redis")
    else {}
)
CELERY_BEAT_SCHEDULE = {
    "find work that a lost message left behind": {
        "task": "registrar.sweep",
        "schedule": SWEEP_SECONDS,
    },
    # A message that no worker took in time is thrown away, as the next one is there by then.
    "send events to who wants them": {
        "task": "issuer.deliver",
        "schedule": DELIVER_SECONDS,
        "options": {"expires": DELIVER_SECONDS},
    },
    "forget events of a month ago": {"task": "issuer.sweep_events", "schedule": 60 * 60},
    "find chunks that wait for a signature": {"task": "issuer.sweep", "schedule": SWEEP_SECONDS},
    "remove uploads that nobody applied": {
        "task": "registrar.sweep_uploads",
        "schedule": 60 * 60,
    },
    "count who waits to be awarded": {"task": "registrar.count_queues", "schedule": 5 * 60},
    "begin the night and carry it on": {"task": "registrar.night", "schedule": 60},
    "forget what the API answered a day ago": {
        "task": "registrar.sweep_answers",
        "schedule": 60 * 60,
    },
    "write the weekly mail": {"task": "registrar.write_digest", "schedule": crontab(minute=11)},
    "check the whole ledger": {
        "task": "issuer.check_ledger",
        "schedule": crontab(hour=3, minute=7),
    },
    "publish status lists": {"task": "issuer.publish", "schedule": STATUS_LIST_TTL / 4},
}

# --- Mail -------------------------------------------------------------------------------------

# The mail server: smtp+tls://user:secret@host:587 (STARTTLS), smtp+ssl://...:465, or smtp://host
# on a network of one's own. filemail:////folder keeps mails as files, consolemail: prints them.
# Without it mails are written and wait.
MAIL_URL = env.str("MAIL_URL", "")
SENDS_MAIL = bool(MAIL_URL)
_MAIL = env.email_url_config(MAIL_URL or "dummymail:")
EMAIL_BACKEND = "issuer.smtp.Backend" if MAIL_URL.startswith("smtp") else _MAIL["EMAIL_BACKEND"]
EMAIL_HOST = _MAIL["EMAIL_HOST"] or "localhost"
EMAIL_USE_TLS = _MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_PORT = _MAIL["EMAIL_PORT"] or (587 if EMAIL_USE_TLS else 465 if EMAIL_USE_SSL else 25)
EMAIL_HOST_USER = _MAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_FILE_PATH = _MAIL["EMAIL_FILE_PATH"] or None
EMAIL_USE_LOCALTIME = True  # mails are dated in TIME_ZONE
EMAIL_TIMEOUT = 30  # seconds for each word of the conversation; a task ends after 120
# Who mails come from, under the institution's name; replies go to the institution's own address.
MAIL_FROM = env.str("MAIL_FROM", f"no-reply@{urlsplit(BASE_URL).hostname}")
DEFAULT_FROM_EMAIL = MAIL_FROM
# Where mail servers report what did not arrive, for `read_bounces`.
MAIL_BOUNCES_TO = env.str("MAIL_BOUNCES_TO", MAIL_FROM)

# From which day (1 is Monday; 0 never) and hour on, in TIME_ZONE, faculty and chairs are told what
# waits for them.
DIGEST_WEEKDAY = env.int("DIGEST_WEEKDAY", 1)
DIGEST_HOUR = env.int("DIGEST_HOUR", 7)
# Days for which somebody outside can follow the link to confirm what a learner has learned.
CONFIRMATION_DAYS = _one_or_more("CONFIRMATION_DAYS", 30)

# --- Webhooks ---------------------------------------------------------------------------------

# Receivers of events on a network of one's own, as origins (https://sis.college.example:8443): only
# these may have private addresses, another port, or plain http. All others are public and https.
# While BASE_URL is this machine, receivers on it are taken too.
WEBHOOK_ORIGINS = [each.rstrip("/").lower() for each in env.list("WEBHOOK_ORIGINS", default=[])]

# --- VC API -----------------------------------------------------------------------------------

# Issuers for public test suites under /conformance/, anonymous, with keys that prove nothing.
# `check --deploy` refuses it: for a test machine only.
CONFORMANCE = env.bool("CONFORMANCE", False)

# --- REST API ---------------------------------------------------------------------------------

# How many requests a minute a client of the API may make; 0 for any number. Where the broker does
# not answer or is a RabbitMQ, each web process counts by itself.
API_RATE_LIMIT = env.int("API_RATE_LIMIT", 3_000)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.rest.BearerToken",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.rest.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["config.rows.Rows"],
    "DEFAULT_PARSER_CLASSES": ["config.rest.Body"],
    "DEFAULT_THROTTLE_CLASSES": ["config.limits.PerClient"],
    "DEFAULT_FILTER_BACKENDS": ["config.lists.Narrowed"],
    "DEFAULT_PAGINATION_CLASS": "config.lists.Pages",
    "DEFAULT_SCHEMA_CLASS": "config.openapi.Operation",
    # What an address offers stands in the schema: OPTIONS says nothing, `?format=` chooses nothing.
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "config.problems.problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Credential service",
    "DESCRIPTION": "Learners, results, templates, awards and credentials of one institution.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    # What is sent is described apart from what is answered: it need not hold what we set.
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
    "DEFAULT_GENERATOR_CLASS": "config.openapi.Generator",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi_webhooks.describe",
        "config.openapi.may_be_left_out",
        "config.openapi.tried",
        "config.openapi_requests.bound",
        "config.openapi_requests.linked",
        "config.openapi_headers.describe",
        "config.openapi_shared.share",
    ],
    "ENUM_NAME_OVERRIDES": {
        "CreditEnum": "registrar.models.LearningOpportunity.Credit",
        "CreditOfARowEnum": ["credit", "non-credit"],
        "SkillKindEnum": "skills.models.Skill.Kind",
        "AwardStateEnum": "registrar.api.records.STATES",
        "RevisionStateEnum": "registrar.models.Revision.State",
        "RevisionKindEnum": "registrar.models.Revision.Kind",
        "RevisionCreditEnum": "registrar.models.Revision.Credit",
        "DeliveryStateEnum": "issuer.models.Delivery.State",
        "NightStateEnum": "registrar.models.NightRun.State",
        "NightStepEnum": "registrar.models.NightStep.Name",
        "NightStepStateEnum": "registrar.models.NightStep.State",
    },
}
# What a student information system reads: every client gets it unless an administrator chooses.
API_SCOPES = {
    "learners.read": "Read learners",
    "catalog.read": "Read courses, activities and outcomes",
    "results.read": "Read results",
    "templates.read": "Read credential templates",
    "awards.read": "Read awards and batches",
    "credentials.read": "Read credentials and their status",
    "skills.read": "Read frameworks and skills",
    "jobs.read": "Read what became of rows that it sent itself",
}
# What a system reads besides; only what an administrator ticks for it.
MORE_SCOPES = {
    "credentials.addresses": "See the addresses of credentials: who knows one reads the credential",
    "nights.read": "Read what the nights did, step by step, and what they refused",
}
# What a student information system also sends; only what an administrator ticks for it.
SIS_WRITE_SCOPES = {
    "catalog.write": "Send organisations, terms, courses, activities, outcomes and offerings",
    "learners.write": "Send learners and enrolments",
    "results.write": "Send line items and results",
    "webhooks.manage": "Have itself told of what happens, and see what it was told",
}
# What a system may write; only what an administrator ticks for it.
WRITE_SCOPES = SIS_WRITE_SCOPES | {
    "awards.prepare": "Prepare awards from a file; a person approves them",
    "templates.draft": "Draft credential templates and hand them in; a person approves them",
    "rules.evaluate": "See who would be awarded by a rule now, and why",
    "credentials.revoke": "Revoke credentials, suspend and reinstate them",
    "client.manage": "See its own secret and keys end, and change its secret",
    "skills.import": "Import frameworks of skills",
    "skills.propose": "Propose links between skills of different frameworks",
}
# What a system may do through the VC API; only what an administrator ticks for it.
VC_API_SCOPES = {
    "vc.issue": "Issue credentials that it composes itself, in the name of the institution",
    "vc.verify": "Verify credentials and presentations, and derive what a holder shows",
    "vc.status": "Revoke credentials, or suspend and reinstate them",
}
ALL_SCOPES = API_SCOPES | MORE_SCOPES | WRITE_SCOPES | VC_API_SCOPES
# Days after which a client's secret opens nothing any more; who may change it is told before.
CLIENT_SECRET_DAYS = _one_or_more("CLIENT_SECRET_DAYS", 365)
# What learners may let an application do, in the words in which they are asked. The names are
# those of Open Badges 3.0 and CLR 2.0.
_OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
_CLR = "https://purl.imsglobal.org/spec/clr/v2p0/scope/"
LEARNER_SCOPES = {
    _OPEN_BADGES + "credential.readonly": "Read your badges",
    _OPEN_BADGES + "credential.upsert": "Keep badges of others here for you",
    _OPEN_BADGES + "profile.readonly": "Read your name and e-mail address",
    _OPEN_BADGES + "profile.update": "Change what you add to your profile",
    _CLR + "credential.readonly": "Read your learning records",
    _CLR + "credential.upsert": "Keep learning records of others here for you",
    _CLR + "profile.readonly": "Read your name and e-mail address",
    _CLR + "profile.update": "Change what you add to your profile",
    "offline_access": "Go on until you end it; unused for 90 days it ends by itself",
}
# Where these stand for people; by default on the institution's web site.
TERMS_URL = env.str("TERMS_URL", "")
PRIVACY_URL = env.str("PRIVACY_URL", "")
OAUTH2_PROVIDER = {
    "SCOPES": ALL_SCOPES | LEARNER_SCOPES,
    # Each client has scopes of its own.
    "SCOPES_BACKEND_CLASS": "registrar.services.college.api_clients.GrantedScopes",
    "CLIENT_SECRET_HASHER": "drawn_sha256",
    "OAUTH2_VALIDATOR_CLASS": "registrar.services.college.token_requests.ProvenClients",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 60 * 60,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 90 * 24 * 60 * 60,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    # Who answers, as clients read it at /.well-known/oauth-authorization-server (RFC 9207).
    "OIDC_ISS_ENDPOINT": BASE_URL,
    # RFC 9700, all of it, also for what clients here never use.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,  # digests: the database opens no door
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
}

# --- Metrics ----------------------------------------------------------------------------------

# Whoever bears this token may read /metrics from anywhere. Without it they are for those who ask
# from a private address, directly.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
# Folder in which the processes of one web server count requests. Unless it is given, each start
# of the server has its own.
METRICS_DIR = env.str(
    "METRICS_DIR",
    f"{tempfile.gettempdir()}/credential-issuer-metrics-{os.geteuid()}-{os.getppid()}",
)
# prometheus-client reads this when it is first imported.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = METRICS_DIR
# Which commit is running, as /metrics tells it.
REVISION = env.str("REVISION", "")

# --- Logs -------------------------------------------------------------------------------------

# Ids, counts and durations only; nothing that names a learner is logged at any level.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "asyncssh": {"level": "WARNING"},  # below it tells who connects where
    },
}
