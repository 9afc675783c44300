"""Import a framework of skills at the registrar's desk: who may, and that the ledger has it."""

import hashlib
from collections.abc import Callable
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from issuer.services import ledger
from registrar.services import roles
from skills.models import FrameworkImport
from skills.readers import case
from skills.readers.records import Package
from skills.services import frameworks

FORMATS: Final[dict[str, Callable[..., Package]]] = {"case": case.read}


def plan(data: bytes, *, file_name: str = "", format_name: str = "case") -> frameworks.Plan:
    """Read a framework and compare it with the one that is held. Writes nothing.

    Raises skills.errors.ImportRefused, with all problems, if it cannot be imported.
    """
    package = FORMATS[format_name](data, file=file_name)
    return frameworks.plan(package, sha256=hashlib.sha256(data).hexdigest())


@transaction.atomic
def apply(
    planned: frameworks.Plan,
    *,
    by: User | None,
    source: str,
    is_own: bool | None = None,
) -> FrameworkImport:
    """Apply the plan as skills.services.frameworks.apply does, and enter it in the ledger."""
    if by is not None:
        roles.demand_for_all(by, "skills.import_framework")
    imported = frameworks.apply(planned, by=by, source=source, is_own=is_own)
    details = {
        "framework": imported.framework.identifier,
        "sha256": imported.sha256,
        "new": imported.new,
        "changed": imported.changed,
        "retired": imported.retired,
        "unchanged": imported.unchanged,
    }
    ledger.append("framework.imported", imported, by=by or "system", details=details)
    return imported
