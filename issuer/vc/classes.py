"""Judge JSON by the classes of Open Badges 3.0 and CLR 2.0: every place where it is not of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from issuer.vc import credential, kinds
from issuer.vc.errors import Finding
from issuer.vc.kinds import Kind
from issuer.vc.stated import Member, Stated, members


def problems(
    value: object, class_: type[Stated], pointer: str, *, compact: bool = False
) -> Iterator[Finding]:
    """Yield every place where the value is not of the class, depth first.

    Members that the class does not name are passed over: whether they are
    defined at all is for the JSON-LD expansion to say. With `compact` one type,
    schema or policy may stand alone instead of in an array, as the
    specifications allow (section "Serialization").
    """
    section = f"{class_.SPECIFICATION}, {class_.__name__}"
    if not isinstance(value, dict):
        message = f"This must be one {class_.__name__} object."
        yield Finding("wrong_kind", pointer, message, section)
        return
    yield from _type_problems(value, class_, pointer, section, compact)
    for member in members(class_):
        where = f"{pointer}/{member.name}"
        if member.name not in value:
            if member.required:
                message = f"{class_.__name__} must state {member.name}."
                yield Finding("missing", where, message, section)
        elif member.many:
            yield from _many_problems(value[member.name], member, where, section, compact)
        else:
            yield from _one_problems(value[member.name], member, where, section, compact)


def _type_problems(
    value: dict[str, Any], class_: type[Stated], pointer: str, section: str, compact: bool
) -> Iterator[Finding]:
    where, found = f"{pointer}/type", value.get("type")
    if class_.TYPE is None:
        return
    if isinstance(class_.TYPE, str):
        if found != class_.TYPE:
            yield Finding("wrong_type", where, f'This must be "{class_.TYPE}".', section)
        return
    listed = credential.many(found) if compact else found
    stated = listed if isinstance(listed, list) else []
    names = {class_.ALIASES.get(name, name) for name in stated if isinstance(name, str)}
    if not names.issuperset(class_.TYPE):
        expected = '" and "'.join(class_.TYPE)
        yield Finding("wrong_type", where, f'This must be an array with "{expected}".', section)


def _many_problems(
    value: object, member: Member, pointer: str, section: str, compact: bool
) -> Iterator[Finding]:
    if compact and isinstance(value, dict) and _may_stand_alone(member):
        yield from _one_problems(value, member, pointer, section, compact)
        return
    if not isinstance(value, list):
        yield Finding("wrong_kind", pointer, "This must be an array, also for one value.", section)
        return
    for index, item in enumerate(value):
        yield from _one_problems(item, member, f"{pointer}/{index}", section, compact)


def _may_stand_alone(member: Member) -> bool:
    return isinstance(member.kind, type) and member.kind.MAY_STAND_ALONE


def _one_problems(
    value: object, member: Member, pointer: str, section: str, compact: bool
) -> Iterator[Finding]:
    if isinstance(member.kind, type):
        yield from problems(value, member.kind, pointer, compact=compact)
        return
    message = kinds.problem(value, member.kind)
    if message is None and member.required and isinstance(value, str) and not value.strip():
        message = "This must not be empty."
    if message:
        code = "wrong_value" if isinstance(value, dict) or not _is_object(member) else "wrong_kind"
        yield Finding(code, pointer, message, section)


def _is_object(member: Member) -> bool:
    return member.kind in (Kind.TYPED, Kind.SIGNED, Kind.ENDORSEMENT)
