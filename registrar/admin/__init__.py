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
    mappings,
    marking,
    outcome_sets,
    people,
    programmes,
    result_imports,
    results,
    rosters,
    tagging,
    tagging_policy,
    templates,
    vocabulary,
)
