"""Remember how a sheet's columns are to be read."""

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User

from skills.models import ColumnMapping, Framework


def remember(
    framework: Framework,
    *,
    header: Sequence[str],
    columns: Mapping[str, str],
    kind: str,
    by: User | None,
) -> ColumnMapping:
    """Keep what each column of such a sheet is. Keeping the same again changes nothing."""
    last = remembered(header, framework=framework.identifier)
    if last is not None and (last.columns, last.kind) == (dict(columns), kind):
        return last
    return ColumnMapping.objects.create(
        framework=framework, header=list(header), columns=dict(columns), kind=kind, by=by
    )


def remembered(header: Sequence[str], *, framework: str = "") -> ColumnMapping | None:
    """The newest mapping of a sheet with these columns, of that framework if it is named.

    None too where several frameworks come in such sheets and none is named.
    """
    found = ColumnMapping.objects.filter(header=list(header)).select_related("framework")
    if framework:
        found = found.filter(framework__identifier=framework)
    elif found.values("framework").distinct().count() > 1:
        return None
    return found.first()
