"""What its workers do: say, in the database, who they are and what they were told."""

from celery import shared_task
from django.conf import settings
from django.contrib.contenttypes.models import ContentType


@shared_task(name="trial.work")
def work(number: int) -> None:
    ContentType.objects.get_or_create(app_label="worker", model=f"{number}")


@shared_task(name="trial.tell_the_secret")
def tell_the_secret() -> None:
    ContentType.objects.get_or_create(app_label="signer", model=_secret())


@shared_task(name="trial.tell_no_secret")
def tell_no_secret() -> None:
    ContentType.objects.get_or_create(app_label="worker", model=_secret())


def _secret() -> str:
    return "told" if settings.KEYSTORE_SECRET_FILE else "not told"
