"""Puts ESCO's files together: one alone, or the skill files of a folder."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from skills.readers import packed, separated
from skills.readers.errors import Unreadable
from skills.readers.esco import concepts, layout
from skills.readers.esco.concepts import Concept
from skills.readers.esco.layout import Scheme, Sort
from skills.readers.gathering import Gathering
from skills.readers.links import IS_CHILD_OF
from skills.readers.problems import Problems
from skills.readers.records import FrameworkRecord, Package, SkillRecord
from skills.readers.table import Row, Table

_EUROPEAN_COMMISSION: Final = "European Commission"
_CREDIT: Final = "This service uses the ESCO classification of the European Commission."


def read(data: bytes, *, file: str = "", framework_id: str = "") -> Package:
    """Read one file, plain or packed with gzip, as a framework of its own.

    Never raises for what the bytes hold. `framework_id` says which collection it is when the
    file does not bear the name that ESCO gave it.
    """
    problems = Problems(file)
    try:
        table = _table(data, problems, file)
        scheme = layout.alone(table, framework_id)
        return _Reading(scheme, layout.language(file), problems).package([table])
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


def read_folder(files: Mapping[str, bytes], *, file: str = "") -> Package:
    """Read the skill files of a folder as one framework; those of occupations are passed over.

    What several files say of one skill is believed of the list first, then of the hierarchy,
    then of the collections; each fills in what those before it left blank.
    """
    problems = Problems(file)
    try:
        tables = [
            _table(data, problems, name)
            for name, data in sorted(files.items())
            if name.lower().removesuffix(".gz").endswith(".csv")
        ]
        found = sorted((table for table in tables if _is_of_use(table)), key=layout.sort)
        if not found or layout.sort(found[0]) > Sort.JUMBLED_LIST:
            raise layout.not_esco()
        languages = {layout.language(table.file) for table in found}
        language = languages.pop() if len(languages) == 1 else ""
        return _Reading(layout.WHOLE, language, problems).package(found)
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


class _Held(NamedTuple):
    """A concept, and the row that spoke of it first."""

    concept: Concept
    row: Row


class _Reading:
    """One framework being put together."""

    def __init__(self, scheme: Scheme, language: str, problems: Problems) -> None:
        self._scheme = scheme
        self._language = language
        self._held: dict[str, _Held] = {}
        self._found = Gathering(
            FrameworkRecord(
                identifier=scheme.identifier,
                uri=scheme.identifier,
                title=scheme.title,
                creator=_EUROPEAN_COMMISSION,
                publisher=_EUROPEAN_COMMISSION,
                language=language,
                official_url="https://esco.ec.europa.eu",
                notes=_CREDIT,
            ),
            problems,
        )

    def package(self, tables: list[Table]) -> Package:
        """All that the tables say."""
        taking: Mapping[Sort, Callable[[Row], None]] = {
            Sort.LIST: self._take_listed,
            Sort.JUMBLED_LIST: self._take_listed,
            Sort.COLLECTION: self._take_listed,
            Sort.HIERARCHY: self._take_path,
            Sort.BROADER: self._take_broader,
            Sort.RELATIONS: self._take_relation,
        }
        for table in tables:
            take = taking[layout.sort(table)]
            for row in table.rows:
                take(row)
        for concept, row in self._held.values():
            self._found.add(row, "conceptUri", concept.skill(self._language))
        for table in tables:
            self._take_collection(table)
        return self._found.package()

    def _take_listed(self, row: Row) -> None:
        concept = concepts.listed(row)
        if (known := self._held.get(concept.uri)) is not None and known.row.file == row.file:
            row.refuse(
                "conceptUri",
                "duplicate",
                f"The same concept stands in {known.row.place}.",
                "Keep one of the two rows.",
            )
        if not row.good:
            self._found.refuse(row, concept.uri)
            return
        self._hold(row, concept)
        parents = row.texts(layout.PARENTS, "|", "\n")
        titles = row.texts("broaderConceptPT", "|", "\n")
        for at, parent in enumerate(parents):
            title = titles[at] if len(titles) == len(parents) else ""
            self._link_broader(row, layout.PARENTS, concept.uri, parent, title)

    def _take_path(self, row: Row) -> None:
        path = list(concepts.path(row))
        for level, concept in enumerate(path):
            known = self._held.get(concept.uri)
            if known is None or known.row.file != row.file or not concept.label:
                continue
            if known.concept.label != concept.label:
                row.refuse(
                    f"Level {level} preferred term",
                    "contradiction",
                    f"In {known.row.place} the same group has another name.",
                    "Give it one name.",
                )
        if not row.good:
            self._found.refuse(row, path[-1].uri)
            return
        for concept in path:
            self._hold(row, concept)
        for level, (parent, child) in enumerate(pairwise(path), start=1):
            self._link_broader(row, f"Level {level} URI", child.uri, parent.uri, parent.label)

    def _take_broader(self, row: Row) -> None:
        origin = row.address("conceptUri", required=True, limit=200)
        destination = row.address("broaderUri", required=True, limit=200)
        if row.good:
            title = row.text("broaderLabel", limit=500)
            self._link_broader(row, "broaderUri", origin, destination, title)

    def _take_relation(self, row: Row) -> None:
        """One skill serves another one: it is essential or optional for it."""
        origin = row.address("originalSkillUri", required=True, limit=200)
        destination = row.address("relatedSkillUri", required=True, limit=200)
        word = row.text("relationType", limit=100)
        if row.good:
            self._found.link(
                row, "relatedSkillUri", origin, "isRelatedTo", destination, type_word=word
            )

    def _take_collection(self, table: Table) -> None:
        """In a folder, a collection is a heading that skills are part of."""
        collection = layout.collection(table.file)
        is_it = layout.sort(table) is Sort.COLLECTION and self._scheme == layout.WHOLE
        if not is_it or collection is None or not table.rows:
            return
        heading = SkillRecord(
            identifier=collection.identifier,
            uri=collection.identifier,
            statement=collection.title,
            label=collection.title,
            kind="category",
            kind_word="ConceptScheme",
            language=self._language,
        )
        self._found.add(table.rows[0], "conceptUri", heading)
        for row in table.rows:
            if (uri := row.raw("conceptUri")) in self._held:
                self._found.link(row, "conceptUri", uri, "isPartOf", collection.identifier)

    def _hold(self, row: Row, concept: Concept) -> None:
        known = self._held.get(concept.uri)
        self._held[concept.uri] = (
            _Held(concept, row)
            if known is None
            else _Held(known.concept.filled_from(concept), known.row)
        )

    def _link_broader(self, row: Row, column: str, origin: str, parent: str, title: str) -> None:
        self._found.link(row, column, origin, IS_CHILD_OF, parent, type_word="broader", title=title)


def _table(data: bytes, problems: Problems, file: str) -> Table:
    plain = packed.gunzipped(data) if packed.is_gzip(data) else data
    return separated.read(plain, problems, file=file)


def _is_of_use(table: Table) -> bool:
    return layout.sort(table) is not Sort.OTHER
