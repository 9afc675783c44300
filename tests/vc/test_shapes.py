"""What a shape makes is what the full pipeline makes; the trials find out when it is not."""

import hashlib
import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from issuer.vc import canonical, contexts, keys, openbadges, shapes, signers
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import (
    LintFailed,
    NotExpressible,
    ShapeDiffers,
    ShapeFault,
    UnsupportedKey,
    UnsupportedProof,
)
from issuer.vc.shapes import Hole, Kind, Seal, Shape, labels, trials
from tests.bench import families, pyld_straight, reference
from tests.bench import shapes as bench

from .conftest import DID, NOW, College
from .test_other_verifiers import by_openvc

SIGNER = signers.Ed25519Signer(b"\x07" * 32)
REFERENCE = reference.shape()
SUITES = {
    "eddsa-rdfc-2022": keys.ED25519,
    "eddsa-jcs-2022": keys.ED25519,
    "ecdsa-rdfc-2019 P-256": keys.P256,
    "ecdsa-rdfc-2019 P-384": keys.P384,
    "ecdsa-jcs-2019 P-256": keys.P256,
    "ecdsa-jcs-2019 P-384": keys.P384,
}


def seal(signer: signers.Signer = SIGNER, *, method: str = f"{DID}#key-1", **options: Any) -> Seal:
    context = REFERENCE.document["@context"]
    return Seal(context=context, signer=signer, verification_method=method, created=NOW, **options)


def small(value: Any, **members: Any) -> dict[str, Any]:
    """A badge with one value of the caller's, and perhaps other members."""
    badge = openbadges.AchievementCredential(
        id="urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c55",
        issuer=openbadges.Profile(id=DID, name="Example College"),
        credential_subject=openbadges.AchievementSubject(
            identifier=(openbadges.IdentityObject.plain("Ada", identity_type="name"),),
            achievement=openbadges.Achievement(
                id="https://college.example/achievements/statistics-1",
                name="Statistics 1",
                description="100% of %s and %d.",
                criteria=openbadges.Criteria(narrative="Pass the course."),
                tag=("mean", "median"),
            ),
        ),
        name="Statistics 1",
        valid_from=NOW,
    ).as_credential()
    badge["credentialSubject"]["term"] = value
    return {**badge, **members}


def of_text(document: dict[str, Any], sentinel: str) -> Shape:
    return Shape.compile(document, [Hole("term", Kind.TEXT, sentinel)])


# The same bytes


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_shapes_of_every_kind_make_the_bytes_of_the_full_pipeline_for_hostile_learners() -> None:
    """A seeded tenth of `./dev bench shapes`."""
    found = bench.compare(count=bench.COUNT // 10, seed=1)
    assert not found.differing
    assert found.compared > bench.COUNT // 10 * 0.8
    assert found.shapes > 50


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_signs_as_add_proof_does(suite: str) -> None:
    kind, cryptosuite = SUITES[suite], suite.partition(" ")[0]
    size = 32 if kind == keys.ED25519 else keys.CURVES[kind].size
    signer = signers.from_secret(kind, (7).to_bytes(size))
    made = seal(signer, cryptosuite=cryptosuite)
    for values, document in reference.documents(5):
        expected = proofs.add_proof(
            document,
            signer=signer,
            verification_method=f"{DID}#key-1",
            created=NOW,
            cryptosuite=cryptosuite,
        )
        secured = REFERENCE.secure(values, made)
        assert secured == json.dumps(expected, ensure_ascii=False, separators=(",", ":")).encode()
        proofs.verify_proof(json.loads(secured), public_key=signer.public_multibase)


def test_a_verifier_that_we_did_not_write_accepts_what_a_shape_made(college: College) -> None:
    for number, (values, _) in enumerate(reference.documents(20, seed=3)):
        made = seal(college.signer, method=college.method)
        document = json.loads(REFERENCE.secure(values, made))
        assert by_openvc(college, document).issuer == DID
        if number % 5 == 0:
            document["credentialSubject"]["narrative"] += "!"
            with pytest.raises(Exception, match=r"signature|proof"):
                by_openvc(college, document)


def test_pyld_alone_makes_the_same_proof() -> None:
    for values, document in reference.documents(10, seed=4):
        secured = json.loads(REFERENCE.secure(values, seal()))
        signed = pyld_straight.add_proof(document, SIGNER, f"{DID}#key-1", NOW)
        assert secured == signed


def test_identical_results_are_labelled_as_the_pipeline_labels_them() -> None:
    shape = families.of_results(5, is_described=False)
    values = ["A"] * len(shape.names)
    document = trials.exchanged(shape.document, dict(zip(shape.holes, values, strict=True)))
    for digest in (canonical.SHA_256, canonical.SHA_384):
        assert shape.canonical(values, digest=digest) == canonical.canonize(document, digest=digest)


def test_two_scales_of_the_same_grades_do_not_slow_signing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shape = Shape.compile(families.scaled(), families.TRICKY_HOLES)
    assert trials.check(shape, trials.hostile(shape)) > trials.LEARNERS / 2
    learners = [(*values, "first", "second") for values, _ in reference.documents(400)]
    for values in learners:
        shape.canonical(values)
    monkeypatch.setattr(labels, "relabelled", None)
    for values in learners[:50]:
        holes = dict(zip(shape.holes, values, strict=True))
        document = trials.exchanged(shape.document, holes)
        assert shape.canonical(values) == canonical.canonize(document)


def test_a_shape_forgets_orders_of_labels_before_it_has_kept_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(labels, "_MAX_WAYS", 2)
    shape = Shape.compile(families.scaled(), families.TRICKY_HOLES)
    ways = set()
    for values, _ in reference.documents(60):
        learner = (*values, "first", "second")
        document = trials.exchanged(shape.document, dict(zip(shape.holes, learner, strict=True)))
        stated = shape.canonical(learner)
        assert stated == canonical.canonize(document)
        ways.add(json.dumps(re.findall(rb"_:c14n\d+", stated), default=bytes.decode))
    assert len(ways) > 2


# What is refused, and by what name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("narrative", f"a{bad}b") for bad in "\x00\x08\x0b\x1f\x7f\ud800\ufdd0\ufffe\U0001ffff"],
        ("narrative", ""),
        ("narrative", 7),
        ("narrative", None),
        ("id", "a b"),
        ("id", "ü"),
        ("id", "a#b"),
        ("id", "a\n"),
        ("learner", "learner"),
        ("learner", "https://learner.example/ü"),
        ("learner", "https://learner.example/a b"),
        ("learner", "https://learner.example/%zz"),
        ("credits", float("nan")),
        ("credits", float("inf")),
        ("credits", -0.0),
        ("credits", 0.1 + 0.2),
        ("credits", 10**15),
        ("credits", True),
        ("credits", "3"),
        ("credits", []),
        ("valid_from", "2026-06-15T12:00:00+00:00"),
        ("valid_from", "2026-06-15T12:00:00.5Z"),
        ("valid_from", "2026-02-29T12:00:00Z"),
        ("valid_from", "2026-06-15T24:00:00Z"),
        ("valid_from", "0000-06-15T12:00:00Z"),
        ("valid_from", "2026-06-15"),
    ],
)
def test_a_value_that_must_not_be_signed_is_refused_by_the_name_of_its_hole(
    name: str, value: Any
) -> None:
    good = dict(zip(REFERENCE.names, reference.documents(1)[0][0], strict=True))
    values = tuple({**good, name: value, "term": "\x00"}.values())
    for use in (REFERENCE.write, REFERENCE.canonical, lambda each: REFERENCE.secure(each, seal())):
        with pytest.raises(LintFailed) as refusal:
            use(values)
        said = [finding.message.partition(":")[0] for finding in refusal.value.findings]
        assert sorted(said) == sorted([name, "term"])
    pointers = {finding.pointer for finding in refusal.value.findings}
    assert "/credentialSubject/term" in pointers


@pytest.mark.parametrize(
    "iri",
    [
        "ext:learner",
        "https://undefined.invalid/learner",
        "https://[::1]/",
        "https://learner.example:65536/",
        "https://learner.example/#a#b",
        "https://me@learner.example/",
        "urn://learner",
        # The issuer's, and the achievement's: two objects would be one.
        reference.DID,
        reference.ACHIEVEMENT,
    ],
)
def test_an_address_that_json_ld_may_read_otherwise_goes_the_full_way(iri: str) -> None:
    good = dict(zip(REFERENCE.names, reference.documents(1)[0][0], strict=True))
    with pytest.raises(NotExpressible):
        REFERENCE.canonical(tuple({**good, "learner": iri}.values()))


def test_what_is_too_long_goes_the_full_way() -> None:
    good = dict(zip(REFERENCE.names, reference.documents(1)[0][0], strict=True))
    with pytest.raises(NotExpressible):
        REFERENCE.write(tuple({**good, "narrative": "a" * 70_000}.values()))


@pytest.mark.parametrize("places", [1, 10])
def test_nothing_is_signed_that_is_too_large_for_those_who_check_it(places: int) -> None:
    token = Hole.draw("token", Kind.TOKEN)
    badge = small(" ".join([token.sentinel] * places))
    badge["credentialSubject"]["narrative"] = "a" * (300_000 // places)
    shape = Shape.compile(badge, [token])
    for length in (1_000, 15_000, 27_000, 35_000, 60_000):
        try:
            document = json.loads(shape.secure(["b" * length], seal()))
        except NotExpressible:
            assert length > 15_000
        else:
            proofs.verify_proof(document, public_key=SIGNER.public_multibase)
            assert length < 60_000


def test_a_shape_is_filled_with_as_many_values_as_it_has_holes() -> None:
    with pytest.raises(ShapeFault):
        REFERENCE.write(("only one",))


def test_schemes_that_pass_as_they_are_are_no_prefixes_of_the_contexts() -> None:
    for url in openbadges.CONTEXTS:
        text = json.dumps(contexts.load(url))
        assert not any(f'"{scheme}":' in text for scheme in ("http", "https", "did", "mailto"))
        assert '"urn":' not in text


# Holes


SENTINEL = "Spring 8e1f0a72"


@pytest.mark.parametrize(
    ("document", "holes"),
    [
        (small("Spring"), [Hole("term", Kind.TEXT, SENTINEL)]),
        (small(f"In {SENTINEL}"), [Hole("term", Kind.TEXT, SENTINEL)]),
        (small(SENTINEL, proof={}), [Hole("term", Kind.TEXT, SENTINEL)]),
        (small(SENTINEL, **{SENTINEL: "x"}), [Hole("term", Kind.TEXT, SENTINEL)]),
        (small("Spring"), [Hole("term", Kind.TEXT, "Spring")]),
        (small(SENTINEL), [Hole("term", Kind.TOKEN, SENTINEL)]),
        (small(SENTINEL), [Hole("a", Kind.TEXT, SENTINEL), Hole("b", Kind.TEXT, SENTINEL)]),
        (
            small(SENTINEL),
            [Hole("a", Kind.TEXT, SENTINEL), Hole("b", Kind.TEXT, f"{SENTINEL} term")],
        ),
        (small(SENTINEL), [Hole("a", Kind.TEXT, SENTINEL), Hole.draw("a", Kind.TEXT)]),
    ],
)
def test_holes_that_are_not_as_they_are_declared_are_faults(
    document: dict[str, Any], holes: list[Hole]
) -> None:
    with pytest.raises(ShapeFault):
        Shape.compile(document, holes)


def test_a_seal_is_for_documents_of_its_contexts() -> None:
    other = Seal(
        context=["https://www.w3.org/ns/credentials/v2"],
        signer=SIGNER,
        verification_method=f"{DID}#key-1",
        created=NOW,
    )
    with pytest.raises(ShapeFault):
        REFERENCE.secure(reference.documents(1)[0][0], other)


def test_a_seal_takes_the_suites_and_keys_that_add_proof_takes() -> None:
    with pytest.raises(UnsupportedProof):
        seal(cryptosuite="bbs-2023")
    with pytest.raises(UnsupportedKey):
        seal(cryptosuite="ecdsa-rdfc-2019")


def test_text_of_the_author_is_never_taken_for_a_hole() -> None:
    sentinel = Hole.draw("term", Kind.TEXT)
    document = small(sentinel.sentinel)
    achievement = document["credentialSubject"]["achievement"]
    achievement["description"] = "x%s0000: %b {0} \\0 " + hashlib.sha256(b"").hexdigest()
    shape = Shape.compile(document, [sentinel])
    assert trials.check(shape, trials.hostile(shape, 60)) == 60


@pytest.mark.parametrize(
    "change",
    [
        lambda badge, text: badge["credentialSubject"]["achievement"].update(tag=["mean", text]),
        lambda badge, text: badge.update(type=[*badge["type"], text]),
        lambda badge, text: badge["credentialSubject"].update(id=text),
        lambda badge, text: badge["credentialSubject"].update(unknown=text),
        lambda badge, text: badge.update(name={"@value": "Statistics", "@language": text}),
    ],
)
def test_a_document_in_which_a_value_would_be_more_than_text_goes_the_full_way(
    change: Callable[[dict[str, Any], str], None],
) -> None:
    badge = small(SENTINEL)
    change(badge, SENTINEL)
    with pytest.raises(NotExpressible):
        of_text(badge, SENTINEL)


def test_a_badge_that_carries_a_signed_endorsement_goes_the_full_way() -> None:
    badge = small(SENTINEL)
    endorsement = small("Spring", id="urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c56")
    endorsement |= {"type": ["VerifiableCredential", "EndorsementCredential"]}
    endorsement["credentialSubject"] = {
        "id": badge["credentialSubject"]["achievement"]["id"],
        "type": ["EndorsementSubject"],
        "endorsementComment": "We teach the same.",
    }
    of_text({**badge, "endorsement": [endorsement]}, SENTINEL)
    signed = proofs.add_proof(
        endorsement, signer=SIGNER, verification_method=f"{DID}#key-1", created=NOW
    )
    with pytest.raises(NotExpressible, match="a graph of its own"):
        of_text({**badge, "endorsement": [signed]}, SENTINEL)


def test_a_value_that_would_be_the_datatype_of_another_goes_the_full_way() -> None:
    datatype = Hole.draw("datatype", Kind.IRI)
    with pytest.raises(NotExpressible):
        Shape.compile(small({"@value": "Spring", "type": datatype.sentinel}), [datatype])


def test_an_address_that_begins_with_a_token_goes_the_full_way() -> None:
    token = Hole.draw("token", Kind.TOKEN)
    for start in ("{}:x", "ext:{}", "https://{}/", "https://college.example:{}/"):
        badge = small("Spring")
        badge["credentialSubject"]["id"] = start.format(token.sentinel)
        with pytest.raises(NotExpressible):
            Shape.compile(badge, [token])


# Reading back


def test_values_are_read_back_from_an_unsigned_document() -> None:
    for values, _ in reference.documents(20):
        assert REFERENCE.values_of(REFERENCE.write(values)) == values
        assert REFERENCE.values_of(REFERENCE.secure(values, seal())) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"type"', b'"type" '),
        (b"Describes data", b"Describes date"),
        (b'"id":"urn:uuid:', b'"id":"urn:uuid:\\u0041'),
        (b'"creditsEarned":', b'"creditsEarned":0'),
        (b'"creditsEarned":', b'"creditsEarned":[[[['),
        (b'"validUntil":"', b'"validUntil":"1'),
        (b'"term":"', b'"term":"","term":"'),
        (b'{"@context"', b'\xff{"@context"'),
        (b"}", b"},"),
    ],
)
def test_a_document_that_is_not_the_shapes_byte_for_byte_is_not_read(
    old: bytes, new: bytes
) -> None:
    written = REFERENCE.write(reference.documents(1)[0][0])
    assert written.count(old) >= 1
    assert REFERENCE.values_of(written.replace(old, new, 1)) is None


# What the trials catch


@pytest.mark.parametrize("name", ["Another name", f"{small('')['name']} and more"])
def test_the_trials_refuse_what_differs_and_show_where(name: str) -> None:
    shape = of_text(small(SENTINEL), SENTINEL)
    shape.document["name"] = name
    with pytest.raises(ShapeDiffers, match=r"JSON: .*Statistics 1.*, not .*" + name):
        trials.check(shape, [("Spring",)])


def test_the_trials_refuse_a_shape_of_what_the_full_pipeline_refuses() -> None:
    shape = of_text(small(SENTINEL), SENTINEL)
    shape.document["unheardOf"] = "a term of nobody"
    with pytest.raises(ShapeDiffers, match=r"refuses \('Spring',\): .*unheardOf"):
        trials.check(shape, [("Spring",)])


@pytest.mark.parametrize(
    ("read", "said"), [(None, "read back"), (("Spring",), "written otherwise")]
)
def test_the_trials_refuse_a_shape_that_reads_what_it_has_not_written(
    read: tuple[str, ...] | None, said: str
) -> None:
    class Misreading(Shape):
        def values_of(self, body: bytes) -> tuple[Any, ...] | None:
            return read

    shape = Misreading.compile(small(SENTINEL), [Hole("term", Kind.TEXT, SENTINEL)])
    with pytest.raises(ShapeDiffers, match=said):
        trials.check(shape, [("Spring",)])


MUTANTS: dict[str, Any] = {
    "labels not in the order of hashes": (
        "labels.py",
        "for hash_ in sorted(found)",
        "for hash_ in found",
        "statements",
    ),
    "a node not told from others in its hash": ("labels.py", 'b"_:a"', 'b"_:z"', "statements"),
    "labels of SHA-384 by SHA-256": (
        "labels.py",
        "getattr(hashlib, digest)",
        "hashlib.sha256",
        "statements by sha384",
    ),
    "equal hashes overlooked": (
        "labels.py",
        "return None",
        "return list(range(self._count))",
        "statements",
    ),
    "what is always alike labelled the other way round": (
        "labels.py",
        "return first + last",
        "return first + last[::-1]",
        "statements",
        families.scaled,
    ),
    "c14n10 after c14n9": ("canonical_form.py", "key=str", "key=int", "statements"),
    "labels of a group unsorted": (
        "canonical_form.py",
        "sorted(take(named))",
        "take(named)",
        "statements",
    ),
    "an id placed last": (
        "canonical_form.py",
        "bisect_left(blocks, block)",
        "len(blocks)",
        "statements",
    ),
    "two objects of one id kept apart": (
        "canonical_form.py",
        "if neighbour.startswith(subject):",
        "if not blocks:",
        "statements",
    ),
    "order left to chance": (
        "templates.py",
        "return at is None or not any(start <= at < end for start, end in spans)",
        "return bool(spans) or True",
        "statements",
        families.tagged,
    ),
    "text not escaped": ("holes.py", "(text[1:-1] if", "(value if", "JSON"),
    "numbers in RDF as in JSON": (
        "holes.py",
        "_number_forms(values[n])[0]",
        "_number_forms(values[n])[1].encode()",
        "statements",
    ),
    "marks that an author may write": (
        "templates.py",
        "secrets.token_hex(16)",
        '"0" * 32',
        "JSON",
    ),
    "document hashed before the options": (
        "seal.py",
        "self._hash_of_options + self._hash(covered).digest()",
        "self._hash(covered).digest() + self._hash_of_options",
        "signed JSON",
    ),
    "read without being made again": (
        "shape.py",
        "return values if self.write(values) == unsigned else None",
        "return values",
        "written otherwise",
    ),
}


@pytest.fixture
def breed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Copies the package with one rule changed."""

    def copy(file: str = "", old: str = "", new: str = "") -> Any:
        name = f"mutant_{tmp_path.name}"
        folder = tmp_path / name
        folder.mkdir()
        for source in Path(shapes.__file__).parent.glob("*.py"):
            text = source.read_text()
            if source.name == file:
                assert text.count(old) == 1, f"{old!r} is not what {file} says any more"
                text = text.replace(old, new)
            (folder / source.name).write_text(text.replace("issuer.vc.shapes", name))
        monkeypatch.syspath_prepend(str(tmp_path))
        return importlib.import_module(name), importlib.import_module(f"{name}.trials")

    return copy


def compiled(package: Any, document: dict[str, Any]) -> Any:
    """The document as a shape of this package."""
    holes = [
        package.Hole(hole.name, package.Kind(hole.kind), hole.sentinel)
        for hole in families.TRICKY_HOLES
    ]
    return package.Shape.compile(document, holes)


def test_the_trials_accept_the_package_as_it_is(breed: Callable[..., Any]) -> None:
    package, harness = breed()
    shape = compiled(package, families.tricky())
    assert harness.check(shape, harness.hostile(shape)) > trials.LEARNERS / 2
    with pytest.raises(NotExpressible):
        compiled(package, families.tagged())


@pytest.mark.parametrize("name", MUTANTS)
def test_the_trials_refuse_each_mutant_by_name(name: str, breed: Callable[..., Any]) -> None:
    file, old, new, said, *made = MUTANTS[name]
    package, harness = breed(file, old, new)
    shape = compiled(package, (made or [families.tricky])[0]())
    with pytest.raises(ShapeDiffers, match=said):
        harness.check(shape, harness.hostile(shape, trials.LEARNERS // 2))
