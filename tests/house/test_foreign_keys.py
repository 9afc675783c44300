"""References between tables run the same way as imports."""

from django.apps import apps

MAY_POINT_AT = {
    "skills": {"skills", "auth"},
    "issuer": {"issuer", "auth"},
    "registrar": {"registrar", "issuer", "skills", "auth", "oauth2_provider"},
}


def test_no_table_points_against_the_direction_of_imports() -> None:
    wrong = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in MAY_POINT_AT
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
        if field.related_model._meta.app_label not in MAY_POINT_AT[model._meta.app_label]
    ]
    assert not wrong


def test_the_registrar_leaves_no_way_back_in_issuer_and_skills() -> None:
    back = [
        f"{model._meta.label}.{relation.name}"
        for app in ("issuer", "skills")
        for model in apps.get_app_config(app).get_models()
        for relation in model._meta.related_objects
        if relation.related_model._meta.app_label == "registrar" and not relation.hidden
    ]
    assert not back
