"""Settings, addresses, processes: what ties the three apps together."""

from config.celery import app as celery

__all__ = ["celery"]
