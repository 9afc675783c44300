"""Addresses of the VC API under /vc-api/, as VCALM 1.0 has them."""

from django.urls import path

from issuer.vc_api import views

urlpatterns = [
    path("credentials/issue", views.Issue.as_view()),
    path("credentials/verify", views.VerifyCredential.as_view()),
    path("credentials/derive", views.Derive.as_view()),
    path("credentials/status", views.Status.as_view()),
    path("presentations/verify", views.VerifyPresentation.as_view()),
]
