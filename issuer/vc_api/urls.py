"""Addresses of the VC API under /vc-api/, as VCALM 1.0 has them."""

from django.urls import path

from issuer.vc_api import views

urlpatterns = [
    path("credentials/issue", views.Issue.as_view()),
]
