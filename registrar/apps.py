"""The registrar: decides who is awarded what, and why."""

from django.apps import AppConfig


class RegistrarConfig(AppConfig):
    """Catalogue, results, tags, templates, rules, awards."""

    name = "registrar"
