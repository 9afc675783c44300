"""The issuer's own pages at the desk."""

from issuer.admin import institution, keys, ledger, outbox, status_lists  # noqa: F401
