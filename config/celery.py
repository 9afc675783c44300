"""The Celery app; its queues and the beat table stand in the settings.

Messages carry ids and are never the truth: every waiting state has a sweep that finds it
again, so a lost, doubled or forged message changes nothing but the moment.
"""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init

from config import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

broker.stand_guard()
app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def keep_what_is_loaded(**_: object) -> None:
    """Spare the collector what stays as long as the process: a tenth of the time of issuing."""
    gc.collect()
    gc.freeze()
