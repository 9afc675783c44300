"""Frameworks and skills under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from skills.api import associations, exports, frameworks

router = SimpleRouter(trailing_slash=False)
router.register("frameworks", frameworks.FrameworkViewSet)
router.register("associations", associations.AssociationViewSet)
router.register("skills", frameworks.SkillViewSet)

urlpatterns = [
    path("frameworks/<int:pk>/export", exports.FrameworkExportView.as_view()),
    *router.urls,
]
