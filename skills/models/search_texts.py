"""What skills are found by: their words folded and stemmed, and every word that any of them has."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from skills.models.skills import Skill


class SearchText(models.Model):
    """One skill as a search sees it: in small letters, without accents. Written by triggers.

    `words` has every word as it stands and its English stem; those of name and code weigh A, of
    other labels and keywords B, of the statement C.
    """

    skill = models.OneToOneField(
        Skill, models.PROTECT, primary_key=True, related_name="search_text"
    )
    code = models.TextField()
    name = models.TextField()
    words = SearchVectorField()

    class Meta:
        indexes = [
            # Without a list of what is pending, which every search would read to its end.
            GinIndex(fields=["words"], name="skills_by_words", fastupdate=False),
            models.Index(OpClass("code", name="text_pattern_ops"), name="skills_by_code"),
        ]

    def __str__(self) -> str:
        return self.name


class SkillMeaning(models.Model):
    """What a model made of a skill's name; there are rows only where that is switched on.

    `numbers` are 384 of four bytes each, the least significant first, as a vector of length 1.
    """

    NUMBERS: ClassVar = 384

    skill = models.OneToOneField(Skill, models.PROTECT, primary_key=True, related_name="meaning")
    said = models.TextField()
    model = models.TextField()
    numbers = models.BinaryField()
    learnt_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Exact(Length("numbers"), 384 * 4), name="a_meaning_has_384_numbers"
            )
        ]

    def __str__(self) -> str:
        return self.said


class SearchWord(models.Model):
    """A word that some skill has or had: what somebody may have meant who mistyped it."""

    word = models.TextField(primary_key=True)

    class Meta:
        indexes = [
            models.Index(OpClass("word", name="text_pattern_ops"), name="words_by_beginning"),
            GinIndex(OpClass("word", name="gin_trgm_ops"), name="words_by_likeness"),
        ]

    def __str__(self) -> str:
        return self.word
