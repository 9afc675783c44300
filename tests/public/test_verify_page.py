"""Whatever somebody was shown can be checked on the page, and is said in words."""

import copy
import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape
from openbadgeslib.ob3.verifier import OB3Verifier

from issuer.models import Achievement, Credential, Release, SecuredDocument
from issuer.services import clock, verification
from issuer.vc import baking, clr, endorsements, openbadges
from issuer.vc.data_integrity import proofs
from issuer.vc.jose import jose_envelope
from issuer.vc.signers import P256Signer
from tests.issuer.superuser import without_triggers
from tests.vc.test_baking import PNG

pytestmark = pytest.mark.django_db

Document = dict[str, Any]
STRANGER = P256Signer((11).to_bytes(32))
DID = f"did:key:{STRANGER.public_multibase}"
KEY_ID = f"{DID}#{STRANGER.public_multibase}"
UNKNOWN_ISSUER = "Issued by somebody else: we checked the signature, not who they are."


@pytest.fixture
def adas(adas_credential: Credential) -> Release:
    """Ada's credential, issued and released."""
    return adas_credential.release


@pytest.fixture
def ours(adas: Release) -> Document:
    """The signed document."""
    secured = SecuredDocument.objects.get(verifiable_credential__credential=adas.pk)
    return json.loads(secured.body)


def sign(document: Document) -> Document:
    return proofs.add_proof(
        document,
        signer=STRANGER,
        verification_method=KEY_ID,
        created=clock.now(),
        cryptosuite="ecdsa-rdfc-2019",
    )


def of_stranger(document: Document, **changes: Any) -> Document:
    """The same, unsigned, by the stranger."""
    left = {
        name: copy.deepcopy(value)
        for name, value in document.items()
        if name not in ("proof", "credentialStatus")
    }
    return {**left, "issuer": {**left["issuer"], "id": DID}, **changes}


def record(*inner: Document) -> Document:
    return sign(
        clr.ClrCredential(
            id="urn:uuid:6d0ba6ac-3d3c-4e3f-8d0f-bb5c6a1c7f99",
            name="Transcript",
            issuer=openbadges.Profile(id=DID, name="Stranger"),
            valid_from=clock.now().replace(microsecond=0),
            credential_subject=clr.ClrSubject(id="did:example:ada", verifiable_credential=inner),
        ).as_credential()
    )


def check(client: Client, shown: bytes | str | Document, **form: str) -> str:
    """The page, in words, after sending it as a file."""
    content = json.dumps(shown) if isinstance(shown, dict) else shown
    content = content.encode() if isinstance(content, str) else content
    answer = client.post("/verify", {"file": SimpleUploadedFile("x", content), **form})
    assert answer.status_code == 200
    return answer.content.decode()


def tampered(document: Document) -> Document:
    changed = copy.deepcopy(document)
    changed["credentialSubject"]["result"][0]["value"] = "Pass"
    return changed


def test_an_image_that_holds_a_credential_is_checked(client: Client, ours: Document) -> None:
    page = check(client, baking.bake(PNG, json.dumps(ours)))
    assert "This credential is valid. Issued by this institution." in page
    assert "What you sent: A badge (Open Badges), inside a PNG image." in page


def test_a_token_is_checked_pasted_or_as_a_file(client: Client, ours: Document) -> None:
    token = jose_envelope.secure_credential(of_stranger(ours), signer=STRANGER, key_id=KEY_ID)
    pasted = client.post("/verify", {"text": f" {token}\n"}).content.decode()
    for page in (check(client, token), pasted):
        assert UNKNOWN_ISSUER in page
        assert "A badge (Open Badges), as a signed token." in page


def test_a_stranger_is_proved_but_not_vouched_for(client: Client, ours: Document) -> None:
    page = check(client, sign(of_stranger(ours)))
    assert UNKNOWN_ISSUER in page
    assert "Unknown issuer" in page
    assert "Whether you trust them is for you to decide." in page
    assert "verdict-valid" not in page


def test_one_bad_credential_makes_the_record_bad_and_is_marked(
    client: Client, ours: Document
) -> None:
    page = check(client, record(ours, tampered(ours), sign(of_stranger(ours))))
    assert "This record is not valid." in page
    assert re.search(r'Of the 3 inside, 1 is not valid: <a href="#inside">', page)
    inside = page.partition('id="inside"')[2]
    # What is not valid stands open, the others are to be opened.
    assert re.findall(r'<details class="sheet"( open)?>', inside) == ["", " open", ""]
    assert inside.count("Unknown issuer") == 1


def test_what_is_wrong_is_said_in_words_before_the_details(client: Client, ours: Document) -> None:
    page = check(client, tampered(ours))
    changed = page.index(
        "It is not what its issuer signed: it was changed, or never signed by them."
    )
    assert changed < page.index("The signature does not belong to this document and this key.")
    page = check(client, {**ours, "issuer": {**ours["issuer"], "id": "did:ion:1"}})
    assert "It was not signed by the issuer that it names." in page


def test_what_could_not_be_checked_inside_is_said(client: Client, ours: Document) -> None:
    elsewhere = copy.deepcopy(ours)
    elsewhere["proof"]["cryptosuite"] = "bbs-2023"
    page = check(client, record(ours, elsewhere))
    assert "1 could not be checked" in page
    assert "Try again later, or ask its issuer." in page


def test_of_a_context_that_is_not_known_nobody_is_told_to_try_again(
    client: Client, ours: Document
) -> None:
    named = {**ours, "@context": [*ours["@context"], "https://example.org/sailing/v1"]}
    brought = {**ours, "@context": [*ours["@context"], {"knot": "urn:x:knot"}]}
    for shown in (named, brought, record(ours, brought)):
        page = check(client, shown)
        assert "this verifier does not know a context that is used here" in page
        assert "Try again later" not in page
    assert "The context https://example.org/sailing/v1 is not known here." in check(client, named)


def test_an_endorsement_is_shown_with_what_it_endorses(client: Client, ours: Document) -> None:
    document = of_stranger(ours)
    about = document["credentialSubject"]["achievement"]["id"]
    endorsement = endorsements.EndorsementCredential(
        id="urn:uuid:6d0ba6ac-3d3c-4e3f-8d0f-bb5c6a1c7f98",
        name="Seal of quality",
        issuer=openbadges.Profile(id=DID, name="Stranger"),
        valid_from=clock.now().replace(microsecond=0),
        credential_subject=endorsements.EndorsementSubject(id=about, endorsement_comment="Sound."),
    ).as_credential()
    for holder, words in (
        (document["credentialSubject"]["achievement"], "endorses the achievement"),
        (document["issuer"], "endorses an institution or person"),
        (document, "endorses the whole"),
    ):
        holder["endorsement"] = [sign(endorsement)]
        page = check(client, sign(document))
        assert UNKNOWN_ISSUER in page
        assert words in page
        assert "Sound." in page
        del holder["endorsement"]
    document["endorsement"] = [endorsement]
    page = check(client, sign(document))
    assert "This credential is not valid." in page
    assert "The document carries no proof." in page


def presentation(*credentials: Document, **changes: Any) -> Document:
    unsigned = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": list(credentials),
        **changes,
    }
    config = proofs.proof_config(
        verification_method=KEY_ID,
        created=clock.now(),
        purpose="authentication",
        cryptosuite="ecdsa-rdfc-2019",
    )
    return proofs.append_proof(unsigned, config, signer=STRANGER)


def test_a_presentation_is_as_good_as_what_it_presents(client: Client, ours: Document) -> None:
    in_part = UNKNOWN_ISSUER.replace(
        "else: we checked the signature", "else, at least in part: we checked the signatures"
    )
    page = check(client, presentation(ours, holder=DID))
    assert "This presentation is valid. All in it was issued by this institution." in page
    assert f'Whoever has the key of <bdi class="mono" dir="ltr">{DID}</bdi>' in page
    page = check(client, presentation(ours, sign(of_stranger(ours))))
    assert in_part in page
    assert "It does not say who." in page
    assert "This presentation is not valid." in check(client, presentation(tampered(ours)))
    assert in_part in check(client, presentation())


def test_whom_it_is_about_is_compared_if_one_asks(client: Client, ours: Document) -> None:
    identity = openbadges.IdentityObject.salted(
        "ada@college.example", identity_type="emailAddress", salt="s"
    ).as_json()
    document = of_stranger(ours)
    document["credentialSubject"]["identifier"] = [identity]
    document = sign(document)
    assert "Person" not in check(client, document)
    page = check(client, document, person="Ada@college.example")
    assert UNKNOWN_ISSUER in page
    assert "It is about this person: the e-mail address is the one you typed." in page
    page = check(client, document, person="ben@college.example")
    assert "This credential is not valid." in page
    assert "It is about somebody else" in page
    # Neither the person nor the credential is written back into the form.
    assert "ben@college.example" not in page
    page = check(client, document, person="Ada Byron")
    assert "It names its holder by e-mail address only." in page
    assert "Try again later" not in page and "by what it names them" in page


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (b"%PDF-1.7", "This is a PDF"),
        (PNG, "The image holds no credential."),
        (b"", "There is nothing in it."),
        ("https://college.example/credentials/1", "addresses are not followed here"),
    ],
)
def test_where_there_is_no_credential_it_is_said_what_to_ask_for(
    client: Client, key: Any, shown: bytes | str, said: str
) -> None:
    page = check(client, shown)
    assert "We found no credential in what you sent." in page
    assert said in page
    assert "What it claims" not in page


def test_nothing_that_strangers_write_becomes_part_of_the_page(
    client: Client, ours: Document
) -> None:
    evil = '<script>alert(1)</script><img src="https://evil.example/x.png">'
    document = of_stranger(ours)
    achievement = document["credentialSubject"]["achievement"]
    achievement |= {"name": evil, "description": evil, "criteria": {"narrative": evil * 200}}
    achievement["image"] = {"id": "https://evil.example/x.png", "type": "Image"}
    achievement["alignment"] = [
        {"type": ["Alignment"], "targetName": evil, "targetUrl": "javascript:alert(1)"}
    ]
    document["issuer"] |= {"name": evil, "url": "javascript:alert(1)"}
    document["evidence"] = [{"type": ["Evidence"], "id": "javascript:alert(1)", "name": evil}]
    unsigned = {
        **document,
        "id": evil,
        "credentialSchema": [{"id": f"https://evil.example/{evil}", "type": "Evil"}],
        "endorsement": [{"name": evil, "issuer": {"name": evil, "id": f"did:web:{evil}"}}],
    }
    signed = sign(document)
    for shown in (signed, unsigned, record(signed), presentation(signed)):
        page = check(client, shown)
        assert escape(evil) in page
        assert "<script" not in page
        assert "evil.example/x.png" not in re.sub(r"&lt;.*?&gt;", "", page)
        assert not re.search(r"""(href|src)=["']?(javascript:|https://evil)""", page)


def test_a_name_without_an_end_is_cut(client: Client, ours: Document) -> None:
    document = of_stranger(ours)
    document["credentialSubject"]["achievement"]["name"] = "W" * 100_000
    page = check(client, record(sign(document)))
    assert "W" * 200 in page
    assert len(page) < 50_000


# The learner's downloads


def test_the_badge_s_image_holds_the_credential_for_any_verifier(
    client: Client, adas: Release, ours: Document
) -> None:
    page = client.get(adas.url.removeprefix(settings.BASE_URL)).content.decode()
    (address,) = re.findall(r'href="([^"]+\?as=svg)"', page)
    answer = client.get(address)
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"] == f'attachment; filename="credential-{adas.pk}.svg"'
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert verification.verify(answer.content).verdict == "valid"
    assert json.loads(OB3Verifier.extract_token_from_svg(answer.content)) == ours
    assert "inside an SVG image" in check(client, answer.content)


def test_without_an_image_there_is_the_file_alone(client: Client, adas: Release) -> None:
    with without_triggers():
        Achievement.objects.update(image="")
    path = adas.url.removeprefix(settings.BASE_URL)
    assert "as=svg" not in client.get(path).content.decode()
    assert client.get(f"{path}/download?as=svg").status_code == 404
    assert client.get(f"{path}/download?as=pdf").status_code == 404
    assert client.get(f"{path}/download?as=json").status_code == 200
