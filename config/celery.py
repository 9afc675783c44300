"""The Celery app: two queues and the beat table.

Messages carry ids and are never the truth: every waiting state has a sweep that finds it
again, so a lost, doubled or forged message changes nothing but the moment.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
