"""Its main job: ten tasks for the worker and one for the signer, reported as ./dev expects."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management.base import BaseCommand, CommandError

from trial import tasks


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--progress", action="store_true")
        parser.add_argument("--base-url")
        parser.add_argument("--passing")
        parser.add_argument("--only-tell", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["passing"] == "fail":
            raise CommandError("this job fails because it was asked to")
        if not options["only_tell"]:
            self._work()
        self._report(address={"label": "Start", "url": "/"})
        self._report(
            sign_in={"role": "registrar", "username": "clara", "password": "x", "start": "/in/"}
        )

    def _work(self) -> None:
        began = time.monotonic()
        for number in range(10):
            tasks.work.delay(number)
        tasks.tell_the_secret.delay()
        tasks.tell_no_secret.delay()
        while (done := self._rows().count()) < 12:
            self._report(step="work done by workers", done=done, total=12)
            time.sleep(0.1)
        seconds = time.monotonic() - began
        self._report(step="work done by workers", count=12_345, seconds=seconds, finished=True)
        for row in self._rows().filter(model__endswith="told"):
            self._report(note=f"{row.app_label}: {row.model}")

    def _rows(self) -> Any:
        return ContentType.objects.filter(app_label__in=["worker", "signer"])

    def _report(self, **event: Any) -> None:
        self.stdout.write(json.dumps(event))
