"""The map: strangers at the root, /api/v1 and /vc-api for systems, /teach and /admin for people."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from config import consent, health, learner_sign_in, metrics, problems, tokens
from issuer.public import replica
from registrar.public import badges
from registrar.services.vocabularies import skill_uses
from skills.public import urls as vocabulary

handler400 = problems.bad_request
handler403 = problems.permission_denied
handler404 = problems.not_found
handler500 = problems.server_error

urlpatterns = [
    path("", include("issuer.public.urls")),
    path("", include("registrar.public.urls")),
    path(
        "",
        include(vocabulary.patterns(uses=skill_uses.of_skill, published=replica.public_read)),
    ),
    path("teach/", include("registrar.teach.urls")),
    path("admin/", admin.site.urls),
    path("oauth/token", tokens.Token.as_view(), name="token"),
    path("oauth/revoke", tokens.Revoke.as_view(), name="revoke-token"),
    path("oauth/register", tokens.register, name="register-app"),
    path("oauth/authorize", consent.Consent.as_view(), name="authorize"),
    path("learner/sign-in", learner_sign_in.SignIn.as_view(), name="learner-sign-in"),
    path("learner/enter/<uuid:pk>/<slug:seal>", learner_sign_in.enter, name="learner-enter"),
    path("learner/access", learner_sign_in.Access.as_view(), name="learner-access"),
    path(".well-known/oauth-authorization-server", tokens.metadata, name="oauth-metadata"),
    path(".well-known/oauth-protected-resource", tokens.resource_metadata, name="api-metadata"),
    path("ims/ob/v3p0/", include(badges.urls(badges.OPEN_BADGES))),
    path("ims/clr/v2p0/", include(badges.urls(badges.RECORDS))),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/", include("skills.api.urls")),
    path("api/v1/", include("registrar.api.urls")),
    path("api/v1/", include("issuer.api.urls")),
    path("vc-api/", include("issuer.vc_api.urls")),
    path("conformance/", include("issuer.vc_api.conformance.urls")),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
