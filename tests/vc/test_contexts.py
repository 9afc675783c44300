import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld

from issuer.vc import canonical, contexts
from issuer.vc.errors import ContextChanged, UnknownContext
from issuer.vc.json_ld import processing


@pytest.mark.parametrize("url", contexts.DIGESTS)
def test_every_pinned_context_is_installed_with_its_digest(url: str) -> None:
    assert hashlib.sha256(contexts.text(url)).hexdigest() == contexts.DIGESTS[url]
    assert "@context" in contexts.load(url)


PUBLISHED = {
    contexts.CREDENTIALS_V1: "2018-credentials-v1.jsonld",
    contexts.DATA_INTEGRITY_V1: "data-integrity-v1.jsonld",
    contexts.ED25519_2020_V1: "security-suites-ed25519-2020-v1.jsonld",
    contexts.DID_V1: "did-v1.jsonld",
}


def processed(context: Any, within: Any = None) -> dict[str, Any]:
    """All that a context defines, and what it defines inside its terms, as pyld understands it."""
    options = processing.new_options()
    processor = jsonld.JsonLdProcessor()
    before = within or processor._get_initial_context(options)
    after = processor._process_context(before, context, options, override_protected=True)
    known = before["mappings"]
    defined: dict[str, Any] = {name: after.get(name) for name in ("@vocab", "@language", "@base")}
    for term, mapping in after["mappings"].items():
        inner = mapping.get("@context")
        if mapping != known.get(term):
            scope = inner and processed(inner, after)
            defined[term] = {**mapping, "@context": scope}
    return defined


@pytest.mark.parametrize("url", PUBLISHED)
def test_a_restated_context_defines_what_the_published_one_does(
    shared_data: Path, url: str
) -> None:
    text = (shared_data / "contexts" / PUBLISHED[url]).read_text()
    published = processed(json.loads(text)["@context"])
    assert len(published) > 5
    assert processed(contexts.load(url)["@context"]) == published


def test_the_context_of_examples_gives_every_term_a_meaning() -> None:
    assert processed(contexts.load(contexts.EXAMPLES_V2)["@context"]) == {
        **processed({}),
        "@vocab": "https://www.w3.org/ns/credentials/examples#",
    }


def test_the_published_alumni_credential_has_its_canonical_form(shared_data: Path) -> None:
    folder = shared_data / "vectors/w3c-eddsa"
    unsigned = json.loads((folder / "unsigned.json").read_text())
    assert contexts.EXAMPLES_V2 in unsigned["@context"]
    expected = (folder / "eddsa-rdfc-2022/canonDocDataInt.txt").read_bytes()
    assert canonical.canonize(unsigned) == expected


def test_the_digests_of_a_context_are_those_of_all_its_editions() -> None:
    of_v2 = contexts.digests(contexts.CREDENTIALS_V2)
    assert ("sha256", bytes.fromhex(contexts.DIGESTS[contexts.CREDENTIALS_V2])) in of_v2
    assert {name for name, _ in of_v2} == {"sha256", "sha384", "sha512"}
    assert len(of_v2) == 5
    # What is restated here may be written as it was published.
    text = json.dumps(contexts.load(contexts.EXAMPLES_V2), indent=2) + "\n"
    assert contexts.digests(contexts.EXAMPLES_V2) == {
        (name, hashlib.new(name, text.encode()).digest()) for name in ("sha256", "sha384")
    }
    for unknown in (contexts.DID_V1, "https://college.example/"):
        assert contexts.digests(unknown) == frozenset()


def test_a_restated_context_has_no_published_bytes() -> None:
    for url in contexts.PINNED - contexts.DIGESTS.keys():
        with pytest.raises(UnknownContext):
            contexts.text(url)


def test_another_context_is_refused_and_not_fetched() -> None:
    with pytest.raises(UnknownContext):
        contexts.document_loader("https://college.example/context.json", {})


def test_the_context_without_a_version_cannot_stand_beside_version_2(shared_data: Path) -> None:
    """So nobody could tell what a signature over such a badge covers: it is not pinned."""
    published = json.loads((shared_data / "contexts/ob-v3p0.json").read_text())
    document = {
        "@context": [contexts.CREDENTIALS_V2, published["@context"]],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "credentialSubject": {"type": ["AchievementSubject"], "id": "did:example:ada"},
    }
    with pytest.raises(jsonld.JsonLdError, match="protected"):
        jsonld.expand(document, {"documentLoader": contexts.document_loader})


def test_a_context_that_was_edited_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = contexts.text(contexts.OB_EXTENSIONS).replace(b"extension", b"Extension") + b"\n"
    (tmp_path / "ob-v3p0-extensions.json").write_bytes(edited)
    monkeypatch.setattr(contexts, "_folder", lambda: tmp_path)
    with pytest.raises(ContextChanged):
        contexts.text(contexts.OB_EXTENSIONS)
    with pytest.raises(ContextChanged):
        contexts.text(contexts.CREDENTIALS_V2)


def test_without_the_package_that_carries_them_no_context_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contexts, "_PACKAGE", "no_such_package")
    contexts._folder.cache_clear()
    try:
        with pytest.raises(ContextChanged, match="missing"):
            contexts.text(contexts.CREDENTIALS_V2)
    finally:
        contexts._folder.cache_clear()


def test_the_package_that_carries_the_contexts_is_not_imported() -> None:
    code = (
        "import sys; from issuer.vc import contexts; contexts.load(contexts.OPEN_BADGES); "
        "sys.exit('openbadgeslib' in sys.modules or 'django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_two_terms_of_our_contexts_say_the_same_about_a_credential() -> None:
    """Else a status or expiry could be written under the other term, signed but unseen."""
    watched = {
        "credentialStatus",
        "validFrom",
        "validUntil",
        "issuer",
        "credentialSubject",
        "expirationDate",
        "id",
    }
    meanings: dict[str, set[str]] = {}

    def collect(node: object) -> None:
        if isinstance(node, dict):
            for term, definition in node.items():
                iri = definition.get("@id") if isinstance(definition, dict) else definition
                if isinstance(iri, str) and not term.startswith("@"):
                    meanings.setdefault(iri, set()).add(term)
                collect(definition)

    for url in contexts.PINNED:
        collect(contexts.load(url))
    for iri, terms in meanings.items():
        if terms & watched:
            assert len(terms) == 1, f"{iri} is called {json.dumps(sorted(terms))}"
