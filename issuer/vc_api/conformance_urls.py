"""Addresses of the conformance profile; without CONFORMANCE nothing is found there."""

from django.urls import path

from issuer.vc_api import conformance

urlpatterns = [
    path("", conformance.instances),
    path("presentations/verify", conformance.verify_presentation),
    path("<slug:suite>/credentials/issue", conformance.issue),
    path("<slug:suite>/credentials/verify", conformance.verify),
    path("<slug:suite>/credentials/derive", conformance.derive),
    path("<slug:suite>/status/list", conformance.status),
]
