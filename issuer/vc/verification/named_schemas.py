"""The check `schema`: whether a credential has the form of the 1EdTech schemas that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from issuer.vc import credential, kinds, walk
from issuer.vc.clr import ClrCredential
from issuer.vc.endorsements import EndorsementCredential
from issuer.vc.kinds import Kind
from issuer.vc.openbadges import SCHEMA_TYPE, AchievementCredential
from issuer.vc.stated import Member, Stated, members
from issuer.vc.verification.report import Check, Failed, made

# How many faults are told of: who reads it wants to know that there are some, and of what kind.
MAX_FAULTS = 3

# Also the variants that allow a value without its array, or version 1.1 of the data model, and
# the address at which the drafts were published.
_ADDRESS = re.compile(
    r"https://(?:purl\.imsglobal\.org/spec/(?:ob|clr)/v\dp\d/schema/json(?:-ld)?"
    r"|imsglobal\.github\.io/openbadges-specification)"
    r"/(?:ob|clr)_v\dp\d_(?:any)?(\w+)_schema\.json"
)
_CLASSES: dict[str, type[Stated]] = {
    "achievementcredential": AchievementCredential,
    "endorsementcredential": EndorsementCredential,
    "clrcredential": ClrCredential,
}
# Where the schemas ask for less than who signs: any text for an address, any number, any object
# for what is embedded, which is inspected for itself.
_FORMS: dict[Kind, type | tuple[type, ...]] = {
    Kind.URI: str,
    Kind.NUMBER: (int, float),
    Kind.TYPED: dict,
    Kind.SIGNED: dict,
    Kind.ENDORSEMENT: dict,
}
# One is what the schemas allow, several what W3C does; the check `status` looks at them all.
_STATUS = Kind.TYPED
_OTHER_FORM = "This is of another form than it should be."
# Version 1.1 of the data model, as version 2.0 and the classes have it.
_RENAMED = {"issuanceDate": "validFrom", "expirationDate": "validUntil"}


def check(document: dict[str, Any]) -> Check | None:
    """Check the form by our own tables of the classes; None where no schema that is known is named.

    Open Badges 3.0 asks a verifier for the schemas of type 1EdTechJsonSchemaValidator2019
    (section "Verification", 1). Those of the specifications are known here by heart. For another
    there is no check, passed or not: fetching what an issuer names, to hold its own words against,
    would say nothing about who said them or whether they still hold, a holder cannot change them,
    and an issuer who wanted to deceive would name none. `unknown` tells which were passed over.
    """
    named = [_class_of(schema) for schema in _stated(document)]
    wanted = [found for found in named if found is not None]
    if not wanted:
        return None
    return made("schema", lambda: _judge(document, wanted))


def unknown(document: dict[str, Any]) -> list[str]:
    """Return the addresses of the schemas that a credential names and that are not known here."""
    return [str(each.get("id", "")) for each in _stated(document) if _class_of(each) is None]


def _stated(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [schema for _, schema in walk.each_object(document, "credentialSchema")]


def _class_of(schema: dict[str, Any]) -> type[Stated] | None:
    found = _ADDRESS.fullmatch(str(schema.get("id")))
    if found is None or SCHEMA_TYPE not in credential.many(schema.get("type")):
        return None
    return _CLASSES.get(found[1])


def _judge(document: dict[str, Any], wanted: list[type[Stated]]) -> str:
    renamed = {_RENAMED.get(name, name): value for name, value in document.items()}
    faults = [fault for class_ in wanted for fault in _faults(renamed, class_, "")]
    if faults:
        more = f" And {len(faults) - MAX_FAULTS} more." if len(faults) > MAX_FAULTS else ""
        told = " ".join(faults[:MAX_FAULTS])
        raise Failed(f"It has not the form of the schema that it names. {told}{more}")
    names = " and ".join(f"{class_.SPECIFICATION}, {class_.__name__}" for class_ in wanted)
    return f"It has the form of the schema that it names: {names}."


def _faults(value: object, class_: type[Stated], pointer: str) -> Iterator[str]:
    """Yield what the published schema refuses: less than `classes.problems` does."""
    if not isinstance(value, dict):
        yield f"{pointer}: This must be one {class_.__name__} object."
        return
    yield from _type_faults(value, class_, pointer)
    for member in members(class_):
        if member.name not in value:
            if member.required:
                yield f"{pointer}/{member.name} is missing."
        elif isinstance(value[member.name], list) and not (member.many or member.kind is _STATUS):
            yield f"{pointer}/{member.name}: This must be one, not a list."
        else:
            for place, item in walk.each(value, member.name, pointer):
                yield from _member_faults(item, member, place)


def _type_faults(value: dict[str, Any], class_: type[Stated], pointer: str) -> Iterator[str]:
    stated = {class_.ALIASES.get(name, name) for name in walk.types(value)}
    expected = (class_.TYPE,) if isinstance(class_.TYPE, str) else class_.TYPE or ()
    for name in expected:
        if name not in stated:
            yield f"{pointer}/type: {name} is missing."


def _member_faults(item: object, member: Member, pointer: str) -> Iterator[str]:
    kind = member.kind
    if isinstance(kind, type):
        yield from _faults(item, kind, pointer)
        return
    form = _FORMS.get(kind) if isinstance(kind, Kind) else None
    if form is not None:
        problem = None if isinstance(item, form) and not isinstance(item, bool) else _OTHER_FORM
    else:
        problem = kinds.problem(item, kind)
    if problem:
        yield f"{pointer}: {problem}"
