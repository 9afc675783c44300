"""What the registrar knows, under /api/v1/."""

from rest_framework.routers import SimpleRouter

from registrar.api import awards, catalog, learners, results, templates

router = SimpleRouter(trailing_slash=False)
router.register("courses", catalog.CourseViewSet, basename="course")
router.register("activities", catalog.ActivityViewSet, basename="activity")
router.register("outcomes", catalog.OutcomeViewSet)
router.register("learners", learners.LearnerViewSet)
router.register("results", results.ResultViewSet)
router.register("templates", templates.TemplateViewSet)
router.register("awards", awards.AwardViewSet)

urlpatterns = router.urls
