"""Two verifiers that we did not write accept our records and endorsements, and no changed ones."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from openbadgeslib.ob3 import clr

from tests.vc.conftest import College, _signed
from tests.vc.stated_values import signed_endorsement
from tests.vc.test_clr import record
from tests.vc.test_other_verifiers import by_openvc, data_integrity, ldp, pem

from .from_the_text import check_proof

pytestmark = [pytest.mark.usefixtures("shared_data"), pytest.mark.thorough]

Document = dict[str, Any]
Change = Callable[[Document], object]

COLLEGE = College()
REFUSALS = (ldp.OB3VerificationError, data_integrity.ProofError, InvalidSignature)


def first_inside(document: Document) -> Document:
    found: Document = document["credentialSubject"]["verifiableCredential"][0]
    return found


def by_openbadgeslib(document: Document) -> None:
    contexts = clr.bundled_clr_contexts()
    ldp.verify_data_integrity_proof(document, pem(COLLEGE), extra_contexts=contexts)


def straight(document: Document) -> None:
    check_proof(document, suite="eddsa-rdfc-2022")


CHANGES: list[Change] = [
    lambda document: document.update(name="Transcript 2027"),
    lambda document: document["credentialSubject"]["association"].pop(),
    lambda document: document["credentialSubject"]["association"][0].update(sourceId="urn:x:1"),
    lambda document: first_inside(document)["credentialSubject"]["result"].pop(),
    lambda document: first_inside(document)["proof"].update(created="2026-06-15T11:00:01Z"),
    lambda document: first_inside(document).pop("proof"),
]


# openvc-core demands that a document is what JSON-LD makes of it when it is compacted again. No
# record can be: the context of CLR types the members of ClrSubject by classes of objects.
@pytest.mark.parametrize("accept", [by_openbadgeslib, straight])
def test_a_record_is_accepted_and_refused_when_anything_inside_was_changed(
    accept: Callable[[Document], None],
) -> None:
    document = COLLEGE.sign(record(_signed()))
    accept(document)
    for change in CHANGES:
        changed = copy.deepcopy(document)
        change(changed)
        with pytest.raises(REFUSALS):
            accept(changed)


@pytest.mark.parametrize("accept", [by_openbadgeslib, lambda each: by_openvc(COLLEGE, each)])
def test_an_endorsement_is_accepted_and_refused_when_it_was_changed(
    accept: Callable[[Document], None],
) -> None:
    document = copy.deepcopy(signed_endorsement())
    accept(document)
    document["credentialSubject"]["endorsementComment"] = "Unsound."
    with pytest.raises(REFUSALS):
        accept(document)
