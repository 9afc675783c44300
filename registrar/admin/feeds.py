"""The feeds: folders and servers that the night fetches rosters from."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.html import format_html

from issuer.pages import (
    Act,
    DeskAdmin,
    FormPage,
    Link,
    ThingPage,
    Verb,
    column,
    list_link,
    state_tag,
    thing_url,
)
from registrar.models import Feed, NightStep
from registrar.models.nights import NightStepQuerySet
from registrar.services.feeding import feeds

# A browser asks for the day.
_DAY = {"secret_ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
BRAKES = ("shares_numbers", "most_wrong", "most_retired", "is_expected_daily")


class FolderForm(forms.ModelForm):
    """What a feed is called, where it lies, and when it is stopped."""

    class Meta:
        model = Feed
        fields = ("name", "folder", "source", "lists_all", *BRAKES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only a server has none.
        self.fields["folder"].required = True
        self.fields["folder"].help_text = f"In {feeds.folder_of_all()}, where you make it"


class ServerForm(forms.ModelForm):
    """How a server is asked, and when what it gives is stopped."""

    account = forms.CharField(label="Client id", max_length=200)
    secret = forms.CharField(
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="It is kept sealed, and never shown again",
    )
    field_order = ("name", "address", "token_address", "account", "secret", "secret_ends_on")
    address_help = "Such as https://sis.example.edu/ims/oneroster; with /v1p1 at its end for 1.1"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].required = self.fields["token_address"].required = True
        self.fields["address"].help_text = self.address_help
        self.fields["source"].help_text = "Empty: the name of the feed"

    class Meta:
        model = Feed
        fields = (
            "name",
            "address",
            "token_address",
            "account",
            "secret_ends_on",
            "source",
            "scopes",
            "full_every",
            "shares_numbers",
            "most_wrong",
            "most_retired",
        )
        widgets = _DAY


class EduApiForm(ServerForm):
    """How an Edu-API server is asked."""

    address_help = "Such as https://sis.example.edu/ims/eduapi/base/v1p0"


class SftpForm(forms.ModelForm):
    """How an SFTP server is entered, and when what it has is stopped."""

    account = forms.CharField(label="User name", max_length=200)
    secret = forms.CharField(
        label="Password or private key",
        max_length=10_000,
        strip=False,
        widget=forms.Textarea(attrs={"autocomplete": "off", "rows": 3, "spellcheck": "false"}),
        help_text="A key in OpenSSH form, without a passphrase. It is kept sealed",
    )
    field_order = ("name", "address", "host_key", "account", "secret", "secret_ends_on", "folder")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].required = self.fields["host_key"].required = True
        self.fields["address"].help_text = "Such as sftp://files.example.edu"
        self.fields["folder"].help_text = "Such as /outgoing/rosters; empty: where one lands"

    class Meta:
        model = Feed
        fields = (
            "name",
            "address",
            "host_key",
            "account",
            "secret_ends_on",
            "folder",
            "source",
            "lists_all",
            *BRAKES,
        )
        widgets = _DAY


class SenderForm(forms.ModelForm):
    """A system that sends rows itself, and what is agreed of its learner numbers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].required = True
        self.fields["source"].help_text = "The source that it names when it sends rows"

    class Meta:
        model = Feed
        fields = ("name", "source", "shares_numbers")


class NewFeedPage(FormPage):
    """Name a folder for the night to look into."""

    permission_required = feeds.RIGHT
    title = "Add a folder"
    verb = "Add the feed"
    form_class: type[forms.ModelForm] = FolderForm
    kind = Feed.Kind.FOLDER
    lede = (
        "The system drops each roster into its folder, as a zip or a folder of CSV files of "
        "OneRoster or Canvas, under a name that ends in .part until it is whole. The night takes "
        "the newest."
    )

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Feed),)

    def carry_out(self, form: Any) -> str:
        feed = feeds.add(by=self.user, kind=self.kind, **form.cleaned_data)
        self.success_message = self.said(feed)
        return thing_url(feed)

    def said(self, feed: Feed) -> str:
        """What happens next."""
        return f"The next night looks into {feeds.folder_of(feed)}."


class NewServerPage(NewFeedPage):
    """Name a OneRoster server for the night to ask."""

    title = "Add a OneRoster API"
    form_class = ServerForm
    kind = Feed.Kind.ONEROSTER
    lede = (
        "The night asks the system itself, page by page: for everything at first and every few "
        "days, in between for what has changed. A server that fails half-way changes nothing; the "
        "next night goes on where it stopped."
    )

    def said(self, feed: Feed) -> str:
        return "The next night asks it. Try the connection now to see what it has."


class NewEduApiPage(NewServerPage):
    """Name an Edu-API server for the night to ask."""

    title = "Add an Edu-API"
    form_class = EduApiForm
    kind = Feed.Kind.EDU_API
    lede = (
        "The night asks the system itself, page by page: units, terms, courses, offerings, people "
        "and enrolments. Edu-API has no results: let them come by another feed. A server that "
        "fails half-way changes nothing; the next night goes on where it stopped."
    )


class NewSftpPage(NewFeedPage):
    """Name an SFTP server for the night to take rosters from."""

    title = "Add an SFTP server"
    form_class = SftpForm
    kind = Feed.Kind.SFTP
    lede = (
        "The night takes the newest zip of OneRoster or Canvas CSV from the folder there, if it is "
        "whole. "
        "The server is believed by its key alone: one that shows another is told nothing."
    )

    def said(self, feed: Feed) -> str:
        return "The next night looks there. Try the connection now to see what it has."


class NewSenderPage(NewFeedPage):
    """Name a system that sends rows to the API."""

    title = "Add a system that sends rows"
    form_class = SenderForm
    kind = Feed.Kind.API
    lede = (
        "A client of the API sends rows by itself, and needs no feed for that. Where its learner "
        "numbers are the college's own, say so here: whoever has the same number in another such "
        "system is one learner."
    )

    def said(self, feed: Feed) -> str:
        return "What is agreed holds for the rows that it sends from now on."


class SecretForm(forms.Form):
    """A secret in the place of the one that is kept."""

    secret = ServerForm.base_fields["secret"]
    secret_ends_on = ServerForm.base_fields["secret_ends_on"]


class SftpSecretForm(SecretForm):
    """A password or key in the place of the one that is kept."""

    secret = SftpForm.base_fields["secret"]


class SecretPage(FormPage):
    """Give a feed another secret."""

    permission_required = feeds.RIGHT
    title = "Change the secret"
    verb = "Use this secret"
    success_message = "The new secret is used from now on."

    @property
    def feed(self) -> Feed:
        """The feed whose secret it is."""
        return get_object_or_404(
            Feed, pk=self.kwargs["object_id"], retired_at=None, kind__in=feeds.SERVERS
        )

    def get_form_class(self) -> type[forms.Form]:
        return SftpSecretForm if self.feed.kind == Feed.Kind.SFTP else SecretForm

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Feed), Link(str(self.feed), thing_url(self.feed)))

    def carry_out(self, form: Any) -> str:
        said = form.cleaned_data
        feeds.change_secret(self.feed, said["secret"], by=self.user, ends_on=said["secret_ends_on"])
        return thing_url(self.feed)


def _retire(feed: Feed, reason: str, by: User) -> str:
    feeds.retire(feed, by=by, reason=reason)
    return "The night no longer looks there. What was applied stays."


def _try(feed: Feed, reason: str, by: User) -> str:
    found = feeds.try_connection(feed, by=by)
    has = ", ".join(
        f"{name} {'some' if count is None else intcomma(count)}" for name, count in found.items()
    )
    return f"It lets us in, and has: {has}." if has else "It lets us in, but has nothing for us."


class FeedPage(ThingPage):
    """One feed: where it comes from, its brakes, and what has come by it."""

    model = Feed
    permission_required = "registrar.view_feed"
    template_name = "registrar/desk/feed.html"
    acts = {
        "retire": Act(feeds.RIGHT, _retire),
        "try": Act(feeds.RIGHT, _try, needs_reason=False),
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        steps = told_of().filter(about=self.object.name)
        waits = (
            steps.filter(pk__in=steps.values("pk")[:1]).waiting().values_list("state", flat=True)
        )
        is_open = self.object.retired_at is None and self.user.has_perm(feeds.RIGHT)
        return super().get_context_data(
            steps=steps.select_related("run", "roster").order_by("-pk")[:20],
            state=condition_of(self.object, next(iter(waits), None)),
            pull=self.object.pulls.first(),
            may_retire=is_open,
            may_try=is_open and self.object.is_pulled,
            secret_url=reverse("admin:registrar_feed_secret", args=[self.object.pk]),
            **kwargs,
        )


def condition_of(feed: Feed, waits: str | None) -> str:
    """How it stands with a feed, of which `waits` is the state of a step that waits for someone."""
    return "retired" if feed.retired_at else waits or "active"


def told_of() -> NightStepQuerySet:
    """The steps that say how it stands with a feed: what was applied, and what was not."""
    told = Q(name=NightStep.Name.APPLY) | ~Q(state=NightStep.State.DONE)
    taken_in = (NightStep.Name.FETCH, NightStep.Name.PLAN, NightStep.Name.APPLY)
    return NightStep.objects.filter(told, name__in=taken_in).order_by("-pk")


@admin.register(Feed)
class FeedAdmin(DeskAdmin):
    """Where the night fetches from."""

    lede = (
        "A feed is a folder into which a system drops its rosters, CSV of OneRoster or Canvas, or "
        "a system that the night asks itself."
    )
    empty = "Add a feed: the next night looks there."
    verbs = (
        Verb("Add a folder", "admin:registrar_feed_new", feeds.RIGHT),
        Verb("Add a OneRoster API", "admin:registrar_feed_server", feeds.RIGHT),
        Verb("Add an Edu-API", "admin:registrar_feed_edu_api", feeds.RIGHT),
        Verb("Add an SFTP server", "admin:registrar_feed_sftp", feeds.RIGHT),
        Verb("Add a system that sends rows", "admin:registrar_feed_sender", feeds.RIGHT),
    )
    list_display = (
        "name",
        "comes_from",
        "source",
        column("applied_at", "last applied"),
        "condition",
    )
    thing_page = FeedPage

    def own_urls(self) -> list[URLPattern]:
        return [
            self.hang("new/", NewFeedPage, "new"),
            self.hang("server/", NewServerPage, "server"),
            self.hang("edu-api/", NewEduApiPage, "edu_api"),
            self.hang("sftp/", NewSftpPage, "sftp"),
            self.hang("sender/", NewSenderPage, "sender"),
            self.hang("<int:object_id>/secret/", SecretPage, "secret"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feed]:
        steps = told_of().filter(about=OuterRef("name"))
        waiting = steps.waiting()
        applied = NightStep.objects.filter(about=OuterRef("name"), roster__applied_at__isnull=False)
        at = applied.order_by("-roster__applied_at").values("roster__applied_at")
        return (
            super()
            .get_queryset(request)
            .annotate(
                last=Subquery(steps.values("pk")[:1]),
                waiting=Subquery(waiting.values("pk")[:1]),
                waits=Subquery(waiting.values("state")[:1]),
                applied_at=Subquery(at[:1]),
            )
        )

    @admin.display(description="comes from")
    def comes_from(self, feed: Feed) -> str:
        place = f"{feed.address} {feed.folder}".strip()
        return (
            format_html('<span class="mono">{}</span>', place) if place else feed.get_kind_display()
        )

    @admin.display(description="state", ordering="retired_at")
    def condition(self, feed: Any) -> str:
        return state_tag(condition_of(feed, feed.waits if feed.waiting == feed.last else None))
