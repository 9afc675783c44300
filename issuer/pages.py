"""Pages hung into the desk: each names its permission, stands in the desk's frame, and asks why."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple, cast

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import User
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.views.generic import DetailView, FormView, View
from django.views.generic.base import ContextMixin

from issuer.errors import ReasonMissing, Refusal
from issuer.paging import BoundedPaginator
from issuer.templatetags import tags


class Link(NamedTuple):
    """Where one can go from here."""

    label: str
    url: str


class Verb(NamedTuple):
    """A button over a list: what one can begin there, and the permission for it."""

    label: str
    url_name: str
    permission: str


_FILTER_LOOKUPS = {"exact", "in", "isnull", "id__exact", "id__in"}


def _filtered_field(entry: Any) -> str:
    field = entry[0] if isinstance(entry, tuple) else entry
    return field if isinstance(field, str) else field.parameter_name


class DeskAdmin(admin.ModelAdmin):
    """A list that is looked at and never edited: what changes, changes by a page with a service.

    `thing_page` takes the place of the stock form; `verbs`, `lede` and `empty` stand over the list
    and in its place while there is nothing in it. `title` is for lists that are called otherwise
    than their model. A file of the list has the columns `only_in_files` as well.
    """

    actions = None
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    thing_page: "ClassVar[type[View[Any]] | None]" = None
    verbs: ClassVar[tuple[Verb, ...]] = ()
    only_in_files: ClassVar[tuple[str, ...]] = ()
    title = ""
    lede = ""
    empty = ""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Filter by what the list offers as a filter, and by nothing else that stands in the row.

        Django's own rule allows every field, a hashed password among them, to be guessed at
        letter by letter.
        """
        return any(
            lookup == name or lookup.removeprefix(f"{name}__") in _FILTER_LOOKUPS
            for name in map(_filtered_field, self.list_filter)
        )

    def hang(self, route: str, page: "type[View[Any]]", name: str) -> URLPattern:
        """The address of a page of ours among those of this model."""
        full_name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(route, self.admin_site.admin_view(page.as_view()), name=full_name)

    def own_urls(self) -> list[URLPattern]:
        """Further pages of this model."""
        return []

    def get_urls(self) -> list[URLPattern]:
        own = self.own_urls()
        if self.thing_page:
            own.append(self.hang("<path:object_id>/change/", self.thing_page, "change"))
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead from the address of Django's form to the page of ours, where there is one."""
        try:
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_new")
        except NoReverseMatch:
            raise Http404 from None

    def complete(self, rows: Sequence[Any]) -> None:
        """Give rows that are shown together what is asked once for all of them."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The rows of one page, completed."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        self.complete(changelist.result_list)
        return changelist

    def get_title(self) -> str:
        """What the list is called, here and in trails that lead back to it."""
        name = self.title or str(self.opts.verbose_name_plural)
        return name[:1].upper() + name[1:]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": self.get_title(),
            "lede": self.lede,
            "empty": self.empty,
            "verbs": [
                Link(verb.label, reverse(verb.url_name))
                for verb in self.verbs
                if request.user.has_perm(verb.permission)
            ],
        }
        return super().changelist_view(request, context | (extra_context or {}))


class Page(PermissionRequiredMixin, ContextMixin):
    """A view in the frame of the desk. Without the permission it answers 403."""

    request: HttpRequest
    raise_exception = True
    title = ""

    @property
    def user(self) -> User:
        """Who is signed in: the desk lets nobody else through."""
        return cast(User, self.request.user)

    def get_words(self) -> str:
        """What one searches for."""
        return self.request.GET.get("q", "").strip()

    def get_title(self) -> str:
        """The heading."""
        return self.title

    def get_trail(self) -> Iterable[Link]:
        """The pages above this one, the nearest last."""
        return ()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **admin.site.each_context(self.request),
            "title": self.get_title(),
            "trail": self.get_trail(),
            **super().get_context_data(**kwargs),
        }


class FormPage(Page, FormView):
    """A form with a service behind it: what that refuses is said over all that was typed.

    A template of its own, for a page that shows more than its form, extends the usual one.
    """

    template_name = "look/form_page.html"
    # What stands over the form, and on its button.
    lede = ""
    verb = "Save"
    # "no" where hardly a field has to be filled in.
    says_optional = "yes"
    # The field at which a refusal is said, by default that of no field; and the status of the
    # answer, 422 where nothing but what was sent is at fault.
    refused_field: str | None = None
    refused_status = 409
    # In which words the list or thing that one is led to says that it was done; none by default.
    success_message = ""

    def get_lede(self) -> str:
        """What stands over the form."""
        return self.lede

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        said = {"lede": self.get_lede(), "verb": self.verb, "says_optional": self.says_optional}
        return super().get_context_data(**said | kwargs)

    def carry_out(self, form: Any) -> str:
        """Do what the form says; the address to go to afterwards."""
        raise NotImplementedError

    def answer(self, form: Any) -> HttpResponse:
        """Do what the form says, and lead on."""
        url = self.carry_out(form)
        if self.success_message:
            messages.success(self.request, self.success_message)
        return redirect(url)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return self.answer(form)
        except Refusal as error:
            form.add_error(self.refused_field, str(error))
            context = self.get_context_data(form=form)
            return self.render_to_response(context, status=self.refused_status)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


def list_link(model: type[Model]) -> Link:
    """The list of a model, for a trail."""
    opts = model._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    return Link(cast(DeskAdmin, admin.site.get_model_admin(model)).get_title(), url)


def thing_url(thing: Model) -> str:
    """The page of one thing."""
    opts = thing._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[thing.pk])


# Who can say what things of a model are called, by the model's label: see `names_subjects`.
_NAMERS: dict[str, Callable[[Collection[str]], Mapping[str, Link]]] = {}


def names_subjects(model: str) -> Callable[..., Any]:
    """Have a function name things of this model in the ledger, and say where their pages are.

    It gets their keys, as texts, and says nothing of a person.
    """
    return partial(_NAMERS.setdefault, model)


def subjects_in_words(subjects: Iterable[str]) -> dict[str, Link]:
    """What ledger entries are about, for people, and where each has its page; few queries."""
    subjects = set(subjects)
    keys: dict[str, list[str]] = {}
    for subject in subjects:
        model, _, key = subject.partition(":")
        keys.setdefault(model, []).append(key)
    told = {subject: Link(subject_in_words(subject), subject_url(subject)) for subject in subjects}
    for model in keys.keys() & _NAMERS.keys():
        for key, link in _NAMERS[model](keys[model]).items():
            told[f"{model}:{key}"] = link
    return told


def subject_url(subject: str) -> str:
    """The page of what a ledger entry is about, or nothing where it has none."""
    model, _, key = subject.partition(":")
    try:
        return reverse(f"admin:{model.replace('.', '_')}_change", args=[key])
    except NoReverseMatch:
        return ""


def subject_in_words(subject: str) -> str:
    """What a ledger entry is about, for people: issuer.batch:5f7d3b3c-... is Batch 5f7d3b3c."""
    model, _, key = subject.partition(":")
    try:
        name = str(apps.get_model(model)._meta.verbose_name)
    except (LookupError, ValueError):
        return subject
    return f"{name[:1].upper()}{name[1:]} {key.partition('-')[0]}"


class Act(NamedTuple):
    """Something that can be done to a thing on its page.

    `carry_out` gets the thing, the reason and the person, and returns what to say afterwards. The
    boxes that may be ticked for it, its `choices`, it gets by name, and so what was written in its
    `words`.
    """

    permission: str
    carry_out: Callable[..., str]
    needs_reason: bool = True
    needs_confirmation: bool = False
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class ThingPage(Page, DetailView):
    """One thing: its facts, and the acts that are possible, each by POST with a reason.

    What a service refuses is said on the same page, with all that was typed still there.
    """

    pk_url_kwarg = "object_id"
    context_object_name = "thing"
    acts: ClassVar[dict[str, Act]] = {}

    def get_object(self, queryset: Any = None) -> Any:
        try:
            return super().get_object(queryset)
        except (ValueError, ValidationError) as error:
            raise Http404 from error

    def get_title(self) -> str:
        return str(self.object)

    def get_trail(self) -> Iterable[Link]:
        return (list_link(type(self.object)),)

    def get_success_url(self) -> str:
        """Where to go after an act."""
        return thing_url(self.object)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Carry out the act that was asked for."""
        self.object = self.get_object()
        name = request.POST.get("act", "")
        act = self.acts.get(name)
        if act is None:
            raise Http404
        if not self.user.has_perm(act.permission):
            raise PermissionDenied
        reason = request.POST.get("reason", "").strip()
        gap = _gap(act, reason, is_confirmed="confirmed" in request.POST)
        if gap:
            return self._refuse(name, reason, gap, status=422)
        try:
            chosen: dict[str, Any] = {choice: choice in request.POST for choice in act.choices}
            chosen |= {word: request.POST.get(word, "").strip() for word in act.words}
            said = act.carry_out(self.object, reason, self.user, **chosen)
        except Refusal as error:
            return self._refuse(name, reason, str(error), status=409)
        messages.success(request, said)
        return redirect(self.get_success_url())

    def _refuse(self, name: str, reason: str, why: str, *, status: int) -> HttpResponse:
        context = self.get_context_data(refused=name, refusal=why, reason=reason)
        return self.render_to_response(context, status=status)


def _gap(act: Act, reason: str, *, is_confirmed: bool) -> str:
    if act.needs_reason and not reason:
        return str(ReasonMissing())
    if act.needs_confirmation and not is_confirmed:
        return "Tick the box to confirm."
    return ""


def state_tag(value: str, word: str = "") -> str:
    """A state as it looks everywhere, for a column of a list."""
    return render_to_string("look/state.html", tags.state_tag(value, word))


# Columns and filters of lists


def column(field: str, label: str) -> Callable[[Any], Any]:
    """A field under a shorter name than the model has for it."""

    def shown(thing: Any) -> Any:
        return getattr(thing, field)

    shown.__name__ = field
    return admin.display(shown, description=label, ordering=field)


def number_column(field: str, label: str) -> Callable[[Any], str]:
    """A number, with separators; it stands at the end of its column."""

    def shown(thing: Any) -> str:
        return intcomma(getattr(thing, field))

    shown.__name__ = f"number_{field}"
    # The number itself, for files.
    shown.counts = field  # type: ignore[attr-defined]
    return admin.display(shown, description=label, ordering=field)


def person_column(field: str, label: str = "") -> Callable[[Any], Any]:
    """A person, by the name that they go by."""

    def shown(thing: Any) -> str | None:
        person = getattr(thing, field)
        return format_html("<bdi>{}</bdi>", person.get_full_name() or person) if person else None

    shown.__name__ = f"person_{field}"
    return admin.display(
        shown, description=label or field.replace("_", " "), ordering=f"{field}__last_name"
    )


class StateFilter(admin.ChoicesFieldListFilter):
    """States under the words that stand on their tags; `words` has those that differ there."""

    words: ClassVar[dict[str, str]] = {}

    def choices(self, changelist: Any) -> Any:
        """The choices, each said as on its tag."""
        on_tags = {state: look.word for state, look in tags.STATES.items()} | self.words
        said = {label: on_tags.get(state, label) for state, label in self.field.flatchoices}
        for choice in super().choices(changelist):
            yield choice | {"display": said.get(choice["display"], choice["display"])}
