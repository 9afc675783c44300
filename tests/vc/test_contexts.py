import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from issuer.vc import contexts
from issuer.vc.errors import ContextChanged, UnknownContext


@pytest.mark.parametrize("url", contexts.DIGESTS)
def test_every_pinned_context_is_installed_with_its_digest(url: str) -> None:
    assert hashlib.sha256(contexts.text(url)).hexdigest() == contexts.DIGESTS[url]
    assert "@context" in contexts.load(url)


def test_another_context_is_refused_and_not_fetched() -> None:
    with pytest.raises(UnknownContext):
        contexts.document_loader("https://college.example/context.json", {})


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

    for url in contexts.DIGESTS:
        collect(contexts.load(url))
    for iri, terms in meanings.items():
        if terms & watched:
            assert len(terms) == 1, f"{iri} is called {json.dumps(sorted(terms))}"
