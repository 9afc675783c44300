"""The vocabulary: frameworks and their editions, skills, links, rubrics, own competencies."""

from skills.models.associations import Association
from skills.models.comparisons import Comparison
from skills.models.competencies import Competency, Component
from skills.models.frameworks import ColumnMapping, Edition, Framework, FrameworkImport
from skills.models.rubrics import Rubric
from skills.models.search_texts import SearchText, SearchWord, SkillMeaning
from skills.models.skills import Skill, SkillWording

__all__ = [
    "Association",
    "ColumnMapping",
    "Comparison",
    "Competency",
    "Component",
    "Edition",
    "Framework",
    "FrameworkImport",
    "Rubric",
    "SearchText",
    "SearchWord",
    "Skill",
    "SkillMeaning",
    "SkillWording",
]
