"""Settings, addresses, processes: what ties the three apps together.

The collector of garbage looks rarely, in every process: hardly anything here is a circle, and
merely reading the code took it an eighth of the time.
"""

import gc

gc.set_threshold(50_000, 20, 20)

from config.celery import app as celery  # noqa: E402

__all__ = ["celery"]
