"""The door for learners: a link by mail, a short session, what is theirs and who was let in."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from oauth2_provider.models import Application

from config.access import client_address
from issuer.services import clock, links
from registrar.errors import LinkUsedUp, TooManyAttempts
from registrar.models import LearnerAccount
from registrar.public.sealed import sealed
from registrar.services.deciding import stacks
from registrar.services.learners import held_credentials, learner_access, learner_sign_ins

_SESSION = "learner"
_LONGEST_PATH = 2000
_LONGEST_NUMBER = 18


def current(request: HttpRequest) -> LearnerAccount | None:
    """The learner who is signed in here, for half an hour after the link was followed.

    Nobody once the learner's access was ended, wherever the session is kept.
    """
    held = request.session.get(_SESSION)
    if not held or held["until"] < clock.now().timestamp():
        return None
    accounts = LearnerAccount.objects.select_related("learner", "user")
    return accounts.filter(pk=held["pk"], learner__access_number=held.get("access")).first()


def ask_to_sign_in(path: str) -> HttpResponse:
    """Lead to the page that mails a link, which leads back."""
    response = redirect(reverse("learner-sign-in", query={"next": path[:_LONGEST_PATH]}))
    return private(response)


def private(response: HttpResponse) -> HttpResponse:
    """Nobody on the way keeps a copy of what is a learner's."""
    response["Cache-Control"] = "no-store, private"
    return response


class AddressForm(forms.Form):
    """To which address the link goes."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=320,
        help_text="The one that the college has of you.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


@method_decorator(login_not_required, name="dispatch")
class SignIn(View):
    """Asks for an address, and mails a link to whoever has it in their record."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self._page(request, AddressForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Say the same whether or not anybody has this address."""
        form = AddressForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            learner_sign_ins.ask(
                form.cleaned_data["email"],
                leads_to=_way_on(request),
                address=client_address(request),
            )
        except TooManyAttempts as error:
            form.add_error(None, str(error))
            response = self._page(request, form, HTTPStatus.TOO_MANY_REQUESTS)
            response["Retry-After"] = str(error.seconds)
            return response
        minutes = learner_sign_ins.LINK_LASTS.seconds // 60
        page = {"email": form.cleaned_data["email"], "minutes": minutes}
        return private(render(request, "registrar/learner/sent.html", page))

    def _page(
        self, request: HttpRequest, form: AddressForm, status: int = HTTPStatus.OK
    ) -> HttpResponse:
        page: dict[str, Any] = {"form": form}
        return private(render(request, "registrar/learner/sign_in.html", page, status=status))


def _way_on(request: HttpRequest) -> str:
    """A path of ours, or the page of the learner's own."""
    path = request.GET.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours and len(path) <= _LONGEST_PATH else reverse("learner-access")


@sealed
def enter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign in by the link that was mailed, when the button is pressed."""
    link = learner_sign_ins.find(pk)
    if link is not None and request.method == "POST":
        try:
            account = learner_sign_ins.enter(link)
        except LinkUsedUp:
            link = None
        else:
            request.session.cycle_key()
            until = clock.now() + learner_sign_ins.SESSION_LASTS
            request.session[_SESSION] = {
                "pk": str(account.pk),
                "access": link.access_number,
                "until": until.timestamp(),
            }
            return redirect(link.leads_to)
    status = HTTPStatus.OK if link else HTTPStatus.GONE
    return render(request, "registrar/learner/enter.html", {"link": link}, status=status)


@method_decorator(login_not_required, name="dispatch")
class Access(View):
    """A learner's own page: their credentials, those kept for them, and who was let at them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """All of it, the credentials first."""
        account = current(request)
        if account is None:
            return ask_to_sign_in(request.path)
        page = {
            "account": account,
            "credentials": held_credentials.issued(account.learner),
            "apps": learner_access.apps_with_access(account),
            "kept": held_credentials.kept(account.learner),
            "progress": links.seal(stacks.path_for(account.learner)),
        }
        return private(render(request, "registrar/learner/access.html", page))

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the access of one application or the session, or keep a credential no longer."""
        account = current(request)
        if account is None:
            return ask_to_sign_in(request.path)
        if "leave" in request.POST:
            request.session.pop(_SESSION, None)
            return redirect("home")
        if "remove" in request.POST:
            return self._remove(account, request.POST["remove"])
        wanted = request.POST.get("app", "")
        app = get_object_or_404(Application, client_id=wanted)
        learner_access.end_app(account, app)
        return redirect("learner-access")

    def _remove(self, account: LearnerAccount, pk: str) -> HttpResponse:
        if not pk.isdecimal() or len(pk) > _LONGEST_NUMBER:
            raise Http404
        held_credentials.remove(get_object_or_404(held_credentials.kept(account.learner), pk=pk))
        return redirect("learner-access")
