"""What the registrar knows, under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from registrar.api import (
    award_files,
    awards,
    catalog,
    clients,
    drafts,
    framework_imports,
    jobs,
    learners,
    nights,
    offerings,
    proposals,
    records,
    results,
    rules,
    webhooks,
)

router = SimpleRouter(trailing_slash=False)
router.register("organisations", offerings.OrganisationViewSet, basename="organisation")
router.register("terms", offerings.TermViewSet)
router.register("offerings", offerings.OfferingViewSet)
router.register("courses", catalog.CourseViewSet, basename="course")
router.register("activities", catalog.ActivityViewSet, basename="activity")
router.register("outcomes", catalog.OutcomeViewSet)
router.register("tags", catalog.SkillTagViewSet)
router.register("learners", learners.LearnerViewSet)
router.register("enrolments", learners.EnrolmentViewSet)
router.register("line-items", results.LineItemViewSet)
router.register("results", results.ResultViewSet)
router.register("templates", drafts.DraftedTemplateViewSet)
router.register("nights", nights.NightViewSet, basename="night")
router.register("jobs", jobs.JobViewSet)
router.register("awards", awards.AwardViewSet)
router.register("revisions", drafts.DraftedRevisionViewSet, basename="revision")
router.register("rules", rules.AwardRuleViewSet, basename="rule")
router.register("records", records.RecordViewSet, basename="record")
router.register("webhooks", webhooks.WebhookViewSet, basename="webhook")

urlpatterns = [
    path("award-files", award_files.AwardFilesView.as_view()),
    path("client", clients.ClientView.as_view()),
    path("client/secret", clients.ClientSecretView.as_view()),
    path("client/former-secret", clients.FormerSecretView.as_view()),
    path("frameworks/imports", framework_imports.FrameworkImportView.as_view()),
    path("associations/proposals", proposals.ProposalsView.as_view()),
    *router.urls,
]
