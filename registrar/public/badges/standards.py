"""In what the API of Open Badges 3.0 and that of CLR 2.0 differ."""

from dataclasses import dataclass

from registrar.models import HostedCredential

# The largest number that a page can be asked for by.
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Standard:
    """One of the two: what it is called, where it lies, and what its scopes begin with."""

    title: str
    path: str
    scope: str
    schemas: str
    kind: HostedCredential.Kind
    document: str

    def scopes(self, *names: str) -> list[str]:
        """The whole names of some scopes."""
        return [f"{self.scope}{name}" for name in names]


OPEN_BADGES = Standard(
    title="Open Badges 3.0",
    path="/ims/ob/v3p0",
    scope="https://purl.imsglobal.org/spec/ob/v3p0/scope/",
    schemas="https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_",
    kind=HostedCredential.Kind.BADGE,
    document="achievementcredential",
)
RECORDS = Standard(
    title="CLR 2.0",
    path="/ims/clr/v2p0",
    scope="https://purl.imsglobal.org/spec/clr/v2p0/scope/",
    schemas="https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_",
    kind=HostedCredential.Kind.RECORD,
    document="clrcredential",
)
