"""Batches and credentials under /api/v1/."""

from rest_framework.routers import SimpleRouter

from issuer.api import batches, credentials, status

router = SimpleRouter(trailing_slash=False)
router.register("batches", batches.BatchViewSet)
router.register("credentials", credentials.CredentialViewSet)
router.register("status", status.StatusViewSet)

urlpatterns = router.urls
