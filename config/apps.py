"""The admin site, under the name that staff know it by."""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """Django's admin with our own home page, navigation and look."""

    default_site = "config.desk.Desk"
