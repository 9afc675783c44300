"""The door for staff: who guesses passwords is slowed down, and strangers lock nobody out."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from config.access import client_address
from registrar.errors import TooManyAttempts
from registrar.services.college import sign_ins

# A browser in which somebody has signed in before is known for so long, in seconds.
KNOWN_FOR = 365 * 24 * 60 * 60


class SignInForm(AuthenticationForm):
    """Name and password of anybody who can sign in; where they may go is asked afterwards."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "This user name and password do not belong together. Capital and small "
        "letters differ in both.",
        "inactive": "This account is closed.",
    }
    refused: TooManyAttempts | None = None

    def clean(self) -> dict[str, Any]:
        """Look at the password only if there were not too many attempts before."""
        request, username = self.request, self.cleaned_data.get("username")
        if request is None or not username or not self.cleaned_data.get("password"):
            return super().clean()
        browser = known_browser(request, username)
        try:
            attempt = sign_ins.begin(username, address=client_address(request), browser=browser)
        except TooManyAttempts as error:
            self.refused = error
            raise ValidationError(str(error), code=error.code) from error
        try:
            cleaned = super().clean()
        except ValidationError:
            sign_ins.fail(attempt, username)
            raise
        sign_ins.succeed(attempt)
        return cleaned


def known_browser(request: HttpRequest, username: str) -> str:
    """The name of this browser if this account has signed in with it before, or nothing."""
    name = _cookie(username)
    return request.get_signed_cookie(name, default="", salt=name, max_age=KNOWN_FOR) or ""


def remember_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let the browser show next time that this account has signed in with it."""
    name = _cookie(user.get_username())
    response.set_signed_cookie(
        name,
        known_browser(request, user.get_username()) or secrets.token_urlsafe(16),
        salt=name,
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _cookie(username: str) -> str:
    """A cookie for each account; those who share a browser do not read each other's names."""
    return f"known_{sign_ins.digest(username)[:16]}"
