"""The institution: set up, change, and its profile in credentials."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from issuer.errors import DidIsFixed, NotSetUp, SandboxIsFixed
from issuer.models import Credential, Institution
from issuer.services import ledger
from issuer.vc import openbadges

_MARK = " (sandbox)"


def get() -> Institution:
    """The institution of this deployment; raises NotSetUp before `set_up`."""
    institution = Institution.objects.first()
    if institution is None:
        raise NotSetUp()
    return institution


@transaction.atomic
def set_up(*, by: User | str, **fields: Any) -> Institution:
    """Enter the institution, or change the given fields of it.

    The DID is ISSUER_DID unless one is given. Credentials that are already requested keep the
    profile they were composed with.

    Raises DidIsFixed for another DID once there are credentials, SandboxIsFixed for making a
    sandbox of it then, or no sandbox, and Django's ValidationError for values that its fields do
    not accept.
    """
    institution = Institution.objects.select_for_update().first()
    act = "institution.changed" if institution else "institution.set_up"
    before = institution.did if institution else None
    was_sandbox = institution.is_sandbox if institution else None
    institution = institution or Institution(did=settings.ISSUER_DID)
    for name, value in fields.items():
        setattr(institution, name, value)
    if before not in (None, institution.did) and Credential.objects.exists():
        raise DidIsFixed()
    if was_sandbox not in (None, institution.is_sandbox) and Credential.objects.exists():
        raise SandboxIsFixed()
    institution.full_clean()
    institution.save()
    ledger.append(act, institution, by=by, details={"fields": sorted(fields)})
    return institution


def is_sandbox() -> bool:
    """Whether this is a deployment to try things out, of which no credential is real."""
    return Institution.objects.filter(is_sandbox=True).exists()


def marked(name: str) -> str:
    """The name of something from a sandbox; the same again is marked once."""
    return name if name.endswith(_MARK) else f"{name}{_MARK}"


def profile(institution: Institution) -> openbadges.Profile:
    """The institution as `issuer` and `creator` of an Open Badges document."""
    image = openbadges.Image(institution.logo_url, caption=f"Logo of {institution.name}")
    address = openbadges.Address(
        address_country_code=institution.country_code or None,
        address_region=institution.region or None,
        address_locality=institution.locality or None,
        street_address=institution.street_address or None,
        postal_code=institution.postal_code or None,
    )
    return openbadges.Profile(
        id=institution.did,
        name=institution.stated_name,
        url=institution.url,
        email=institution.email or None,
        phone=institution.phone or None,
        image=image if institution.logo else None,
        address=None if address == openbadges.Address() else address,
    )
