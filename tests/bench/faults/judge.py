"""Judges what workers have left behind, by SQL and arithmetic of its own: no service is asked.

Signatures are checked with pyld and OpenSSL, ledger roots with hashlib; of the product only the
contexts are used, which are data.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NAMES = ("lost", "doubled", "shared", "stuck")

# Of each award that was approved: what there is of it, and whether it was said why there is none.
_AWARDS = """
    select a.batch_id, a.position, a.credential_id,
           count(distinct c.id) credentials,
           count(distinct v.id) filter (where c.id = a.credential_id) forms,
           count(distinct s.verifiable_credential_id) filter (where c.id = a.credential_id) signed,
           count(distinct r.credential_id) filter (where c.id = a.credential_id) released,
           exists (
               select from issuer_chunk k where k.batch_id = a.batch_id
               and a.position between k.first and k.last
               and k.state in ('failed', 'cancelled') and k.error <> ''
           ) is_refused,
           exists (
               select from issuer_chunk k where k.batch_id = a.batch_id
               and a.position between k.first and k.last
               and k.state in ('approved', 'requested')
           ) is_waiting
      from registrar_award a
      join issuer_batch b on b.id = a.batch_id and b.state in ('approved', 'issued')
      left join issuer_credential c on c.batch_id = a.batch_id and c.position = a.position
      left join issuer_verifiablecredential v on v.credential_id = c.id
      left join issuer_secureddocument s on s.verifiable_credential_id = v.id
      left join issuer_release r on r.credential_id = c.id
     group by a.batch_id, a.position, a.credential_id
"""
_SHARED = """
    select status_list_id, status_index, count(*)
      from issuer_verifiablecredential group by 1, 2 having count(*) > 1
"""
_OUT_OF_RANGE = """
    select l.name, v.status_index from issuer_verifiablecredential v
      join issuer_statuslist l on l.id = v.status_list_id where v.status_index >= l.size
"""
_STUCK = """
    select b.id, b.name, count(k.id) from issuer_batch b
      left join issuer_chunk k on k.batch_id = b.id and k.state in ('approved', 'requested')
     where b.state = 'approved' group by b.id
"""
_FACTS = """
    select subject, act, details from issuer_ledgerentry
     where act in ('credentials.requested', 'credentials.signed') order by sequence
"""
_BROKEN_CHAIN = """
    select sequence from (
        select sequence, previous_hash, lag(hash) over w hash_before,
               lag(sequence) over w sequence_before
          from issuer_ledgerentry window w as (order by sequence)
    ) e where sequence_before is not null
          and (sequence <> sequence_before + 1 or previous_hash <> hash_before)
"""
_DIGESTS = """
    select c.batch_id, c.position, s.sha256 from issuer_secureddocument s
      join issuer_verifiablecredential v on v.id = s.verifiable_credential_id
      join issuer_credential c on c.id = v.credential_id
"""
_BODIES = """
    select c.id, c.values, s.text, s.proof_value, s.sha256, h.document, h.holes,
           v.status_index, v.proof_created_at, l.name, k.did, k.public_multibase
      from issuer_secureddocument s
      join issuer_verifiablecredential v on v.id = s.verifiable_credential_id
      join issuer_credential c on c.id = v.credential_id
      left join issuer_shape h on h.id = c.shape_id
      join issuer_statuslist l on l.id = v.status_list_id
      join issuer_signingkey k on k.id = v.key_id
     where s.verifiable_credential_id = any(%s)
"""
_SIGNED = "select verifiable_credential_id from issuer_secureddocument"
_PROOFS = "select proof_value, text from issuer_secureddocument"
_LISTS = """
    select distinct on (l.id) l.id, l.name, p.body from issuer_statuslist l
      join issuer_statuslistpublication p on p.status_list_id = l.id order by l.id, p.version desc
"""
_REVOKED = """
    select distinct v.status_list_id, v.status_index from issuer_statuschange s
      join issuer_verifiablecredential v on v.id = s.verifiable_credential_id where s.is_final
"""


@dataclass
class Verdict:
    """What is wrong, a text each, under the invariant that it breaks."""

    findings: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in NAMES})
    awards: int = 0
    signatures: int = 0
    checked: int = 0
    # What was judged took so long.
    seconds: float = 0.0

    @property
    def broken(self) -> list[str]:
        """The invariants that do not hold."""
        return [name for name, found in self.findings.items() if found]

    def count(self, name: str) -> int:
        """How often this invariant is broken."""
        return len(self.findings[name])


def judge(address: str, *, journal: Path | None, sample: int, dice: random.Random) -> Verdict:
    """Look at everything in a database at rest, at the signatures of a sample of this size."""
    with psycopg.connect(address) as connection:
        court = _Court(connection, Verdict())
        court.weigh_awards()
        court.weigh_entries()
        court.weigh_batches()
        court.weigh_ledger()
        court.weigh_journal(journal)
        court.weigh_signatures(sample, dice)
        court.weigh_status_lists()
    return court.verdict


class _Court:
    def __init__(self, connection: psycopg.Connection[Any], verdict: Verdict) -> None:
        self.ask = connection.execute
        self.verdict = verdict

    def find(self, invariant: str, text: str) -> None:
        self.verdict.findings[invariant].append(text)

    def weigh_awards(self) -> None:
        for row in self.ask(_AWARDS):
            batch, position, _, credentials, forms, signed, released, is_refused, is_waiting = row
            self.verdict.awards += 1
            name = f"award {position} of batch {batch}"
            is_issued = signed >= 1 and released >= 1
            if credentials > 1 or forms > 1:
                self.find("doubled", f"{name} has {credentials} credentials, {forms} forms")
            if is_refused and (signed or released):
                self.find("doubled", f"{name} is issued and refused")
            # What still waits is stuck, and counted there.
            if not (is_issued or is_refused or is_waiting):
                self.find("lost", f"{name} is neither released nor refused")
            elif released and not signed:
                self.find("lost", f"{name} is released and not signed")

    def weigh_entries(self) -> None:
        for status_list, index, count in self.ask(_SHARED):
            self.find("shared", f"{count} hold index {index} of status list {status_list}")
        for name, index in self.ask(_OUT_OF_RANGE):
            self.find("shared", f"index {index} is beyond status list {name}")

    def weigh_batches(self) -> None:
        for _, name, chunks in self.ask(_STUCK):
            self.find("stuck", f"{name}: not issued, {chunks} chunks wait")

    def weigh_ledger(self) -> None:
        """Each signed credential stands in the ledger once, with the digest that is stored."""
        for (sequence,) in self.ask(_BROKEN_CHAIN):
            self.find("lost", f"the ledger is broken at {sequence}")
        digests: dict[str, dict[int, bytes]] = {}
        for batch, position, digest in self.ask(_DIGESTS):
            digests.setdefault(f"issuer.batch:{batch}", {})[position] = bytes(digest)
        told: dict[str, Counter[int]] = {name: Counter() for name in digests}
        for subject, act, facts in self.ask(_FACTS):
            positions = range(facts["first"], facts["last"] + 1)
            if act == "credentials.signed":
                told.setdefault(subject, Counter()).update(positions)
                of_batch = digests.get(subject, {})
                leaves = [of_batch[each] for each in positions if each in of_batch]
                root = _root(leaves).hex() if leaves else hashlib.sha256().hexdigest()
                if len(leaves) != facts["count"] or root != facts["root"]:
                    self.find(
                        "lost", f"{subject}: the root of {positions} is not of what is stored"
                    )
        for subject, counts in told.items():
            for position, times in counts.items():
                if times > 1:
                    self.find("doubled", f"{subject} {position}: {times} facts in the ledger")
            for position in digests.get(subject, {}).keys() - counts.keys():
                self.find("lost", f"{subject} {position}: signed, and the ledger knows nothing")

    def weigh_journal(self, journal: Path | None) -> None:
        """Each signature that was ever made is that of what is stored."""
        if journal is None or not journal.exists():
            return
        keys = {key for (key,) in self.ask("select public_multibase from issuer_signingkey")}
        lines = (line.split() for line in journal.read_text().splitlines())
        # A line that somebody was killed over may be half.
        made = {line[1] for line in lines if len(line) == 2 and line[0] in keys}
        self.verdict.signatures = len(made)
        stored = {
            proof or json.loads(text)["proof"]["proofValue"] for proof, text in self.ask(_PROOFS)
        }
        for signature in made - stored:
            self.find("doubled", f"signed and not stored: {signature[:12]}...")

    def weigh_signatures(self, sample: int, dice: random.Random) -> None:
        pks = [pk for (pk,) in self.ask(_SIGNED)]
        chosen = dice.sample(sorted(pks), min(sample, len(pks)))
        for row in self.ask(_BODIES, [chosen]):
            self.verdict.checked += 1
            try:
                body = _body(*row)
                if f"urn:uuid:{row[0]}" != json.loads(body)["id"]:
                    raise ValueError("the document is that of another credential")
                _verify(json.loads(body), row[-1])
            except (ValueError, KeyError, InvalidSignature) as error:
                self.find("lost", f"credential {row[0]}: {type(error).__name__} {error}")

    def weigh_status_lists(self) -> None:
        """What was revoked, and nothing else, is set in the newest editions."""
        wanted: dict[int, set[int]] = {}
        for status_list, index in self.ask(_REVOKED):
            wanted.setdefault(status_list, set()).add(index)
        (key,) = self.ask(
            "select public_multibase from issuer_signingkey where state = 'active'"
        ).fetchone() or ("",)
        for pk, name, body in self.ask(_LISTS).fetchall():
            document = json.loads(body)
            try:
                _verify(document, key)
            except (ValueError, InvalidSignature):
                self.find("lost", f"status list {name}: its signature is wrong")
            if _set_bits(document["credentialSubject"]["encodedList"]) != wanted.pop(pk, set()):
                self.find("lost", f"status list {name}: its bits are not what was revoked")
        for pk in wanted:
            self.find("lost", f"status list {pk}: never published")


def _root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + _root(leaves[:half]) + _root(leaves[half:])).digest()


def _body(
    _: Any,
    values: str,
    text: str,
    proof_value: str,
    sha256: bytes,
    document: str | None,
    holes: str | None,
    index: int,
    created: Any,
    list_name: str,
    did: str,
    multibase: str,
) -> str:
    """The signed document as a reader of the database makes it; raises ValueError."""
    body = text
    if document is not None and holes is not None and not text:
        filled = document
        given = [*json.loads(values), list_name, str(index)]
        for (_, _, sentinel), value in zip(json.loads(holes), given, strict=True):
            filled = filled.replace(str(sentinel), json.dumps(value, ensure_ascii=False)[1:-1])
        proof = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "verificationMethod": f"{did}#{multibase}",
            "proofPurpose": "assertionMethod",
            "proofValue": proof_value,
        }
        body = f'{filled[:-1]},"proof":{json.dumps(proof, separators=(",", ":"))}}}'
    if hashlib.sha256(body.encode()).digest() != bytes(sha256):
        raise ValueError("the rows do not make what was signed")
    return body


def _verify(document: dict[str, Any], multibase: str) -> None:
    """Check eddsa-rdfc-2022 with pyld and OpenSSL; raises InvalidSignature."""
    from pyld import jsonld

    from issuer.vc import contexts

    proof = document.pop("proof")
    signature = _base58(proof.pop("proofValue"))
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": contexts.document_loader,
    }
    config = {"@context": document["@context"], **proof}
    message = b"".join(
        hashlib.sha256(jsonld.normalize(each, options).encode()).digest()
        for each in (config, document)
    )
    # A Multikey of Ed25519 begins with two bytes that say so.
    Ed25519PublicKey.from_public_bytes(_base58(multibase)[2:]).verify(signature, message)


def _base58(text: str) -> bytes:
    """The bytes of a multibase text of base 58 that do not begin with zeros."""
    digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for character in text[1:]:
        number = number * 58 + digits.index(character)
    zeros = len(text[1:]) - len(text[1:].lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def _set_bits(encoded: str) -> set[int]:
    packed = encoded[1:] + "=" * (-len(encoded[1:]) % 4)
    content = gzip.decompress(base64.urlsafe_b64decode(packed))
    return {
        at * 8 + bit
        for at, byte in enumerate(content)
        if byte
        for bit in range(8)
        if byte & 0x80 >> bit
    }
