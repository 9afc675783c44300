import copy
import hashlib
import itertools
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyld import canon, jsonld

from issuer.vc import canonical, contexts
from issuer.vc.errors import (
    DataLoss,
    MalformedDocument,
    NotCompacted,
    OutOfBounds,
    UnknownContext,
    VcError,
)
from issuer.vc.json_ld import processing

from .any_json import any_json

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r"))


def by_pyld(document: dict[str, Any]) -> bytes:
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": contexts.document_loader,
    }
    return jsonld.normalize(document, options).encode()


def blank(**members: Any) -> dict[str, Any]:
    return {"type": ["Result"], **members}


def credential_with(*results: Any) -> dict[str, Any]:
    return {
        "@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "credentialSubject": {"type": ["AchievementSubject"], "result": list(results)},
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=TEXT,
    narratives=st.lists(TEXT, max_size=4),
    credit=st.integers(0, 10**14) | st.decimals(0, 9999, places=3).map(float),
    values=st.lists(st.sampled_from(["A", "B", "ü", "C"]), max_size=5),
)
def test_the_canonical_form_is_pylds_own(
    make_badge: Callable[..., dict[str, Any]],
    name: str,
    narratives: list[str],
    credit: float,
    values: list[str],
) -> None:
    badge = make_badge()
    badge["name"] = name
    badge["evidence"] = [{"type": ["Evidence"], "narrative": text} for text in narratives]
    badge["credentialSubject"]["creditsEarned"] = credit
    badge["credentialSubject"]["result"] = [
        blank(value=value, alignment=[{"type": ["Alignment"], "targetName": value}])
        for value in values
    ]
    assert canonical.canonize(badge) == by_pyld(badge)


class BySha384(canon.URDNA2015):
    """pyld's own algorithm with the digest that goes with P-384."""

    def create_hash(self) -> Any:
        return hashlib.sha384()


def test_blank_nodes_are_told_apart_by_the_digest_that_is_asked_for(badge: dict[str, Any]) -> None:
    options = {"documentLoader": contexts.document_loader}
    dataset = jsonld.to_rdf(badge, options)
    expected = BySha384().main(dataset, {"format": "application/n-quads"}).encode()
    assert canonical.canonize(badge, digest=canonical.SHA_384) == expected
    assert canonical.canonize(badge) != expected


def test_the_order_of_members_does_not_change_the_canonical_form(
    badge: dict[str, Any],
) -> None:
    expected = canonical.canonize(badge)

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            names = list(value)
            random.shuffle(names)
            return {name: shuffled(value[name]) for name in names}
        if isinstance(value, list):
            return [shuffled(item) for item in value]
        return value

    for _ in range(5):
        assert canonical.canonize(shuffled(badge)) == expected


def test_control_characters_are_escaped_as_rdfc_asks() -> None:
    document = credential_with(blank(value="".join(map(chr, [*range(0x20), 0x7F, 0x85]))))
    text = canonical.canonize(document).decode()
    assert (
        r'"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000B\f\r\u000E\u000F'
        r"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D"
        r"\u001E\u001F\u007F" + '\x85"'
    ) in text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["gpa"], 4),
        (["credentialSubject", "gpa"], "4.0"),
        (["credentialSubject", "achievement", "criteria", "gpa"], {"id": "urn:x:1"}),
        (["credentialStatus", "extra"], "x"),
        (["name"], {"en": "Statistics"}),
        (["type"], ["VerifiableCredential", "OpenBadgeCredential", "Undefined"]),
        (["credentialSubject", "type"], ["AchievementSubject", "Undefined"]),
        (["id"], "relative"),
        (["id"], ""),
        (["id"], "_:label"),
        (["issuer", "id"], "../issuer"),
        (["issuer", "image", "id"], "https://college.example/a b"),
        (["credentialSubject", "achievement", "criteria", "id"], "_:c"),
        (["name"], None),
        (["credentialSubject", "result", 0, "alignment"], [None]),
    ],
)
def test_what_would_not_be_signed_is_refused(
    badge: dict[str, Any], path: list[Any], value: Any
) -> None:
    place = badge
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(DataLoss):
        canonical.expand(badge)
    with pytest.raises(DataLoss):
        canonical.canonize(badge)


def test_a_type_of_an_extension_needs_the_extensions_context(
    badge: dict[str, Any],
) -> None:
    badge["@context"] = badge["@context"][:2]
    with pytest.raises(DataLoss, match="1EdTechJsonSchemaValidator2019"):
        canonical.expand(badge)


def test_where_something_would_be_lost_is_told_as_a_json_pointer(badge: dict[str, Any]) -> None:
    with pytest.raises(DataLoss, match=r"^/credentialSubject/a~1b~0c: "):
        canonical.expand({**badge, "credentialSubject": {"a/b~c": None}})


@pytest.mark.parametrize(
    "hidden",
    [
        {"https://www.w3.org/2018/credentials#validUntil": "2020-01-01T00:00:00Z"},
        {"@id": "urn:uuid:2"},
        {"@type": "VerifiableCredential"},
        {"@included": [{"id": "urn:uuid:1", "name": "hidden"}]},
        {"@reverse": {"issuer": {"id": "urn:uuid:2"}}},
        {"@nest": {"name": "hidden"}},
        {"@graph": []},
        {"@index": "hidden"},
        {"name": "text", "@direction": "rtl"},
        {"name": {"@value": "text", "@index": "hidden"}},
        {"name": {"@language": "en"}},
        {"name": {"@set": ["text"]}},
        {"@foo": "hidden"},
    ],
    ids=lambda hidden: next(iter(hidden)),
)
def test_what_hides_behind_an_address_or_a_keyword_is_refused(
    hidden: dict[str, Any],
) -> None:
    with pytest.raises(NotCompacted):
        canonical.expand({**credential_with(), **hidden})


@pytest.mark.parametrize(
    "type_",
    [
        "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential",
        "https://www.w3.org/2018/credentials#VerifiableCredential",
        "https://schema.org/AlignmentObject",
        "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Criteria",
        "obi:OpenBadgeCredential",
        "cred:VerifiableCredential",
        "criteria",
        "geo",
        "image",
    ],
)
def test_a_type_is_the_word_that_the_contexts_have_for_it(type_: str) -> None:
    for types in (type_, ["VerifiableCredential", type_]):
        with pytest.raises(NotCompacted, match="another word"):
            canonical.expand({**credential_with(), "type": types})


def test_a_type_of_a_stranger_may_be_an_address() -> None:
    document = credential_with()
    document["type"].append("https://college.example/terms#Course")
    canonical.expand(document)


def test_no_property_of_the_pinned_contexts_is_named_like_a_class() -> None:
    properties = {term for term in canonical._terms() if not canonical._is_class(term)}
    assert {"criteria", "achievement", "proof", "credentialStatus", "geo"} <= properties
    for url in contexts.PINNED:
        for term, definition in contexts.load(url)["@context"].items():
            if isinstance(definition, dict) and {"@type", "@container"} & set(definition):
                assert not term[:1].isupper(), term


def test_text_with_a_language_is_carried() -> None:
    document = {**credential_with(), "name": {"@value": "Kurs", "@language": "de"}}
    assert b'"Kurs"@de' in canonical.canonize(document)


def test_what_hides_behind_another_word_for_a_keyword_is_refused() -> None:
    document = credential_with()
    document["@context"].append({"place": "@index"})
    document["credentialSubject"] = {"type": ["AchievementSubject"], "role": "x", "place": "hidden"}
    with pytest.raises(DataLoss, match="@index"):
        canonical.expand(document)


def test_a_value_by_itself_in_a_graph_is_refused() -> None:
    document = {
        "@context": [contexts.CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": ["text that nobody has signed"],
    }
    with pytest.raises(DataLoss, match="by itself"):
        canonical.expand(document)


def test_the_name_of_a_class_is_no_property() -> None:
    with pytest.raises(NotCompacted):
        canonical.expand({**credential_with(), "Criteria": "hidden"})


def test_a_value_of_json_is_carried_whole() -> None:
    schema = {"id": "urn:x:s", "type": "JsonSchema", "jsonSchema": {"type": "object"}}
    text = canonical.canonize({**credential_with(), "credentialSchema": schema})
    assert b'"{\\"type\\":\\"object\\"}"^^' in text


def test_an_unknown_context_is_refused(badge: dict[str, Any]) -> None:
    badge["@context"].append("https://college.example/terms.json")
    with pytest.raises(UnknownContext):
        canonical.expand(badge)
    badge["@context"][-1] = {"term": {"@id": "urn:x:t", "@context": "https://a.example/"}}
    with pytest.raises(UnknownContext):
        canonical.expand(badge)


def test_a_documents_own_context_is_not_remembered(badge: dict[str, Any]) -> None:
    plain = canonical.canonize(badge)
    own = copy.deepcopy(badge)
    own["@context"].append({"gpa": "https://college.example/terms#gpa"})
    own["credentialSubject"]["gpa"] = "4.0"
    canonical.canonize(own)
    for iri in (
        b"https://college.example/terms#gpa",
        b"https://college.example/terms#other",
    ):
        own["@context"][-1]["gpa"] = iri.decode()
        for _ in range(3):
            assert iri in canonical.canonize(own)
    del own["@context"][-1]
    with pytest.raises(DataLoss):
        canonical.canonize(own)
    assert canonical.canonize(badge) == plain


def test_many_orders_of_contexts_neither_fill_the_memory_nor_change_the_outcome(
    badge: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing.ProcessedContexts, "ROOM", 64)
    plain = canonical.canonize(badge)
    orders = itertools.permutations(sorted(contexts.PINNED - {contexts.CREDENTIALS_V2}), 3)
    for order in itertools.islice(orders, 0, None, 20):
        document = credential_with()
        document["@context"] = [contexts.CREDENTIALS_V2, *order]
        try:
            canonical.canonize(document)
        except VcError:
            continue
    assert len(processing.PROCESSED) <= processing.PROCESSED.ROOM
    assert canonical.canonize(badge) == plain


def test_a_protected_term_cannot_be_redefined(badge: dict[str, Any]) -> None:
    badge["@context"].append({"name": "https://college.example/terms#name"})
    with pytest.raises(MalformedDocument, match="protected"):
        canonical.expand(badge)


def test_what_is_too_deep_too_large_or_no_json_is_refused(
    badge: dict[str, Any],
) -> None:
    deep: Any = "x"
    for _ in range(2000):
        deep = [deep]
    for value in (deep, "x" * (canonical.MAX_CHARACTERS + 1), ["x"] * 300_000):
        with pytest.raises(OutOfBounds):
            canonical.canonize({**badge, "name": value})
    for value in (b"bytes", object(), {1: "number as name"}):
        with pytest.raises(MalformedDocument):
            canonical.canonize({**badge, "name": value})
    with pytest.raises(MalformedDocument):
        canonical.check_bounds(["a list"])


def with_tags(*tags: str, id: str = "urn:uuid:2") -> dict[str, Any]:
    return {"id": id, "type": ["Achievement"], "tag": list(tags)}


def test_more_values_of_a_property_than_can_be_compared_are_refused_before_expansion() -> None:
    tags = [f"t{number}" for number in range(canonical.MAX_VALUES_OF_ONE + 1)]
    document = credential_with()
    document["credentialSubject"]["achievement"] = with_tags(*tags)
    with pytest.raises(OutOfBounds, match="more than 500 values"):
        canonical.check_bounds(document)
    document["credentialSubject"]["achievement"] = with_tags(*tags[:-1])
    canonical.canonize(document)


def test_more_values_in_all_than_any_badge_has_are_refused() -> None:
    tags = [f"t{number}" for number in range(canonical.MAX_VALUES_OF_ONE)]
    document = credential_with()
    document["credentialSubject"]["achievement"] = [
        with_tags(*tags, id=f"urn:x:{number}") for number in range(15)
    ]
    with pytest.raises(OutOfBounds, match="more than 7500 values in all"):
        canonical.check_bounds(document)


def test_values_of_one_id_spread_over_many_objects_are_counted_together() -> None:
    tags = [f"t{number}" for number in range(canonical.MAX_VALUES_OF_ONE)]
    document = credential_with()
    document["credentialSubject"]["achievement"] = [with_tags(*tags), with_tags("one", "more")]
    canonical.check_bounds(document)
    for door in (canonical.expand, canonical.canonize):
        with pytest.raises(OutOfBounds, match="hundreds of values"):
            door(document)


def test_many_properties_with_hundreds_of_values_are_refused() -> None:
    tags = [f"t{number}" for number in range(canonical.MAX_VALUES_OF_ONE)]
    document = credential_with()
    document["credentialSubject"]["achievement"] = [
        with_tags(*tags, id=f"urn:x:{number}") for number in range(2)
    ]
    canonical.check_bounds(document)
    with pytest.raises(OutOfBounds, match="hundreds of values"):
        canonical.canonize(document)


def test_a_badge_with_everything_in_it_stays_well_within_the_bounds(
    badge: dict[str, Any],
) -> None:
    assert canonical._values_in(badge) < 200


def test_half_a_character_is_refused_with_our_error() -> None:
    with pytest.raises(MalformedDocument):
        canonical.canonize(credential_with(blank(value="\ud800")))


@pytest.mark.parametrize("children", range(2, 12))
def test_equal_objects_without_ids_cost_little_or_are_refused(children: int) -> None:
    twins = [blank(alignment=[{"type": ["Alignment"]} for _ in range(children)]) for _ in range(2)]
    began = time.perf_counter()
    try:
        canonical.canonize(credential_with(*twins))
        assert children <= 4
    except OutOfBounds:
        assert children > 4
    assert time.perf_counter() - began < 1


def test_text_with_a_direction_is_carried() -> None:
    name = {"@value": "Kurs", "@language": "de", "@direction": "ltr"}
    text = b'"Kurs"^^<https://www.w3.org/ns/i18n#de_ltr>'
    assert text in canonical.canonize({**credential_with(), "name": name})


JSON = any_json(
    *(
        "id type name issuer @context @id @type @vocab @base @value @container @reverse "
        "credentialSubject proof x x:y"
    ).split()
)


@settings(max_examples=100)
@given(
    context=st.lists(st.sampled_from([contexts.CREDENTIALS_V2, contexts.OPEN_BADGES]) | JSON),
    members=st.dictionaries(st.sampled_from(["id", "type", "name", "issuer"]), JSON),
)
def test_any_document_is_accepted_or_refused_with_our_error(
    context: list[Any], members: dict[str, Any]
) -> None:
    try:
        canonical.canonize({"@context": context, **members})
    except VcError:
        pass
