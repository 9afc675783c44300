"""What strangers may reach of the vocabulary, and the choices of who is signed in."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, URLResolver, include, path, register_converter

from skills.public import frameworks, picker, skills
from skills.public.case import urls as case
from skills.services.uses import Teller


class Suffix:
    """How the name of a framework's file ends."""

    regex = "|".join(suffix.replace(".", r"\.") for suffix in frameworks.SUFFIXES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Suffix, "framework_suffix")


View = Callable[..., Any]


def patterns(uses: Teller, published: Callable[[View], View]) -> list[URLPattern | URLResolver]:
    """The addresses; `uses` tells a skill's page what the rest of the house does with it.

    `published` marks a view that may be read from a copy of the database.
    """
    return [
        path("skills/options", picker.SkillOptions.as_view(), name="skill-options"),
        path("skills/<uuid:uuid>", published(skills.skill), {"uses": uses}, name="skill"),
        path("skills/<uuid:uuid>.json", published(skills.cf_item), name="skill-cf-item"),
        path("skills/<uuid:uuid>.jsonld", published(skills.descriptor), name="skill-descriptor"),
        path("frameworks", published(frameworks.frameworks), name="frameworks"),
        path("frameworks/<uuid:uuid>", published(frameworks.framework), name="framework"),
        path(
            "frameworks/<uuid:uuid>.<framework_suffix:suffix>",
            published(frameworks.download),
            name="framework-download",
        ),
        path("ims/case/", include(case.patterns(published))),
    ]
