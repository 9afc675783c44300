"""Which rules hold for which credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from issuer.vc import contexts, credential, openbadges
from issuer.vc.errors import Finding
from issuer.vc.lint import (
    allowed_contexts,
    bitstring_status,
    college,
    data_model,
    open_badges,
    records,
    related_resources,
    values,
)

Rule = Callable[[dict[str, Any]], Iterator[Finding]]


@dataclass(frozen=True)
class Profile:
    """The rules for one use: for the data model 2.0, and where it is taken at all, for 1.1."""

    name: str
    rules: tuple[Rule, ...]
    rules_1_1: tuple[Rule, ...] = ()

    def rules_for(self, document: dict[str, Any]) -> tuple[Rule, ...]:
        """Return the rules of the version that the document's first context names."""
        first = credential.many(document.get("@context"))[:1]
        is_1_1 = first == [contexts.CREDENTIALS_V1] and self.rules_1_1
        return self.rules_1_1 if is_1_1 else self.rules


_ANY_VERSION: tuple[Rule, ...] = (
    data_model.unsigned,
    data_model.types,
    data_model.identifiers,
    data_model.issuer,
    data_model.subjects,
    values.stated,
    values.no_second_self,
)
_VERSION_2_0: tuple[Rule, ...] = (
    *_ANY_VERSION,
    data_model.validity,
    data_model.parts,
    data_model.names,
    bitstring_status.entries,
    related_resources.related_resources,
)
_VERSION_1_1: tuple[Rule, ...] = (
    *_ANY_VERSION,
    data_model.issuance_and_expiry,
    data_model.parts_1_1,
)

# Contexts of verification methods and DID documents are of no use in a credential.
_PRODUCT_CONTEXTS = frozenset(contexts.DIGESTS) - {contexts.MULTIKEY_V1}

COLLEGE = Profile(
    name="composed by the college",
    rules=(
        allowed_contexts.exactly(openbadges.CONTEXTS, "Open Badges 3.0"),
        college.exact_types,
        data_model.unsigned,
        college.named,
        college.members,
        college.reads_as_written,
        data_model.validity,
        open_badges.learner,
        open_badges.achievement,
        open_badges.results,
        bitstring_status.college_entry,
        college.exact_schema,
        values.stated,
        values.one_node_each,
    ),
)

COMPOSED_ELSEWHERE = Profile(
    name="composed elsewhere",
    rules=(
        allowed_contexts.Known(_PRODUCT_CONTEXTS, first=contexts.CREDENTIALS_V2),
        *_VERSION_2_0,
        bitstring_status.no_list,
        data_model.no_directions,
        open_badges.badge,
        open_badges.endorsement,
        open_badges.embedded_endorsements,
        records.record,
    ),
)

# For public test suites only.
CONFORMANCE = Profile(
    name="conformance",
    rules=(
        allowed_contexts.Known(contexts.PINNED, first=contexts.CREDENTIALS_V2, inline=True),
        *_VERSION_2_0,
    ),
    rules_1_1=(
        allowed_contexts.Known(contexts.PINNED, first=contexts.CREDENTIALS_V1, inline=True),
        *_VERSION_1_1,
    ),
)
