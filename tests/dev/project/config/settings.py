"""Its settings, from the environment that ./dev gives."""

import environ

env = environ.FileAwareEnv()
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
BASE_URL = env.str("BASE_URL")
DATABASES = {"default": env.db("DATABASE_URL", engine="django.db.backends.postgresql")}
INSTALLED_APPS = ["django.contrib.contenttypes", "trial"]
ROOT_URLCONF = "config.urls"
USE_TZ = True
KEYSTORE_SECRET_FILE = env.str("KEYSTORE_SECRET_FILE", None)
CELERY_BROKER_URL = env.str("BROKER_URL")
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"trial.tell_the_secret": {"queue": "signing"}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
