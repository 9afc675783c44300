"""The frameworks of the college as CASE documents and packages, and each object in them.

Retired items answer for good, with the day on which they ended; packages have them no longer.
"""

from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from skills.models import Framework
from skills.public import answers
from skills.public.case import failures, queries
from skills.readers.case import names
from skills.readers.records import DefinitionKind
from skills.services import exports
from skills.writers import case

VERSIONS: Final[dict[str, case.Version]] = {"v1p0": "1.0", "v1p1": "1.1"}

# How a service answers with definitions: alone, or in a list with those below it.
_IN_LISTS: Final = {"CFConcepts", "CFSubjects", "CFItemTypes"}


@login_not_required
@require_safe
@failures.told
def documents(request: HttpRequest, version: str) -> HttpResponse:
    """The college's frameworks."""
    rows = [_document(row, version) for row in exports.own()]
    asked = {name: request.GET[name] for name in request.GET}
    known = names.DOCUMENT - {"extensions"}
    address = f"{settings.BASE_URL}{request.path}"
    page = queries.page(rows, asked, known=known, address=address)
    response = answers.document(request, {"CFDocuments": page.rows})
    response["X-Total-Count"] = page.total
    response["Link"] = page.links
    return response


@login_not_required
@require_safe
@failures.told
def document(request: HttpRequest, version: str, identifier: str) -> HttpResponse:
    """One framework."""
    return answers.document(request, _document(_framework(identifier), version))


@login_not_required
@require_safe
@failures.told
def package(request: HttpRequest, version: str, identifier: str) -> HttpResponseBase:
    """A framework with all that is in it."""
    row = _framework(identifier)
    write = partial(case.write, version=VERSIONS[version])
    return answers.file(
        request,
        lambda: exports.file_of(row, write),
        state=f"{exports.state(row)}-case-{version}",
        content_type="application/json",
    )


@login_not_required
@require_safe
@failures.told
def item(request: HttpRequest, version: str, identifier: str) -> HttpResponse:
    """An item, one that is retired too."""
    found = exports.skill_with(_uuid(identifier))
    if found is None:
        raise failures.unknown()
    return answers.document(
        request,
        case.item(
            exports.skill(found),
            version=VERSIONS[version],
            document=_link(found.framework),
        ),
    )


@login_not_required
@require_safe
@failures.told
def item_associations(request: HttpRequest, version: str, identifier: str) -> HttpResponse:
    """An item with all associations from it and to it."""
    found = exports.skill_with(_uuid(identifier))
    if found is None:
        raise failures.unknown()
    speaks = VERSIONS[version]
    link = _link(found.framework)
    return answers.document(
        request,
        {
            "CFItem": case.item(exports.skill(found), version=speaks, document=link),
            "CFAssociations": [
                case.association(record, version=speaks)
                for record in exports.associations_with(found)
            ],
        },
    )


@login_not_required
@require_safe
@failures.told
def association(request: HttpRequest, version: str, identifier: str) -> HttpResponse:
    """An association."""
    found = exports.association_with(_uuid(identifier))
    if found is None:
        raise failures.unknown()
    row, framework = found
    return answers.document(
        request,
        case.association(
            exports.association(row, framework),
            version=VERSIONS[version],
            document=_link(framework),
        ),
    )


@login_not_required
@require_safe
@failures.told
def rubric(request: HttpRequest, version: str, identifier: str) -> HttpResponse:
    """A rubric with its criteria and their levels."""
    found = exports.rubric_with(_uuid(identifier))
    if found is None:
        raise failures.unknown()
    return answers.document(request, case.rubric(exports.rubric(found), version=VERSIONS[version]))


@login_not_required
@require_safe
@failures.told
def definition(
    request: HttpRequest, version: str, collection: str, identifier: str
) -> HttpResponse:
    """A concept, subject, licence, item type or grouping; with those below it where it has any."""
    kind: DefinitionKind = names.DEFINITIONS[collection]
    records = exports.definitions_like(kind, _uuid(identifier))
    if not records:
        raise failures.unknown()
    found = [case.definition(record, version=VERSIONS[version]) for record in records]
    return answers.document(request, {collection: found} if collection in _IN_LISTS else found[0])


@login_not_required
@failures.told
def nothing(request: HttpRequest, **_: Any) -> HttpResponse:
    """What no service of CASE has."""
    raise failures.Failure(404, "unknownobject", "There is no such address in this service.")


def _framework(identifier: str) -> Framework:
    uuid = _uuid(identifier)
    found = exports.own().filter(uuid=uuid).first()
    if found is None:
        found = exports.own().filter(identifier__in=[str(uuid), f"ce-{uuid}"]).first()
    if found is None:
        raise failures.unknown()
    return found


def _uuid(identifier: str) -> UUID:
    try:
        return UUID(identifier)
    except ValueError:
        raise failures.Failure(404, "invaliduuid", "This identifier is not a UUID.") from None


def _document(row: Framework, version: str) -> dict[str, Any]:
    record = exports.framework(row)
    identifier = case.uuid_of(record.identifier)
    address = f"{settings.BASE_URL}/ims/case/{version}/CFPackages/{identifier}"
    link = case.link(identifier, address, record.title)
    return case.document(record, version=VERSIONS[version], package=link)


def _link(row: Framework) -> case.Link:
    record = exports.framework(row)
    return case.link(record.identifier, record.uri, record.title)
