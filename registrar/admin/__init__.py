"""The desk's pages, in the order in which data come to be."""

from registrar.admin import (  # noqa: F401
    awards,
    batches,
    catalog,
    competencies,
    confirmations,
    credentials,
    crosswalk,
    learners,
    outcome_sets,
    people,
    programmes,
    results,
    rosters,
    tagging,
    templates,
    vocabulary,
)
