"""Frameworks and skills under /api/v1/."""

from rest_framework.routers import SimpleRouter

from skills.api import frameworks

router = SimpleRouter(trailing_slash=False)
router.register("frameworks", frameworks.FrameworkViewSet)
router.register("skills", frameworks.SkillViewSet)

urlpatterns = router.urls
