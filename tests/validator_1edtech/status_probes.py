"""RevocationListProbe, and what it reads of a bitstring status list."""

import gzip
import io
from collections.abc import Callable, Iterator
from typing import Any

from . import forms, public_keys
from .credential_probes import Document, Fetch, many
from .report import Fault, Outcome, Report, error, fatal, warning

LEAST_ENTRIES = 131_072
# Of a list only as much as this is unpacked.
_MOST_BYTES = 16 * 1024 * 1024

InspectList = Callable[[Any], Report]


def revocation(document: Document, fetch: Fetch, inspect_list: InspectList) -> Iterator[Fault]:
    """RevocationListProbe; a credential without id is tripped over."""
    own_id = document["id"]
    for status in many(document.get("credentialStatus")):
        if status["type"] == "1EdTechRevocationList":
            faults = list(_in_list_of_ids(own_id, status, fetch))
        elif (
            status["type"] == "BitstringStatusListEntry" and status["statusPurpose"] == "revocation"
        ):
            faults = list(bit(status, fetch, inspect_list))
        else:
            continue
        yield from faults
        if faults:
            return


def _in_list_of_ids(own_id: str, status: Document, fetch: Fetch) -> Iterator[Fault]:
    try:
        listed = list(fetch(status["id"])["revokedCredential"])
    except Exception as reason:  # noqa: BLE001 - unreadable for whatever reason
        yield warning(f"the list {status['id']} cannot be read: {reason}")
        return
    if any(each["id"] == own_id and each.get("revoked", True) for each in listed):
        yield fatal("the credential has been revoked")


def bit(status: Document, fetch: Fetch, inspect_list: InspectList) -> Iterator[Fault]:
    """BitstringStatusListProbe."""
    size = status.get("statusSize", 1)
    if size < 0:
        yield error("the size of a status is negative")
        return
    try:
        fetched = fetch(status["statusListCredential"])
    except Exception as reason:  # noqa: BLE001 - unreachable for whatever reason
        yield error(f"{status['statusListCredential']} does not answer: {reason}")
        return
    report = inspect_list(fetched)
    if report.outcome is not Outcome.VALID:
        # Even a warning ends the check there.
        yield report.outcome, f"the status list: {'; '.join(map(str, report.faults))}"
        return
    yield from _read_bit(status, list_of(fetched)["credentialSubject"], size)


def status_list(document: Document) -> Iterator[Fault]:
    """StatusListProbe: the list itself has the form that its specification asks for."""
    subject = document["credentialSubject"]
    if not isinstance(subject["statusPurpose"], str):
        yield error("the purpose is not one text")
    if not subject["encodedList"].startswith("u"):
        yield error("the list is not base64url")
    elif len(unpack(subject["encodedList"])) * 8 < LEAST_ENTRIES:
        yield error(f"the list has fewer than {LEAST_ENTRIES} entries")
    ttl = subject.get("ttl", 0)
    if not isinstance(ttl, int) or ttl < 0:
        yield error(f"the ttl is {ttl!r}")


def list_of(fetched: Any) -> Document:
    """Return the status list credential, also out of a JWS."""
    if isinstance(fetched, dict):
        return fetched
    claims = forms.parse_jwt(fetched).claims
    found: Document = claims.get("vc", claims)
    return found


def unpack(encoded: str) -> bytes:
    """Return the bits of an encodedList; raises ValueError or OSError."""
    data = public_keys.decode_multibase(encoded)
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return file.read(_MOST_BYTES)


def _read_bit(status: Document, subject: Document, size: int) -> Iterator[Fault]:
    if subject["statusPurpose"] != status["statusPurpose"]:
        yield error("the purpose of the list is another")
        return
    bits = unpack(subject["encodedList"])
    if len(bits) * 8 // size < LEAST_ENTRIES:
        yield error(f"the list has fewer than {LEAST_ENTRIES} entries")
        return
    place = int(status["statusListIndex"]) * size
    if not 0 <= place < len(bits) * 8:
        yield error("the index is beyond the list")
    elif bits[place // 8] & (0x80 >> place % 8):
        yield fatal("the credential has been revoked")
