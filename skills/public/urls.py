"""What strangers may reach of the vocabulary."""

from django.urls import include, path

from skills.public import skills

urlpatterns = [
    path("skills/<uuid:uuid>", skills.skill, name="skill"),
    path("ims/case/", include("skills.public.case.urls")),
]
