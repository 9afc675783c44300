"""The desk: Django's admin site as registrar staff meet it."""

from django.contrib.admin import AdminSite


class Desk(AdminSite):
    """One place for all staff work: same navigation, same permissions, same look."""

    site_header = "Credential service"
    site_title = "Credential service"
    index_title = "What waits for you"
