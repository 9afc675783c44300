"""Addresses of the conformance profile; without CONFORMANCE nothing is found there."""

from django.urls import path

from issuer.vc_api.conformance import views

urlpatterns = [
    path("", views.instances),
    path("presentations/verify", views.verify_presentation),
    path("<slug:suite>/credentials/issue", views.issue),
    path("<slug:suite>/credentials/verify", views.verify),
    path("<slug:suite>/credentials/derive", views.derive),
    path("<slug:suite>/status/list", views.status),
]
